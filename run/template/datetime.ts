import { ProjectError } from '../base/errors.ts'
import { builtins } from '../jinja/signature.ts'
import { str } from '../jinja/text.ts'
import { isObject, type JinjaFunction, type JinjaObject, tuple, type Value } from '../jinja/values.ts'
import { strftime, strptime } from './strftime.ts'

/** A moment as Python's datetime (or date) has it: what clocks show, and how far that is from UTC, where it is known. */
interface Clock {
  /** Milliseconds since 1970 of the wall clock, as if it were UTC. */
  wall: number
  /** Minutes east of UTC; null for a naive time. */
  offset: number | null
  zone: string | null
  isDate: boolean
}

const clocks = new WeakMap<object, Clock>()
const deltas = new WeakMap<object, number>()
const zones = new WeakMap<object, string>()

/** A Python datetime (or date) in UTC. */
export function moment(date: Date, isDate = false): JinjaObject {
  return clockObject({ wall: date.getTime(), offset: isDate ? null : 0, zone: 'UTC', isDate })
}

/** `modules.datetime`: datetime, date, timedelta and timezone, with their arithmetic. Microseconds are whole milliseconds. */
export const DATETIME: Record<string, Value> = {
  datetime: classOf(
    'datetime(year, month, day, hour=0, minute=0, second=0, microsecond=0, tzinfo=None)',
    (...parts) => {
      const [year, month, day, hour, minute, second, microsecond] = parts.map(Number) as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ]
      return inZone(Date.UTC(year, month - 1, day, hour, minute, second, microsecond / 1000), parts[7] ?? null)
    },
    {
      'now(tz=None)': zone => (zone === null ? naive(Date.now()) : shifted(Date.now(), zoneOf(zone))),
      'utcnow()': () => naive(Date.now()),
      'today()': () => naive(Date.now()),
      'fromisoformat(text)': text => parsed(str(text), false),
      'strptime(text, format)': (text, format) => naive(strptime(str(text), str(format)).getTime()),
      'fromtimestamp(seconds, tz=None)': (seconds, zone) =>
        zone === null ? naive(Number(seconds) * 1000) : shifted(Number(seconds) * 1000, zoneOf(zone)),
      'combine(date, time=None)': date => naive(clockOf(date)?.wall ?? Number.NaN),
    },
  ),
  date: classOf('date(year, month, day)', (year, month, day) => dateOf(Date.UTC(Number(year), Number(month) - 1, Number(day))), {
    'today()': () => dateOf(Date.now()),
    'fromisoformat(text)': text => parsed(str(text), true),
  }),
  timedelta: builtins({
    'timedelta(days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0)': (...parts) => {
      const factors = [86_400_000, 1000, 0.001, 1, 60_000, 3_600_000, 604_800_000]
      return timedelta(parts.reduce((sum: number, part, i) => sum + Number(part) * factors[i]!, 0))
    },
  }).timedelta!,
  timezone: {
    get: (name: string) => (name === 'utc' ? zoneObject('UTC') : undefined),
    keys: () => ['utc'],
    toString: () => '<class timezone>',
  },
}

/** `modules.pytz`. */
export const PYTZ: Record<string, Value> = {
  utc: zoneObject('UTC'),
  UTC: zoneObject('UTC'),
  ...builtins({ 'timezone(name)': name => zoneObject(str(name)) }),
}

function clockOf(value: Value): Clock | undefined {
  return isObject(value) ? clocks.get(value) : undefined
}

