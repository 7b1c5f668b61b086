import { createRequire } from 'node:module'
import { ProjectError } from '../base/errors.ts'

/** A seed file as a table: names, PostgreSQL types, and rows with values as text or null. */
export interface CsvTable {
  /** `hasOffsets`: some timestamps have a UTC offset; as in dbt they are converted to the session's time zone. */
  columns: { name: string; type: string; hasOffsets?: true }[]
  rows: (string | null)[][]
}

/** The config of a seed about its file. */
export interface CsvOptions {
  columnTypes?: Record<string, string>
  /** Whether names stay as in the header; true unless set to false, as in dbt. */
  quoteColumns?: boolean
  delimiter?: string
}

/**
 * Reads CSV as dbt reads seeds: guesses the type of each column (integer, float8, date, timestamp, boolean, else text) unless column_types
 * has it; an empty value or the word null is NULL. Where dbt would fail on a whole number beyond integer, the type is bigint or numeric.
 */
export function readCsv(text: string, file: string, { columnTypes = {}, quoteColumns = true, delimiter = ',' }: CsvOptions = {}): CsvTable {
  // dbt opens seeds as text: every line end becomes a newline, within quotes too.
  const [header, ...records] = recordsOf(text.replaceAll(/\r\n?/g, '\n'), file, delimiter)
  if (!header || header.join('') === '') throw new ProjectError('The seed has no header', { place: { file } })
  if (!quoteColumns) refuseUndivided(header, file, delimiter)
  const names = named(header).map(name => columnName(name, quoteColumns))
  for (const [i, name] of names.entries())
    if (names.indexOf(name) < i) throw new ProjectError(`The header has two columns named '${name}'`, { place: { file, line: 1 } })
  records.forEach((record, i) => {
    if (record.length > names.length) {
      const message = `Row ${i + 1} has ${record.length} values, the header has ${names.length} columns`
      throw new ProjectError(message, { place: { file }, hint: 'Quote a value that contains the delimiter: "a, b".' })
    }
  })
  const given = new Map(Object.entries(columnTypes).map(([name, type]) => [columnName(name, quoteColumns), type]))
  // Missing values of a row are NULL, also all those of an empty line.
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

/** The header as written and the rows of a CSV as text: for names and types that are known from elsewhere. */
export function readCells(text: string, file: string): { names: string[]; rows: (string | null)[][] } {
  const [header = [], ...records] = recordsOf(text, file, ',', { skip_empty_lines: true, relax_column_count: false })
  return { names: header.map(name => columnName(name, true)), rows: records.map(row => row.map(value => (isNull(value) ? null : value))) }
}

/** The first type of dbt's list that fits all values of a column. A column with only NULL is an integer. */
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

// Marks an ISO time with a UTC offset.
const offset = /T.*(Z|[+-]\d\d(:?\d\d)?)\s*$/
const currencies = '؋$ƒ៛¥₡₱£€¢﷼₪₩₭₮₦฿₤₫'
const outerPercents = /^%+|%+$/g
const outerCurrencies = new RegExp(`^[${currencies}]+|[${currencies}]+$`, 'g')

// Reads numbers as agate does for dbt: ignores percent and currency signs, thousands separators and one minus before them.
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

/** The digits of a number without decimals: for dbt 1.0 and 1e3 are whole, 1 and 1000. Any other text stays as it is. */
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

// The most digits before the point in PostgreSQL's numeric.
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

// Throws for a header that another delimiter would divide: all values would land in one column. As SQL it is not a valid name, either.
function refuseUndivided([only = '', ...more]: string[], file: string, delimiter: string): void {
  const other = /[,;|\t]/.exec(only)?.[0]
  if (more.length > 0 || other === undefined || only.trim().startsWith('"')) return
  const message = `The header is one column, '${only}', as its delimiter is '${delimiter}'`
  const shown = other === '\t' ? '"\\t"' : `"${other}"`
  throw new ProjectError(message, { place: { file, line: 1 }, hint: `Set delimiter: ${shown} in the config of the seed.` })
}

// Names columns as agate does for dbt: an empty name becomes a letter, a, b, …; a repeated name gets a number, name_2.
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

// Loaded with the first file: most projects that are read have no CSV files.
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
