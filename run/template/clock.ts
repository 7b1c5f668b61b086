import { ProjectError } from '../base/errors.ts'
import { builtins } from '../jinja/signature.ts'
import { str } from '../jinja/text.ts'
import { float, isObject, type JinjaObject, tuple, type Value } from '../jinja/values.ts'
import { DAY, dateAt, dayText, MINUTE, microsecondsOf, type Parts, partsOf, timeText } from './microseconds.ts'
import { strftime } from './strftime.ts'
import { localZone, offsetText, utcZone, type Zone, zoneOf } from './time-zones.ts'
import { deltaOf, timedelta } from './timedelta.ts'

/** A moment as Python's datetime or date: the wall clock, and its zone if known. */
interface Clock {
  /** Microseconds since 1970 of the wall clock, as if it were UTC. */
  wall: bigint
  /** Minutes east of UTC; null for a naive time. */
  offset: number | null
  zone: Zone | null
  isDate: boolean
}

/** A Python datetime in UTC. */
export function moment(date: Date): JinjaObject {
  return inZone(BigInt(date.getTime()) * 1000n, utcZone)
}

/** A datetime without a zone. */
export function naive(wall: bigint): JinjaObject {
  return clockObject({ wall, offset: null, zone: null, isDate: false })
}

/** A date. */
export function dateOf(wall: bigint): JinjaObject {
  return clockObject({ wall: startOfDay(wall), offset: null, zone: null, isDate: true })
}

/** A datetime with the wall clock of a zone. */
export function inZone(wall: bigint, zone: Zone | null): JinjaObject {
  if (zone === null) return naive(wall)
  const guess = zone.offsetAt(milliseconds(wall))
  const offset = zone.offsetAt(milliseconds(wall - BigInt(guess) * MINUTE))
  return clockObject({ wall, offset, zone, isDate: false })
}

/** A moment, converted to a zone. */
export function shifted(utc: bigint, zone: Zone): JinjaObject {
  const offset = zone.offsetAt(milliseconds(utc))
  return clockObject({ wall: utc + BigInt(offset) * MINUTE, offset, zone, isDate: false })
}

/** A time of day: datetime.time. */
export function timeOfDay(wall: bigint): JinjaObject {
  const within = ((wall % DAY) + DAY) % DAY
  const { year: _, month: __, day: ___, ...shown } = partsOf(within)
  const attributes: Record<string, Value> = { ...shown, ...builtins({ 'isoformat()': () => timeText(partsOf(within)) }) }
  const object: JinjaObject = {
    get: name => (Object.hasOwn(attributes, name) ? attributes[name] : undefined),
    keys: () => Object.keys(attributes),
    order: other => {
      const than = timeOf(other)
      return than === undefined ? undefined : Number(within - than)
    },
    toString: () => timeText(partsOf(within)),
  }
  times.set(object, within)
  return object
}

/** Microseconds since midnight of a datetime.time; undefined for anything else. */
export function timeOf(value: Value): bigint | undefined {
  return isObject(value) ? times.get(value) : undefined
}

/** The clock of a template's datetime or date; undefined for other values. */
export function clockOf(value: Value): Clock | undefined {
  return isObject(value) ? clocks.get(value) : undefined
}

const clocks = new WeakMap<object, Clock>()
const times = new WeakMap<object, bigint>()

function clockObject(clock: Clock): JinjaObject {
  const { wall, isDate } = clock
  const parts = partsOf(wall)
  if (!(parts.year >= 1 && parts.year <= 9999)) throw new ProjectError('date value out of range: years go from 1 to 9999')
  const attributes = attributesOf(clock, parts)
  const move = (by: bigint): JinjaObject => {
    const next = isDate ? startOfDay(wall + by) : wall + by
    return clockObject({ ...clock, wall: next })
  }
  const object: JinjaObject = {
    get: name => (Object.hasOwn(attributes, name) ? attributes[name] : undefined),
    keys: () => Object.keys(attributes),
    add: other => (deltaOf(other) === undefined ? undefined : move(deltaOf(other)!)),
    subtract: other => {
      if (deltaOf(other) !== undefined) return move(-deltaOf(other)!)
      const than = clockOf(other)
      return than && than.isDate === isDate ? timedelta(distance(clock, than)) : undefined
    },
    order: other => {
      const than = clockOf(other)
      return than && than.isDate === isDate ? Number(distance(clock, than)) : undefined
    },
    toString: () => textOf(clock, parts, ' '),
    repr: () => reprOf(clock, parts),
  }
  clocks.set(object, clock)
  return object
}