function clockObject(clock: Clock): JinjaObject {
  const { wall, offset, isDate } = clock
  if (Number.isNaN(wall)) throw new ProjectError('this is no date')
  const date = new Date(wall)
  const move = (milliseconds: number): JinjaObject =>
    clockObject({ ...clock, wall: isDate ? startOfDay(wall + milliseconds) : wall + milliseconds })
  const text = (separator: string): string =>
    isDate
      ? date.toISOString().slice(0, 10)
      : `${date.toISOString().slice(0, 19).replace('T', separator)}${date.getUTCMilliseconds() ? `.${String(date.getUTCMilliseconds()).padStart(3, '0')}000` : ''}${offset === null ? '' : offsetText(offset)}`
  const weekday = (date.getUTCDay() + 6) % 7
  const attributes: Record<string, Value> = {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    microsecond: date.getUTCMilliseconds() * 1000,
    ...builtins({
      'strftime(format)': format =>
        strftime(date, str(format), offset === null ? '' : offsetText(offset).replace(':', ''), offset === null ? '' : (clock.zone ?? '')),
      "isoformat(sep='T')": separator => text(str(separator)),
      'date()': () => dateOf(wall),
      'timestamp()': () => (wall - (offset ?? 0) * 60_000) / 1000,
      'weekday()': () => weekday,
      'isoweekday()': () => weekday + 1,
      'isocalendar()': () => tuple(isoWeek(date)),
      'astimezone(tz=None)': zone => shifted(wall - (offset ?? 0) * 60_000, zone === null ? 'UTC' : zoneOf(zone)),
      'replace(year=None, month=None, day=None, hour=None, minute=None, second=None, microsecond=None, tzinfo=0)': (...given) => {
        const now = [
          date.getUTCFullYear(),
          date.getUTCMonth() + 1,
          date.getUTCDate(),
          date.getUTCHours(),
          date.getUTCMinutes(),
          date.getUTCSeconds(),
          date.getUTCMilliseconds() * 1000,
        ]
        const [year, month, day, hour, minute, second, micro] = now.map((part, i) => (given[i] === null ? part : Number(given[i]))) as [
          number,
          number,
          number,
          number,
          number,
          number,
          number,
        ]
        const next = Date.UTC(year, month - 1, day, hour, minute, second, micro / 1000)
        return given[7] === 0 ? clockObject({ ...clock, wall: next }) : inZone(next, given[7] ?? null)
      },
      'plus(days=0, seconds=0)': (days, seconds) => move(Number(days) * 86_400_000 + Number(seconds) * 1000),
    }),
  }
  const object: JinjaObject = {
    get: name => (Object.hasOwn(attributes, name) ? attributes[name] : undefined),
    keys: () => Object.keys(attributes),
    add: other => (deltaOf(other) === undefined ? undefined : move(deltaOf(other)!)),
    subtract: other => {
      if (deltaOf(other) !== undefined) return move(-deltaOf(other)!)
      const clockToo = clockOf(other)
      return clockToo && clockToo.isDate === isDate ? timedelta(distance(clock, clockToo)) : undefined
    },
    order: other => {
      const clockToo = clockOf(other)
      return clockToo && clockToo.isDate === isDate ? distance(clock, clockToo) : undefined
    },
    toString: () => text(' '),
  }
  clocks.set(object, clock)
  return object
}

function timedelta(milliseconds: number): JinjaObject {
  const days = Math.floor(milliseconds / 86_400_000)
  const rest = milliseconds - days * 86_400_000
  const seconds = Math.floor(rest / 1000)
  const micro = Math.round((rest - seconds * 1000) * 1000)
  const attributes: Record<string, Value> = {
    days,
    seconds,
    microseconds: micro,
    ...builtins({ 'total_seconds()': () => ({ kind: 'float', number: milliseconds / 1000 }) }),
  }
  const two = (n: number): string => String(n).padStart(2, '0')
  const object: JinjaObject = {
    get: name => (Object.hasOwn(attributes, name) ? attributes[name] : undefined),
    keys: () => Object.keys(attributes),
    add: other => {
      const more = deltaOf(other)
      return more === undefined ? (isObject(other) && clocks.has(other) ? other.add?.(object) : undefined) : timedelta(milliseconds + more)
    },
    subtract: other => (deltaOf(other) === undefined ? undefined : timedelta(milliseconds - deltaOf(other)!)),
    order: other => (deltaOf(other) === undefined ? undefined : milliseconds - deltaOf(other)!),
    toString: () =>
      `${days === 0 ? '' : `${days} day${Math.abs(days) === 1 ? '' : 's'}, `}${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${micro ? `.${String(micro).padStart(6, '0')}` : ''}`,
  }
  deltas.set(object, milliseconds)
  return object
}

function deltaOf(value: Value): number | undefined {
  return isObject(value) ? deltas.get(value) : undefined
}

