import type { Sql } from '../database/driver.ts'
import { qualified, typeNames } from '../database/relations.ts'
import type { Node } from '../manifest/node.ts'
import { quote } from '../manifest/relation.ts'
import type { TestQuery } from './test-query.ts'

/** Failing rows of a test, read before the transaction may be rolled back. */
export interface Failure {
  schema: string
  name: string
  columns: { name: string; type: string }[]
  /** Each row in PostgreSQL's text of a row value, which reads back without loss. */
  rows: string[]
  /** Whether there were more than the limit. */
  isCut: boolean
}

/** Reads the failing rows of a test, inside the tested transaction; writes nothing. */
export async function takeFailures(sql: Sql, node: Node, check: TestQuery): Promise<Failure> {
  const most = Math.min(check.limit ?? kept, kept)
  const { columns } = await sql.unsafe(check.sql).describe()
  const types = await typeNames(
    sql,
    columns.map(column => column.type),
  )
  const rows = await sql.unsafe<{ line: string }[]>(
    `select row(failing.*)::text as line from (\n${check.sql}\n) as failing limit ${most + 1}`,
  )
  const lines = rows.map(row => row.line)
  return {
    schema: node.schema,
    name: node.alias,
    columns: columns.map((column, i) => ({ name: String(column.name), type: types[i] ?? 'text' })),
    rows: lines.slice(0, most),
    isCut: lines.length > most && check.limit === null,
  }
}

/** Writes failing rows to the test's table, which is recreated each time as in dbt; gives the table's name. */
export async function storeFailures(sql: Sql, { schema, name, columns, rows }: Failure): Promise<string> {
  const table = qualified(schema, name)
  const definitions = columns.map(column => `${quote(column.name)} ${column.type}`).join(', ')
  await sql.unsafe(`create schema if not exists ${quote(schema)}`)
  await sql.begin(async transaction => {
    await transaction.unsafe(`drop table if exists ${table}`)
    await transaction.unsafe(`create table ${table} (${definitions})`)
    for (let start = 0; start < rows.length; start += 1_000) {
      const insert = `insert into ${table} select (line::${table}).* from unnest($1::text[]) as lines (line)`
      await transaction.unsafe(insert, [rows.slice(start, start + 1_000)])
    }
  })
  return table
}

/** More failing rows than a person reads; they stay in memory until the transaction ends. */
const kept = 10_000