function attributesOf(clock: Clock, parts: Parts): Record<string, Value> {
  const { wall, offset, zone, isDate } = clock
  const date = dateAt(wall)
  const shape = {
    offset: offset === null ? '' : offsetText(offset).replace(':', ''),
    zone: offset === null ? '' : zone?.label,
    microsecond: parts.microsecond,
  }
  const weekday = (date.getUTCDay() + 6) % 7
  const { hour: _, minute: __, second: ___, microsecond: ____, ...day } = parts
  const both = builtins({
    'strftime(format)': format => strftime(date, str(format), shape),
    "isoformat(sep='T')": separator => textOf(clock, parts, str(separator)),
    'weekday()': () => weekday,
    'isoweekday()': () => weekday + 1,
    'isocalendar()': () => tuple(isoWeek(date)),
    'toordinal()': () => Number(startOfDay(wall) / DAY) + 719_163,
    'replace(year=None, month=None, day=None, hour=None, minute=None, second=None, microsecond=None, tzinfo=0)': (...given) =>
      replaced(clock, parts, given),
  })
  if (isDate) return { ...day, ...both }
  const utc = (): bigint => wall - BigInt(offset ?? localZone.offsetAt(milliseconds(wall))) * MINUTE
  return {
    ...parts,
    ...both,
    ...builtins({
      'date()': () => dateOf(wall),
      'time()': () => timeOfDay(wall),
      'timestamp()': () => float(Number(utc()) / 1e6),
      'astimezone(tz=None)': given => shifted(utc(), given === null ? localZone : zoneOf(given)),
    }),
  }
}

function replaced(clock: Clock, parts: Parts, given: Value[]): JinjaObject {
  const names = ['year', 'month', 'day', 'hour', 'minute', 'second', 'microsecond'] as const
  const next = { ...parts }
  for (const [i, name] of names.entries()) if (given[i] !== null && given[i] !== undefined) next[name] = Number(given[i])
  const wall = microsecondsOf(next)
  const zone = given[7] ?? null
  return zone === 0 ? clockObject({ ...clock, wall }) : inZone(wall, zone === null ? null : zoneOf(zone))
}

function textOf({ offset, isDate }: Clock, parts: Parts, separator: string): string {
  if (isDate) return dayText(parts)
  return `${dayText(parts)}${separator}${timeText(parts)}${offset === null ? '' : offsetText(offset)}`
}

function reprOf({ offset, isDate }: Clock, { year, month, day, hour, minute, second, microsecond }: Parts): string {
  if (isDate) return `datetime.date(${year}, ${month}, ${day})`
  const rest = microsecond !== 0 ? [second, microsecond] : second !== 0 ? [second] : []
  const zone = offset === null ? '' : `, tzinfo=datetime.timezone${offset === 0 ? '.utc' : `(datetime.timedelta(seconds=${offset * 60}))`}`
  return `datetime.datetime(${[year, month, day, hour, minute, ...rest].join(', ')}${zone})`
}

function distance(left: Clock, right: Clock): bigint {
  if ((left.offset === null) !== (right.offset === null))
    throw new ProjectError('a time with a zone and one without cannot be compared', {
      hint: 'Give both a time zone: time.replace(tzinfo=modules.pytz.utc).',
    })
  return left.wall - BigInt(left.offset ?? 0) * MINUTE - (right.wall - BigInt(right.offset ?? 0) * MINUTE)
}

function startOfDay(wall: bigint): bigint {
  return wall - (((wall % DAY) + DAY) % DAY)
}

function milliseconds(microseconds: bigint): number {
  return Number(microseconds / 1000n)
}

function isoWeek(date: Date): number[] {
  const thursday = new Date(date.getTime() + (3 - ((date.getUTCDay() + 6) % 7)) * 86_400_000)
  const year = thursday.getUTCFullYear()
  return [year, Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 604_800_000) + 1, date.getUTCDay() || 7]
}
