import { ProjectError } from '../base/errors.ts'
import { builtins } from '../jinja/signature.ts'
import { str } from '../jinja/text.ts'
import type { JinjaFunction, JinjaObject, Value } from '../jinja/values.ts'
import { clockOf, dateOf, inZone, naive, shifted, timeOf, timeOfDay } from './clock.ts'
import { DAY, MINUTE, microsecondsOf, type Parts } from './microseconds.ts'
import { strptime } from './strptime.ts'
import { fixedZone, localZone, namedZone, utcZone, zoneObject, zoneOf } from './time-zones.ts'
import { deltaOf, timedeltaClass } from './timedelta.ts'

export { moment } from './clock.ts'

/** `modules.datetime`: datetime, date, time, timedelta and timezone, with their arithmetic. */
export const DATETIME: Record<string, Value> = {
  datetime: classOf(
    'datetime(year, month, day, hour=0, minute=0, second=0, microsecond=0, tzinfo=None)',
    (...given) => inZone(microsecondsOf(partsFrom(given)), given[7] === null ? null : zoneOf(given[7] as Value)),
    {
      'now(tz=None)': zone => (zone === null ? localNow() : shifted(now(), zoneOf(zone))),
      'utcnow()': () => naive(now()),
      'today()': localNow,
      'fromisoformat(text)': text => parsed(str(text), false),
      'strptime(text, format)': (text, format) => {
        const { wall, offset } = strptime(str(text), str(format))
        return inZone(wall, offset === null ? null : fixedZone(offset))
      },
      'fromtimestamp(seconds, tz=None)': (seconds, zone) => {
        const utc = BigInt(Math.round(Number(seconds) * 1e6))
        return zone === null ? naive(localWall(utc)) : shifted(utc, zoneOf(zone))
      },
      'combine(date, time)': combined,
    },
    { min: () => naive(microsecondsOf(FIRST)), max: () => naive(microsecondsOf(LAST)) },
  ),
  date: classOf(
    'date(year, month, day)',
    (...given) => dateOf(microsecondsOf(partsFrom(given))),
    { 'today()': () => dateOf(localWall(now())), 'fromisoformat(text)': text => parsed(str(text), true) },
    { min: () => dateOf(microsecondsOf(FIRST)), max: () => dateOf(microsecondsOf(LAST)) },
  ),
  time: classOf(
    'time(hour=0, minute=0, second=0, microsecond=0)',
    (...given) => timeOfDay(microsecondsOf(partsFrom([1970, 1, 1, ...given]))),
    {},
    { min: () => timeOfDay(0n), max: () => timeOfDay(DAY - 1n) },
  ),
  timedelta: timedeltaClass,
  timezone: classOf(
    'timezone(offset)',
    offset => {
      const east = deltaOf(offset)
      if (east === undefined || east % MINUTE !== 0n) throw new ProjectError('timezone() takes a timedelta of whole minutes')
      return zoneObject(fixedZone(Number(east / MINUTE)))
    },
    {},
    { utc: () => zoneObject(utcZone) },
  ),
}

const pytzZone = (name: string): JinjaObject => {
  const zone = namedZone(name)
  return zoneObject(zone, builtins({ 'localize(time)': time => inZone(wallOf(time, 'localize'), zone) }))
}

/** `modules.pytz`. */
export const PYTZ: Record<string, Value> = {
  utc: pytzZone('UTC'),
  UTC: pytzZone('UTC'),
  ...builtins({ 'timezone(name)': name => pytzZone(str(name)) }),
}

const FIRST: Parts = { year: 1, month: 1, day: 1, hour: 0, minute: 0, second: 0, microsecond: 0 }
const LAST: Parts = { year: 9999, month: 12, day: 31, hour: 23, minute: 59, second: 59, microsecond: 999_999 }

function partsFrom(given: Value[]): Parts {
  const [year, month, day, hour = 0, minute = 0, second = 0, microsecond = 0] = given.slice(0, 7).map(Number)
  return { year: year!, month: month!, day: day!, hour, minute, second, microsecond }
}

function now(): bigint {
  return BigInt(Date.now()) * 1000n
}

function localNow(): JinjaObject {
  return naive(localWall(now()))
}

function localWall(utc: bigint): bigint {
  return utc + BigInt(localZone.offsetAt(Number(utc / 1000n))) * MINUTE
}

function wallOf(value: Value, by: string): bigint {
  const clock = clockOf(value)
  if (!clock) throw new ProjectError(`${by}() takes a datetime, such as modules.datetime.datetime(…)`)
  return clock.wall
}

function combined(date: Value, time: Value): JinjaObject {
  const within = timeOf(time)
  if (within === undefined) throw new ProjectError('combine() takes a time as its second value', { hint: 'modules.datetime.time(9, 30)' })
  const wall = wallOf(date, 'combine')
  return naive(wall - (((wall % DAY) + DAY) % DAY) + within)
}

// Parses the output of datetime.isoformat(), and its short form without hyphens and colons.
function parsed(text: string, isDate: boolean): JinjaObject {
  const [, year, month, day, hour, minute, second, fraction = '', zone] = ISO.exec(text) ?? []
  if (year === undefined || (isDate && hour !== undefined)) throw new ProjectError(`Invalid isoformat string: '${text}'`)
  const microsecond = Number(fraction.slice(0, 6).padEnd(6, '0'))
  const wall = microsecondsOf({ ...partsFrom([year, month!, day!, hour ?? 0, minute ?? 0, second ?? 0]), microsecond })
  if (isDate) return dateOf(wall)
  if (zone === undefined) return naive(wall)
  const [, sign, hours, minutes] = /([+-])(\d\d):?(\d\d)/.exec(zone) ?? []
  return inZone(wall, fixedZone(zone === 'Z' ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))))
}

const ISO = /^(\d{4})-?(\d\d)-?(\d\d)(?:.(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?(Z|[+-]\d\d:?\d\d)?)?$/

// A class: callable, with functions and values of its own.
function classOf(
  signature: string,
  make: (...args: Value[]) => Value,
  own: Parameters<typeof builtins>[0],
  values: Record<string, () => Value> = {},
): Value {
  const functions = builtins(own)
  const [[name, call] = ['', undefined]] = Object.entries(builtins({ [signature]: make }))
  return Object.assign(call as JinjaFunction, {
    get: (key: string) => (Object.hasOwn(functions, key) ? functions[key] : Object.hasOwn(values, key) ? values[key]?.() : undefined),
    keys: () => [...Object.keys(functions), ...Object.keys(values)],
    toString: () => `<class ${name}>`,
  })
}
