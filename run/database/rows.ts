import { inOneLine } from '../base/sanitize.ts'
import type { Sql, Transaction } from './driver.ts'

/** Rows as a command prints them: values as text that JSON or a table can hold as it is. */
export interface Shown {
  columns: string[]
  /** Values by column: JSON text for json and jsonb, null, boolean, number, array, or text. */
  rows: { value: unknown; isJson: boolean }[][]
}

/** The first rows of a query; all of them with a negative limit. Reads only: a query that writes is refused by PostgreSQL. */
export async function fetchRows(sql: Sql, query: string, limit: number): Promise<Shown> {
  return sql.begin('read only', transaction => rowsIn(transaction, query, limit)) as Promise<Shown>
}

/** Like fetchRows(), inside a transaction of the caller. */
export async function rowsIn(transaction: Transaction | Sql, query: string, limit: number): Promise<Shown> {
  const { columns } = await transaction.unsafe(query).describe()
  const names = columns.map((_, i) => `c${i}`)
  const arrays = await transaction<{ oid: number }[]>`
      select oid::int from pg_type where oid = any(${columns.map(column => column.type)}::oid[]) and typcategory = 'A'
    `
  const isArray = (type: number) => arrays.some(({ oid }) => oid === type)
  const isJson = (type: number) => json.has(type) || isArray(type)
  // JSON comes as text, as JavaScript would round its numbers; arrays as JSON, as the driver reads a null in them as a word. Columns are
  // renamed, as a query may repeat a name.
  const list = columns.map(({ type }, i) => (isArray(type) ? `to_jsonb(c${i})::text` : json.has(type) ? `c${i}::text` : `c${i}`))
  const rows = await transaction
    .unsafe(`select ${list.join(', ')} from (\n${query}\n) as shown (${names.join(', ')})${limit < 0 ? '' : ` limit ${limit}`}`)
    .values()
  return {
    columns: distinct(columns.map(column => String(column.name))),
    rows: [...rows].map(row =>
      [...(row as unknown[])].map((value, i) => ({ value, isJson: value !== null && isJson(columns[i]?.type ?? 0) })),
    ),
  }
}

/** One JSON array of rows: bigint and numeric as strings, times in ISO 8601, jsonb as JSON. */
export function asJson({ columns, rows }: Shown): string {
  const lines = rows.map(row => {
    const fields = row.map(
      ({ value, isJson }, i) => `${JSON.stringify(columns[i])}: ${isJson ? String(value) : JSON.stringify(plain(value))}`,
    )
    return `{${fields.join(', ')}}`
  })
  // JSON leaves these as they are; a terminal would obey them.
  const text = lines.join(',\n  ').replace(/[\u007f-\u009f]/g, character => `\\u00${character.charCodeAt(0).toString(16)}`)
  return lines.length === 0 ? '[]' : `[\n  ${text}\n]`
}

/** A table with bars, as dbt shows it. */
export function asTable({ columns: names, rows }: Shown): string {
  if (names.length === 0) return ''
  const columns = names.map(inOneLine)
  const cells = rows.map(row => row.map(({ value, isJson }) => cell(isJson ? String(value) : plain(value))))
  const widths = columns.map((name, i) => Math.min(60, Math.max(name.length, ...cells.map(row => row[i]?.length ?? 0))))
  const line = (values: string[]) => `| ${values.map((value, i) => fit(value, widths[i] ?? 0)).join(' | ')} |`
  return [line(columns), line(widths.map(width => '-'.repeat(width))), ...cells.map(line)].join('\n')
}

const json = new Set([114, 3802])

function plain(value: unknown): unknown {
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return String(value)
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  return value ?? null
}

function cell(value: unknown): string {
  if (value === null) return ''
  return inOneLine(typeof value === 'string' ? value : JSON.stringify(value))
}

function fit(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width)
}

function distinct(names: string[]): string[] {
  const seen = new Map<string, number>()
  return names.map(name => {
    const n = (seen.get(name) ?? 0) + 1
    seen.set(name, n)
    return n === 1 ? name : `${name}_${n}`
  })
}
