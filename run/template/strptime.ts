import { ProjectError } from '../base/errors.ts'
import { microsecondsOf, type Parts } from './microseconds.ts'
import { DAYS, MONTHS, notDone } from './strftime.ts'

/** Python's strptime: the wall clock in microseconds since 1970, and minutes east of UTC from %z. Throws for an unsupported letter. */
export function strptime(text: string, format: string): { wall: bigint; offset: number | null } {
  const found = new Map<string, string>()
  const order: string[] = []
  const source = expanded(format)
    .replace(/\s+/g, '\\s+')
    .replace(/%(.?)|\\s\+|[.*+?^${}()|[\]\\]/gs, (whole, letter?: string) => {
      if (letter === undefined) return whole === '\\s+' ? whole : `\\${whole}`
      if (letter === '%') return '%'
      const shape = Object.hasOwn(SHAPES, letter) ? SHAPES[letter] : undefined
      if (shape === undefined) throw notDone(whole, 'strptime', [...Object.keys(SHAPES), 'c', 'x', 'X', '%'])
      if (order.includes(letter)) throw new ProjectError(`strptime() has '${whole}' twice in '${format}'`)
      order.push(letter)
      return `(${shape})`
    })
  const match = new RegExp(source, 'iy').exec(text)
  if (!match) throw new ProjectError(`time data '${text}' does not match format '${format}'`)
  if (match[0].length < text.length) throw new ProjectError(`unconverted data remains: ${text.slice(match[0].length)}`)
  for (const [i, letter] of order.entries()) found.set(letter, match[i + 1] as string)
  return { wall: microsecondsOf(partsFrom(found)), offset: offsetFrom(found.get('z')) }
}

const names = (list: string[]): string => [...list].sort((a, b) => b.length - a.length).join('|')

/** The input of each letter, as in Python's own module; groups do not capture. */
const SHAPES: Record<string, string> = {
  Y: '\\d\\d\\d\\d',
  y: '\\d\\d',
  m: '1[0-2]|0[1-9]|[1-9]',
  d: '3[01]|[12]\\d|0[1-9]|[1-9]| [1-9]',
  j: '36[0-6]|3[0-5]\\d|[12]\\d\\d|0[1-9]\\d|00[1-9]|[1-9]\\d|0[1-9]|[1-9]',
  H: '2[0-3]|[01]\\d|\\d',
  I: '1[0-2]|0[1-9]|[1-9]',
  M: '[0-5]\\d|\\d',
  S: '6[01]|[0-5]\\d|\\d',
  f: '\\d{1,6}',
  p: 'am|pm',
  a: names(DAYS.map(day => day.slice(0, 3))),
  A: names(DAYS),
  b: names(MONTHS.map(month => month.slice(0, 3))),
  B: names(MONTHS),
  w: '[0-6]',
  z: '[+-]\\d\\d:?[0-5]\\d|Z',
  Z: 'utc|gmt',
}

// Letters that abbreviate several.
function expanded(format: string): string {
  const short: Record<string, string> = { c: '%a %b %d %H:%M:%S %Y', x: '%m/%d/%y', X: '%H:%M:%S' }
  return format.replace(/%(.)/gs, (whole, letter: string) => short[letter] ?? whole)
}

function partsFrom(found: Map<string, string>): Parts {
  const number = (letter: string, otherwise: number): number => Number(found.get(letter) ?? otherwise)
  const month = monthFrom(found.get('b') ?? found.get('B')) ?? number('m', 1)
  const year = found.has('y') ? yearOf(number('y', 0)) : number('Y', 1900)
  const day = dayOfYear(year, found) ?? { month, day: number('d', 1) }
  const second = number('S', 0)
  if (second > 59) throw new ProjectError('second must be in 0..59: a leap second cannot be held')
  const microsecond = Number((found.get('f') ?? '0').padEnd(6, '0'))
  return { year, ...day, hour: hourFrom(found), minute: number('M', 0), second, microsecond }
}

function hourFrom(found: Map<string, string>): number {
  if (!found.has('I')) return Number(found.get('H') ?? 0)
  return (Number(found.get('I')) % 12) + (found.get('p')?.toLowerCase() === 'pm' ? 12 : 0)
}

function monthFrom(name: string | undefined): number | undefined {
  if (name === undefined) return undefined
  return MONTHS.findIndex(month => month.toLowerCase().startsWith(name.toLowerCase())) + 1
}

// POSIX: 69 to 99 are in the 20th century.
function yearOf(two: number): number {
  return two < 69 ? 2000 + two : 1900 + two
}

function dayOfYear(year: number, found: Map<string, string>): { month: number; day: number } | undefined {
  if (!found.has('j') || found.has('d') || found.has('m')) return undefined
  const date = new Date(Date.UTC(year, 0, Number(found.get('j'))))
  return { month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

function offsetFrom(text: string | undefined): number | null {
  if (text === undefined) return null
  if (/^z$/i.test(text)) return 0
  const [, sign, hours, minutes] = /([+-])(\d\d):?(\d\d)/.exec(text) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}
