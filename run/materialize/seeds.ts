import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ProjectError } from '../base/errors.ts'
import { findRelation } from '../database/catalogue.ts'
import { lostConnection } from '../database/errors.ts'
import { sameColumns } from '../database/relations.ts'
import { underSavepoint } from '../database/savepoint.ts'
import { quote } from '../manifest/relation.ts'
import { type CsvTable, readCsv } from '../parse/csv.ts'
import type { Materialized, Work } from './context.ts'
import { dropTemporary } from './incoming.ts'
import { createTableOf, type Incoming, rewrite, swap } from './rewrite.ts'
import { runSql, target, temporary } from './statements.ts'

/** A seed: its table becomes what the CSV file says; rows that are the same are not touched. */
export async function seed(work: Work): Promise<Materialized> {
  const { node, project, sql } = work
  const { column_types: columnTypes, quote_columns: quoteColumns, delimiter } = node.config as Record<string, never>
  const text = await readFile(path.join(project.dir, node.path), 'utf8')
  const csv = readCsv(text, node.path, { columnTypes: columnTypes ?? {}, quoteColumns, delimiter: delimiter ?? ',' })

  const existing = await findRelation(sql, target(work))
  if (existing && existing.kind !== 'table') {
    throw new ProjectError(`The seed's relation ${target(work)} is a ${existing.kind} already`, {
      place: node.place,
      hint: `Drop it, or give the seed another alias.`,
    })
  }
  const incoming = await land(work, csv)
  const outcome = !existing
    ? await createTableOf(work, incoming)
    : sameColumns(existing, incoming.columns) || node.config.migrated
      ? await rewrite(work, existing, incoming)
      : await swap(work, existing, incoming)
  await dropTemporary(work, '__dbt_tmp', '__dbt_changes')
  return outcome
}

/** The file's rows in a temporary table of the columns' types. */
async function land(work: Work, { columns, rows }: CsvTable): Promise<Incoming> {
  const name = temporary(work, '__dbt_tmp')
  await runSql(
    work,
    `create temporary table ${name} (${columns.map(column => `${quote(column.name)} ${column.type}`).join(', ')}) on commit drop`,
  )
  const insert = `insert into ${name} select ${columns.map(castOf).join(', ')} from jsonb_array_elements($1::text::jsonb) as lines (line)`
  work.statements.push(insert)
  for (let start = 0; start < rows.length; start += chunk) {
    const part = rows.slice(start, start + chunk)
    const all = () => work.sql.unsafe(insert, [JSON.stringify(part)])
    await underSavepoint(work.sql, 'seed_rows', all).catch(error => blame(work, insert, { columns, rows }, start, error))
  }
  await work.sql.unsafe(`analyze ${name}`)
  const found = await findRelation(work.sql, name)
  return { name, columns: found!, rows: rows.length }
}

// A time with an offset is converted to the session's time zone; the others stay as they are written.
function castOf({ type, hasOffsets }: CsvTable['columns'][number], i: number): string {
  const value = `line ->> ${i}`
  if (!hasOffsets) return `(${value})::${type}`
  return `case when ${value} ~ 'T.*(Z|[+-][0-9])' then (${value})::timestamptz::timestamp else (${value})::timestamp end`
}

const chunk = 5_000

// PostgreSQL does not say which row it refused: inserts them one by one, and names the first that fails.
async function blame(work: Work, insert: string, { rows }: CsvTable, start: number, error: Error): Promise<never> {
  if (lostConnection(error)) throw error
  for (const [i, row] of rows.slice(start, start + chunk).entries()) {
    await underSavepoint(work.sql, 'seed_row', () => work.sql.unsafe(insert, [JSON.stringify([row])])).catch(failure => {
      throw new ProjectError(
        `Record ${start + i + 1} does not fit: ${failure.message}: ${row
          .map(value => value ?? 'NULL')
          .join(', ')
          .slice(0, 200)}`,
        {
          place: { file: work.node.path },
          hint: 'Correct the value, or give the column another type with column_types.',
        },
      )
    })
  }
  throw error
}
