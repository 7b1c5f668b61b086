import { decimal } from '../jinja/decimals.ts'
import { exact } from '../jinja/numbers.ts'
import { floatText, str } from '../jinja/text.ts'
import { fromJs, type Value } from '../jinja/values.ts'
import { dateOf, inZone, naive } from './clock.ts'
import { jsonArray, pythonJson } from './json-text.ts'
import { microsecondsOf, partsOf, timeText } from './microseconds.ts'
import { fixedZone, offsetText } from './time-zones.ts'
import { timedelta } from './timedelta.ts'

/**
 * The values of a column of run_query(), as in dbt's agate: whole numbers, Decimals, booleans, dates and datetimes; if one of them is a
 * text (also JSON and arrays, as their JSON text), the whole column is text. `texts` are PostgreSQL's, null for NULL.
 */
export function columnValues(type: string, texts: unknown[]): Value[] {
  const read = readerOf(type)
  const values = texts.map(text => (typeof text === 'string' ? read(text) : fromJs(text)))
  if (!values.some(value => typeof value === 'string')) return values
  return values.map(value => (value === null ? null : str(value)))
}

type Reader = (text: string) => Value

function readerOf(type: string): Reader {
  if (type.endsWith('[]')) return arrayReader(type.slice(0, -2))
  if (/range$/.test(type)) return text => text.replace(/^([[(][^,"]+),([^,"]+[\])])$/, '$1, $2')
  return READERS[type] ?? (text => text)
}

const whole: Reader = text => exact(BigInt(text))
const inexact: Reader = text => decimal(floatText(floatOf(text)))

const READERS: Record<string, Reader> = {
  smallint: whole,
  integer: whole,
  bigint: whole,
  oid: whole,
  numeric: decimal,
  real: inexact,
  'double precision': inexact,
  boolean: text => text === 't',
  date: text => dateIn(text) ?? text,
  'timestamp without time zone': text => momentIn(text) ?? text,
  'timestamp with time zone': text => momentIn(text) ?? text,
  'time without time zone': timeIn,
  'time with time zone': timeIn,
  interval: text => str(intervalIn(text)),
  json: text => jsonValue(text),
  jsonb: text => jsonValue(text),
}

// An array becomes JSON; for element types that psycopg2 does not know it stays PostgreSQL's own text.
function arrayReader(type: string): Reader {
  const element = ELEMENTS[type]
  return text => (element ? jsonArray(text, element) : text)
}

const quoted = (text: string): string => pythonJson(JSON.stringify(text))
const number = (text: string): string => floatText(floatOf(text)).replace('inf', 'Infinity').replace('nan', 'NaN')
const plain = (text: string): string => text

/** The JSON of an array's element. */
const ELEMENTS: Record<string, (text: string) => string> = {
  ...Object.fromEntries(
    ['text', 'character varying', 'character', 'name', '"char"', 'inet', 'cidr', 'macaddr'].map(type => [type, quoted]),
  ),
  ...Object.fromEntries(['smallint', 'integer', 'bigint', 'oid'].map(type => [type, plain])),
  ...Object.fromEntries(['numeric', 'real', 'double precision'].map(type => [type, number])),
  boolean: text => (text === 't' ? 'true' : 'false'),
  json: pythonJson,
  jsonb: pythonJson,
  date: quoted,
  'timestamp without time zone': text => quoted(isoText(text)),
  'timestamp with time zone': text => quoted(isoText(text)),
  'time without time zone': text => quoted(str(timeIn(text))),
  interval: text => quoted(str(intervalIn(text))),
}

function floatOf(text: string): number {
  return Number(text.replace(/^(-?)Infinity$/, '$1Infinity'))
}

// A scalar becomes its value, anything else JSON as Python writes it.
function jsonValue(text: string): Value {
  const bare = text.trim()
  if (/^[[{]/.test(bare)) return pythonJson(bare)
  if (bare.startsWith('"')) return JSON.parse(bare) as string
  if (/^-?\d+$/.test(bare)) return whole(bare)
  return /^-?\d/.test(bare) ? inexact(bare) : (JSON.parse(bare) as boolean | null)
}

function dateIn(text: string): Value | undefined {
  const wall = wallIn(text === 'infinity' ? '9999-12-31' : text)
  return wall === undefined ? undefined : dateOf(wall)
}

// Python has no datetime before year 1 or after 9999: such values stay text.
function momentIn(text: string): Value | undefined {
  const [, wallText = '', zone] =
    /^(.*?)([+-]\d\d(?::?\d\d)?)?$/.exec(text.replace(/^(\d+-\d+-\d+)/, day => day.replaceAll('-', '/'))) ?? []
  const wall = wallIn(wallText.replaceAll('/', '-'))
  if (wall === undefined) return undefined
  return zone === undefined ? naive(wall) : inZone(wall, fixedZone(minutesOf(zone)))
}

function isoText(text: string): string {
  const found = momentIn(text)
  return found === undefined ? text : str(found).replace(' ', 'T')
}

function wallIn(text: string): bigint | undefined {
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = ''] =
    /^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d+))?)?$/.exec(text) ?? []
  if (year === undefined) return undefined
  const [y, m, d, h, min, s] = [year, month, day, hour, minute, second].map(Number) as [number, number, number, number, number, number]
  return microsecondsOf({ year: y, month: m, day: d, hour: h, minute: min, second: s, microsecond: Number(fraction.padEnd(6, '0')) })
}

function timeIn(text: string): Value {
  const [, clock = text, zone] = /^([\d:.]+)([+-].*)?$/.exec(text) ?? []
  const wall = wallIn(`1970-01-01 ${clock}`)
  if (wall === undefined) return text
  return timeText(partsOf(wall)) + (zone === undefined ? '' : offsetText(minutesOf(zone)))
}

function minutesOf(zone: string): number {
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?/.exec(zone) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}

// psycopg2 counts a year as 365 days and a month as 30.
function intervalIn(text: string): Value {
  const days = { year: 365, mon: 30, day: 1 }
  let total = 0n
  for (const [, count = '0', unit = 'day'] of text.matchAll(/(-?\d+) (year|mon|day)/g))
    total += BigInt(count) * BigInt(days[unit as keyof typeof days]) * 86_400_000_000n
  const [, sign, hours, minutes = '0', seconds = '0', fraction = ''] = /([+-]?)(\d+):(\d\d):(\d\d)(?:\.(\d+))?$/.exec(text) ?? []
  if (hours !== undefined) {
    const within = (BigInt(hours) * 3600n + BigInt(minutes) * 60n + BigInt(seconds)) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
    total += sign === '-' ? -within : within
  }
  return timedelta(total)
}
