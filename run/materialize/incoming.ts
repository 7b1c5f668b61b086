import { ProjectError } from '../base/errors.ts'
import { type Existing, findRelation } from '../database/catalogue.ts'
import { type Compared, compare, isEmpty } from '../database/relations.ts'
import { type ContractColumn, landingStatements } from '../manifest/contract.ts'
import { quote } from '../manifest/relation.ts'
import type { Work } from './context.ts'
import { hasExpressionKey, keyOf } from './keys.ts'
import { runSql, step, target, temporary } from './statements.ts'

/**
 * Puts the query's result into a temporary table. Unless it has few rows, its key is analyzed for the comparison that follows: statistics
 * of all columns of wide rows would take as long as the comparison.
 */
export async function createIncoming(work: Work): Promise<{ name: string; columns: Existing; rows: number }> {
  const name = temporary(work, '__dbt_tmp')
  const rows = work.contract
    ? await land(work, name, work.contract)
    : await step(work, 'create_incoming', { incoming: name, query: work.query.text })
  const columns = await findRelation(work.sql, name)
  if (!columns) throw new Error(`${name} is gone`)
  if (rows < FEW) return { name, columns, rows }
  const known = columns.columns.map(column => quote(column.name))
  const key = hasExpressionKey(work) ? [] : keyOf(work).filter(column => known.includes(column))
  await runSql(work, `analyze ${name}${known.length > 0 ? ` (${(key.length > 0 ? key : known.slice(0, 1)).join(', ')})` : ''}`)
  return { name, columns, rows }
}

const FEW = 100

/** Creates an empty temporary table with the columns of the query, and gives them. */
export async function createShape(work: Work): Promise<Existing> {
  const name = temporary(work, '__dbt_tmp')
  await runSql(work, `create temporary table ${name} on commit drop as\n\n${work.query.text}\n\nwith no data`)
  const columns = await findRelation(work.sql, name)
  if (!columns) throw new Error(`${name} is gone`)
  return columns
}

export async function land(work: Work, name: string, contract: ContractColumn[]): Promise<number> {
  const [create, insert] = landingStatements(name, contract, work.query.text)
  await runSql(work, create)
  return (await runSql(work, insert)).count ?? 0
}

/** Drops the temporary relations of a node: another model may have the same name in another schema. */
export async function dropTemporary(work: Work, ...suffixes: string[]): Promise<void> {
  await work.sql.unsafe(`drop table if exists ${suffixes.map(suffix => `pg_temp.${temporary(work, suffix)}`).join(', ')}`)
}

/** Pairs the columns of the query with those of the table. Throws a ProjectError where the table lacks one. */
export function comparedColumns(work: Work, existing: Existing, incoming: Existing): Compared[] {
  const writable = new Set(existing.columns.filter(column => !column.isGenerated).map(column => column.name))
  const missing = incoming.columns.filter(column => !writable.has(column.name)).map(column => column.name)
  if (missing.length > 0) {
    const have = existing.columns.map(column => column.name).join(', ')
    throw new ProjectError(
      `The query returns ${missing.map(name => `'${name}'`).join(', ')}, but ${target(work)} has no such column; it has ${have}`,
      {
        place: work.node.place,
        hint: work.node.config.migrated
          ? 'The table is created by a migration: add the column in a new one, or remove it from the query.'
          : 'Run it with --full-refresh, or set on_schema_change.',
      },
    )
  }
  return compare(existing, incoming)
}

/**
 * Whether the target has no rows, so that a first fill needs no comparison. Runs no query on a table that had rows when it was last
 * analyzed.
 */
export async function isFirstFill(work: Work, existing: Existing): Promise<boolean> {
  return !existing.hadRows && isEmpty(work.sql, target(work))
}
