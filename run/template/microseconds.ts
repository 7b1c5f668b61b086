import { ProjectError } from '../base/errors.ts'

/** All times are counted in microseconds as bigint: those of the year 9999 exceed a number's exact range. */
export const SECOND = 1_000_000n
export const MINUTE = 60n * SECOND
export const DAY = 24n * 60n * MINUTE

/** The parts of a wall clock. */
export interface Parts {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  microsecond: number
}

/** Microseconds since 1970 of a wall clock; throws for an invalid day or hour, as Python does. */
export function microsecondsOf({ year, month, day, hour, minute, second, microsecond }: Parts): bigint {
  within('year', year, 1, 9999)
  within('month', month, 1, 12)
  const date = new Date(Date.UTC(2000, month - 1, 1))
  date.setUTCFullYear(year, month - 1, 1)
  const days = new Date(date)
  days.setUTCMonth(month, 0)
  if (!Number.isInteger(day) || day < 1 || day > days.getUTCDate()) throw new ProjectError('day is out of range for month')
  within('hour', hour, 0, 23)
  within('minute', minute, 0, 59)
  within('second', second, 0, 59)
  within('microsecond', microsecond, 0, 999_999)
  date.setUTCDate(day)
  return BigInt(date.getTime()) * 1000n + (BigInt(hour) * 60n + BigInt(minute)) * MINUTE + BigInt(second) * SECOND + BigInt(microsecond)
}

/** The wall clock at this number of microseconds since 1970. */
export function partsOf(wall: bigint): Parts {
  const date = dateAt(wall)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    microsecond: Number(((wall % SECOND) + SECOND) % SECOND),
  }
}

/** The same as a JavaScript Date, whose UTC parts are the wall clock, without fractions of milliseconds. */
export function dateAt(wall: bigint): Date {
  const micro = ((wall % 1000n) + 1000n) % 1000n
  return new Date(Number((wall - micro) / 1000n))
}

/** `2024-01-05`, with a four-digit year. */
export function dayText({ year, month, day }: Parts): string {
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
}

/** `04:05:06`, with microseconds unless 0. */
export function timeText({ hour, minute, second, microsecond }: Parts): string {
  return `${two(hour)}:${two(minute)}:${two(second)}${microsecond === 0 ? '' : `.${String(microsecond).padStart(6, '0')}`}`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}

function within(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new ProjectError(`${what} must be in ${least}..${most}, not ${value}`)
}
