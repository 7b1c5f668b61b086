import { createRequire } from 'node:module'
import { ProjectError } from '../base/errors.ts'

/** A seed file as a table: names, PostgreSQL types, and rows whose values are text or null. */
export interface CsvTable {
  columns: { name: string; type: string }[]
  rows: (string | null)[][]
}

/** What a seed's config says about its file. */
export interface CsvOptions {
  columnTypes?: Record<string, string>
  quoteColumns?: boolean
  delimiter?: string
}

/**
 * Reads CSV as dbt reads seeds: types are guessed per column (integer, float8, date, timestamp, boolean, else text), column_types
 * win, and an empty value or the word null is NULL. Where dbt would fail on a whole number beyond integer, the type is bigint.
 */
export function readCsv(
  text: string,
  file: string,
  { columnTypes = {}, quoteColumns = false, delimiter = ',' }: CsvOptions = {},
): CsvTable {
  const [header, ...records] = recordsOf(text, file, delimiter)
  if (!header) throw new ProjectError('The seed has no header', { place: { file } })
  const names = header.map(name => columnName(name, quoteColumns))
  names.forEach((name, i) => {
    if (name === '') throw new ProjectError(`Column ${i + 1} of the header has no name`, { place: { file, line: 1 } })
    if (names.indexOf(name) < i) throw new ProjectError(`The header has two columns named '${name}'`, { place: { file, line: 1 } })
  })
  const given = new Map(Object.entries(columnTypes).map(([name, type]) => [columnName(name, quoteColumns), type]))
  const rows = records.map(record => record.map(value => (isNull(value) ? null : value)))
  const columns = names.map((name, i) => {
    const type = given.get(name) ?? guessType(rows.map(row => row[i] ?? null))
    if (numeric.test(type) && !given.has(name)) for (const row of rows) row[i] = plainNumber(row[i] ?? null)
    return { name, type }
  })
  for (const name of given.keys()) {
    if (!names.includes(name))
      throw new ProjectError(`column_types names '${name}', but the header has no such column; it has ${names.join(', ')}`, {
        place: { file },
      })
  }
  return { columns, rows }
}

/** The header as it is written and the rows of CSV as text: for where names and types are known from elsewhere. */
export function readCells(text: string, file: string): { names: string[]; rows: (string | null)[][] } {
  const [header = [], ...records] = recordsOf(text, file, ',')
  return { names: header.map(name => columnName(name, true)), rows: records.map(row => row.map(value => (isNull(value) ? null : value))) }
}

/** The type of a column by its values, the first of dbt's list that all of them fit. A column of nothing but NULL is an integer. */
export function guessType(values: (string | null)[]): string {
  const given = values.filter(value => value !== null).map(value => value.trim())
  return guesses.find(([, fits]) => given.every(fits))?.[0] ?? 'text'
}

const guesses: [type: string, fits: (value: string) => boolean][] = [
  ['integer', value => isWhole(value) && Math.abs(Number(plainNumber(value))) <= 2_147_483_647],
  ['bigint', isWhole],
  ['float8', isNumber],
  ['date', value => /^\d{4}-\d{1,2}-\d{1,2}$/.test(value) && isRealDate(value)],
  ['timestamp', value => /^\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{1,2}:\d{1,2}$/.test(value) && isRealDate(value)],
  ['timestamp', value => /^\d{4}-?\d\d-?\d\dT\d\d(:?\d\d(:?\d\d([.,]\d+)?)?)?(Z|[+-]\d\d(:?\d\d)?)?$/.test(value) && isRealDate(value)],
  ['boolean', value => /^(true|false)$/i.test(value)],
]

const numeric = /^(integer|bigint|float8)$/

// Thousands separators, currency signs and percent signs do not count, as in dbt.
function plainNumber(value: string | null): string | null {
  return (
    value
      ?.trim()
      .replace(/^%+|%+$/g, '')
      .replace(/^(-?)[$£€¥₹]+|[$£€¥₹]+$/g, '$1')
      .replaceAll(',', '') ?? null
  )
}

function isNumber(value: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plainNumber(value) ?? '')
}

function isWhole(value: string): boolean {
  const plain = plainNumber(value) ?? ''
  return /^[+-]?\d+$/.test(plain) && BigInt(plain.replace('+', '')) === BigInt.asIntN(64, BigInt(plain.replace('+', '')))
}

function isRealDate(value: string): boolean {
  const [, year, month, day] = /^(\d{4})-?(\d{1,2})-?(\d{1,2})/.exec(value) ?? []
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}

function isNull(value: string): boolean {
  return value.trim() === '' || value.trim().toLowerCase() === 'null'
}

// Without quote_columns a header is SQL: `"default"` is the column default, `Name` is name.
function columnName(header: string, quoteColumns: boolean): string {
  const name = header.trim()
  if (quoteColumns) return name
  if (/^"([^"]|"")*"$/.test(name)) return name.slice(1, -1).replaceAll('""', '"')
  return name.toLowerCase()
}

// Loaded with the first file: most projects that are read have no CSV to read with them.
const parser = () => createRequire(import.meta.url)('csv-parse/sync') as typeof import('csv-parse/sync')

function recordsOf(text: string, file: string, delimiter: string): string[][] {
  const { parse } = parser()
  try {
    return parse(text, {
      bom: true,
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_quotes: false,
      skip_empty_lines: true,
      trim: false,
    })
  } catch (error) {
    const { message, lines } = error as { message: string; lines?: number }
    throw new ProjectError(`This is no CSV: ${message}`, { place: { file, ...(lines ? { line: lines } : {}) } })
  }
}
