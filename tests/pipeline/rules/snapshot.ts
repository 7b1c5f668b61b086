import type { Sql } from '../../../run/database/driver.ts'
import { canonicalJson, parseJson, stripZeros } from './json.ts'
import type { Row } from './records.ts'
import { tables } from './tables.ts'

/**
 * The tables of the contract in a database, in the form of `expectedWarehouse`; only open errors. Missing tables and columns are omitted.
 */
export async function snapshot(sql: Sql): Promise<Record<string, Row[]>> {
  const found: Record<string, Row[]> = {}
  for (const [name, { columns }] of Object.entries(tables)) {
    const types = await columnTypes(sql, name)
    const present = columns.filter(column => types.has(column))
    if (present.length === 0) continue
    const open = types.has('resolved_at') && name.startsWith('errors.') ? 'where resolved_at is null' : ''
    const selected = present.map(column => `${asText(column, types.get(column) ?? '')} as "${column}"`).join(', ')
    const rows = await sql.unsafe<Row[]>(`select ${selected} from ${name} ${open}`)
    found[name] = rows.map(row =>
      Object.fromEntries(present.map(column => [column, canonical(row[column] ?? null, types.get(column) ?? '')])),
    )
  }
  return found
}

/**
 * Readable differences: `table key: column expected … actual …`, missing and excess rows. Compares the content only of tables in `actual`.
 */
export function compare(expected: Record<string, Row[]>, actual: Record<string, Row[]>): string[] {
  return Object.entries(expected).flatMap(([name, rows]) => {
    const others = actual[name]
    if (!others) return [`${name}: the table is missing`]
    const key = tables[name]?.key ?? []
    return key.length > 0 ? compareByKey(name, key, rows, others) : compareWholeRows(name, rows, others)
  })
}

async function columnTypes(sql: Sql, name: string): Promise<Map<string, string>> {
  const rows = await sql<{ column: string; type: string }[]>`
    select attname as column, format_type(atttypid, null) as type
    from pg_attribute
    where attrelid = to_regclass(${name}) and attnum > 0 and not attisdropped`
  return new Map(rows.map(({ column, type }) => [column, type]))
}

function asText(column: string, type: string): string {
  if (type === 'timestamp with time zone') return `to_char("${column}" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
  if (type === 'date') return `to_char("${column}", 'YYYY-MM-DD')`
  return `"${column}"::text`
}

function canonical(text: string | null, type: string): string | null {
  if (text === null) return null
  if (type === 'numeric') return stripZeros(text)
  if (type === 'jsonb') return canonicalJson(parseJson(text) ?? null)
  return text
}

function compareByKey(name: string, key: string[], expected: Row[], actual: Row[]): string[] {
  const keyOf = (row: Row) => key.map(column => `${column}=${row[column] ?? 'null'}`).join(' ')
  const byKey = new Map(actual.map(row => [keyOf(row), row]))
  const repeated = actual.length > byKey.size ? [`${name}: ${actual.length - byKey.size} rows repeat a key`] : []
  const differences = expected.flatMap(row => {
    const other = byKey.get(keyOf(row))
    byKey.delete(keyOf(row))
    if (!other) return [`${name} ${keyOf(row)}: the row is missing: ${JSON.stringify(row)}`]
    return Object.keys(row).flatMap(column => {
      if (!(column in other)) return [`${name}: the column ${column} is missing`]
      if (row[column] === other[column]) return []
      return [`${name} ${keyOf(row)}: ${column} expected ${JSON.stringify(row[column])} actual ${JSON.stringify(other[column])}`]
    })
  })
  const extra = [...byKey].map(([id, row]) => `${name} ${id}: the row is too many: ${JSON.stringify(row)}`)
  return [...new Set([...repeated, ...differences, ...extra])]
}

function compareWholeRows(name: string, expected: Row[], actual: Row[]): string[] {
  const texts = (rows: Row[]) => rows.map(row => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))))
  const [missing, extra] = [texts(expected), texts(actual)]
  for (const text of [...missing]) {
    const at = extra.indexOf(text)
    if (at < 0) continue
    extra.splice(at, 1)
    missing.splice(missing.indexOf(text), 1)
  }
  const show = (text: string) => JSON.stringify(Object.fromEntries(JSON.parse(text) as [string, string | null][]))
  return [
    ...missing.map(text => `${name}: the row is missing: ${show(text)}`),
    ...extra.map(text => `${name}: the row is too many: ${show(text)}`),
  ]
}
