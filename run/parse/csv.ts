import { createRequire } from 'node:module'
import { ProjectError } from '../base/errors.ts'

/** A seed file as a table: names, PostgreSQL types, and rows whose values are text or null. */
export interface CsvTable {
  /** `hasOffsets`: timestamps of which some say how far they are from UTC; as in dbt they become the time of the session's zone. */
  columns: { name: string; type: string; hasOffsets?: true }[]
  rows: (string | null)[][]
}

/** What a seed's config says about its file. */
export interface CsvOptions {
  columnTypes?: Record<string, string>
  /** Whether names are as the header has them; as in dbt they are, unless it says false. */
  quoteColumns?: boolean
  delimiter?: string
}

/**
 * Reads CSV as dbt reads seeds: types are guessed per column (integer, float8, date, timestamp, boolean, else text), column_types
 * win, and an empty value or the word null is NULL. Where dbt would fail on a whole number beyond integer, the type is bigint or numeric.
 */
export function readCsv(text: string, file: string, { columnTypes = {}, quoteColumns = true, delimiter = ',' }: CsvOptions = {}): CsvTable {
  // dbt opens seeds as text: a line end is a newline, within quotes too.
  const [header, ...records] = recordsOf(text.replaceAll(/\r\n?/g, '\n'), file, delimiter)
  if (!header || header.join('') === '') throw new ProjectError('The seed has no header', { place: { file } })
  if (!quoteColumns) refuseUndivided(header, file, delimiter)
  const names = named(header).map(name => columnName(name, quoteColumns))
  for (const [i, name] of names.entries())
    if (names.indexOf(name) < i) throw new ProjectError(`The header has two columns named '${name}'`, { place: { file, line: 1 } })
  records.forEach((record, i) => {
    if (record.length > names.length) {
      const message = `Row ${i + 1} has ${record.length} values, the header has ${names.length} columns`
      throw new ProjectError(message, { place: { file }, hint: 'A value with the delimiter in it stands in quotes: "a, b".' })
    }
  })
  const given = new Map(Object.entries(columnTypes).map(([name, type]) => [columnName(name, quoteColumns), type]))
  // What a row leaves out is NULL, all of an empty line too.
  const rows = records.map(record => names.map((_, i) => (isNull(record[i] ?? '') ? null : record[i]!)))
  const columns = names.map((name, i) => {
    const chosen = given.get(name)
    if (chosen !== undefined) return { name, type: chosen }
    const type = guessType(rows.map(row => row[i] ?? null))
    if (/^(integer|bigint|numeric)$/.test(type)) for (const row of rows) row[i] = wholeText(row[i] ?? null)
    if (type === 'float8') for (const row of rows) row[i] = plainNumber(row[i] ?? null)
    if (type !== 'timestamp' || !rows.some(row => offset.test(row[i] ?? ''))) return { name, type }
    return { name, type, hasOffsets: true as const }
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
  const [header = [], ...records] = recordsOf(text, file, ',', { skip_empty_lines: true, relax_column_count: false })
  return { names: header.map(name => columnName(name, true)), rows: records.map(row => row.map(value => (isNull(value) ? null : value))) }
}

/** The type of a column by its values, the first of dbt's list that all of them fit. A column of nothing but NULL is an integer. */
export function guessType(values: (string | null)[]): string {
  const given = values.filter(value => value !== null).map(value => value.trim())
  return guesses.find(([, fits]) => given.every(fits))?.[0] ?? 'text'
}

const guesses: [type: string, fits: (value: string) => boolean][] = [
  ['integer', value => isBetween(wholeText(value), -2_147_483_648n, 2_147_483_647n)],
  ['bigint', value => isBetween(wholeText(value), -(2n ** 63n), 2n ** 63n - 1n)],
  ['numeric', value => /^[+-]?\d+$/.test(wholeText(value) ?? '')],
  ['float8', isNumber],
  ['date', value => /^\d{4}-\d{1,2}-\d{1,2}$/.test(value) && isRealDate(value)],
  ['timestamp', value => /^\d{4}-\d{1,2}-\d{1,2}\s+\d{1,2}:\d{1,2}:\d{1,2}$/.test(value) && isRealDate(value)],
  ['timestamp', value => /^\d{4}-?\d\d-?\d\dT\d\d(:?\d\d(:?\d\d([.,]\d+)?)?)?(Z|[+-]\d\d(:?\d\d)?)?$/.test(value) && isRealDate(value)],
  ['boolean', value => /^(true|false)$/i.test(value)],
]

// What makes an ISO time say how far it is from UTC.
const offset = /T.*(Z|[+-]\d\d(:?\d\d)?)\s*$/
const currencies = '؋$ƒ៛¥₡₱£€¢﷼₪₩₭₮₦฿₤₫'
const outerPercents = /^%+|%+$/g
const outerCurrencies = new RegExp(`^[${currencies}]+|[${currencies}]+$`, 'g')

// As agate reads numbers for dbt: percent and currency signs, thousands separators and one minus before them do not count.
function plainNumber(value: string | null): string | null {
  if (value === null) return null
  const bare = value.trim().replace(outerPercents, '')
  const isNegative = bare.startsWith('-')
  const number = bare
    .slice(isNegative ? 1 : 0)
    .replace(outerCurrencies, '')
    .replaceAll(',', '')
    .trim()
    .replaceAll('_', '')
  if (!isNegative) return number
  return number.startsWith('-') ? number.slice(1) : `-${number.replace(/^\+/, '')}`
}

function isNumber(value: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+|nan|inf|infinity)(e[+-]?\d+)?$/i.test(plainNumber(value) ?? '')
}

/** A number without decimals as its digits: 1.0 and 1e3 are whole for dbt, as 1 and 1000. Any other text as it is read. */
function wholeText(value: string | null): string | null {
  const plain = plainNumber(value)
  const [, sign = '', digits = '', fraction = '', exponent = '0'] = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(plain ?? '') ?? []
  const places = Number(exponent) - fraction.length
  if (digits + fraction === '' || places > MOST_DIGITS) return plain
  const all = digits + fraction
  const cut = places < 0 ? Math.max(0, all.length + places) : all.length
  if (/[1-9]/.test(all.slice(cut))) return plain
  const whole = (all.slice(0, cut) + '0'.repeat(Math.max(0, places))).replace(/^0+(?=\d)/, '') || '0'
  return `${sign === '-' && whole !== '0' ? '-' : ''}${whole}`
}

// How many digits PostgreSQL's numeric can have before its point.
const MOST_DIGITS = 131_072

function isBetween(digits: string | null, least: bigint, most: bigint): boolean {
  if (digits === null || !/^[+-]?\d+$/.test(digits) || digits.length > 20) return false
  return BigInt(digits) >= least && BigInt(digits) <= most
}

function isRealDate(value: string): boolean {
  const [, year, month, day] = /^(\d{4})-?(\d{1,2})-?(\d{1,2})/.exec(value) ?? []
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}

function isNull(value: string): boolean {
  return value.trim() === '' || value.trim().toLowerCase() === 'null'
}

// A header that the delimiter does not divide but another would: all values would land in one column. As SQL it is no name, either.
function refuseUndivided([only = '', ...more]: string[], file: string, delimiter: string): void {
  const other = /[,;|\t]/.exec(only)?.[0]
  if (more.length > 0 || other === undefined || only.trim().startsWith('"')) return
  const message = `The header is one column, '${only}', as its delimiter is '${delimiter}'`
  const shown = other === '\t' ? '"\\t"' : `"${other}"`
  throw new ProjectError(message, { place: { file, line: 1 }, hint: `Say delimiter: ${shown} in the config of the seed.` })
}

// As agate names columns for dbt: one without a name gets a letter, a, b, …; a name that was there gets a number, name_2.
function named(header: string[]): string[] {
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  const names: string[] = []
  for (const [i, given] of header.entries()) {
    const first = given || letters[i % 26]!.repeat(1 + Math.floor(i / 26))
    let name = first
    for (let count = 2; names.includes(name); count++) name = `${first}_${count}`
    names.push(name)
  }
  return names
}

// With quote_columns: false a header is SQL: `"default"` is the column default, `Name` is name.
function columnName(header: string, quoteColumns: boolean): string {
  const name = header.trim()
  if (quoteColumns) return name
  if (/^"([^"]|"")*"$/.test(name)) return name.slice(1, -1).replaceAll('""', '"')
  return name.toLowerCase()
}

// Loaded with the first file: most projects that are read have no CSV to read with them.
const parser = () => createRequire(import.meta.url)('csv-parse/sync') as typeof import('csv-parse/sync')

function recordsOf(text: string, file: string, delimiter: string, options: object = { relax_column_count: true }): string[][] {
  const { parse } = parser()
  try {
    return parse(text, {
      bom: true,
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_quotes: false,
      trim: false,
      ...options,
    })
  } catch (error) {
    const { message, lines } = error as { message: string; lines?: number }
    throw new ProjectError(`Invalid CSV: ${message}`, { place: { file, ...(lines ? { line: lines } : {}) } })
  }
}