function distance(left: Clock, right: Clock): number {
  if ((left.offset === null) !== (right.offset === null))
    throw new ProjectError('a time with a zone and one without cannot be compared', {
      hint: 'Give both one: time.replace(tzinfo=modules.pytz.utc).',
    })
  return left.wall - (left.offset ?? 0) * 60_000 - (right.wall - (right.offset ?? 0) * 60_000)
}

function zoneObject(name: string): JinjaObject {
  if (name !== 'UTC') offsetAt(Date.now(), name)
  const object: JinjaObject = {
    get: key => (key === 'zone' ? name : key === 'localize' ? localize : undefined),
    keys: () => ['zone', 'localize'],
    toString: () => name,
  }
  const localize = builtins({ 'localize(time)': time => inZone(clockOf(time)?.wall ?? Number.NaN, object) }).localize!
  zones.set(object, name)
  return object
}

function zoneOf(value: Value): string {
  const name = isObject(value) ? zones.get(value) : typeof value === 'string' ? value : undefined
  if (name === undefined) throw new ProjectError('this is no time zone', { hint: "Write modules.pytz.timezone('Europe/Berlin')." })
  return name
}

// The same wall clock, in a zone.
function inZone(wall: number, zone: Value): JinjaObject {
  if (zone === null) return naive(wall)
  const name = zoneOf(zone)
  const offset = offsetAt(wall - offsetAt(wall, name) * 60_000, name)
  return clockObject({ wall, offset, zone: name, isDate: false })
}

// The same moment, as clocks of a zone show it.
function shifted(utc: number, name: string): JinjaObject {
  const offset = offsetAt(utc, name)
  return clockObject({ wall: utc + offset * 60_000, offset, zone: name, isDate: false })
}

function offsetAt(utc: number, name: string): number {
  if (name === 'UTC') return 0
  let parts: Intl.DateTimeFormatPart[]
  try {
    parts = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' }).formatToParts(new Date(utc))
  } catch {
    throw new ProjectError(`There is no time zone '${name}'`, { hint: "They are called as in 'Europe/Berlin'." })
  }
  const [, sign, hours = '0', minutes = '0'] =
    /GMT([+-])(\d\d):(\d\d)/.exec(parts.find(({ type }) => type === 'timeZoneName')?.value ?? '') ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}

function naive(wall: number): JinjaObject {
  return clockObject({ wall, offset: null, zone: null, isDate: false })
}

function dateOf(wall: number): JinjaObject {
  return clockObject({ wall: startOfDay(wall), offset: null, zone: null, isDate: true })
}

function startOfDay(wall: number): number {
  return Math.floor(wall / 86_400_000) * 86_400_000
}

function offsetText(offset: number): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`
}

function parsed(text: string, isDate: boolean): JinjaObject {
  const [, day = '', time = '00:00:00', zone] = /^(\d{4}-\d\d-\d\d)(?:[ T]([\d:.]+))?(Z|[+-]\d\d:?\d\d)?$/.exec(text.trim()) ?? []
  const wall = Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}Z`)
  if (Number.isNaN(wall)) throw new ProjectError(`Invalid isoformat string: '${text}'`)
  if (isDate) return dateOf(wall)
  if (zone === undefined) return naive(wall)
  const [, sign, hours, minutes] = /([+-])(\d\d):?(\d\d)/.exec(zone) ?? []
  const offset = zone === 'Z' ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
  return clockObject({ wall, offset, zone: offset === 0 ? 'UTC' : null, isDate: false })
}

function isoWeek(date: Date): number[] {
  const thursday = new Date(date.getTime() + (3 - ((date.getUTCDay() + 6) % 7)) * 86_400_000)
  const year = thursday.getUTCFullYear()
  return [year, Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 604_800_000) + 1, date.getUTCDay() || 7]
}

// A class: it can be called, and has functions of its own.
function classOf(signature: string, make: (...args: Value[]) => Value, own: Parameters<typeof builtins>[0]): Value {
  const functions = builtins(own)
  const [[name, call] = ['', undefined]] = Object.entries(builtins({ [signature]: make }))
  return Object.assign(call as JinjaFunction, {
    get: (key: string) => (Object.hasOwn(functions, key) ? functions[key] : undefined),
    keys: () => Object.keys(functions),
    toString: () => `<class ${name}>`,
  })
}
