import { ProjectError } from '../base/errors.ts'

/** Microseconds, in which all times are counted: as bigint, for those of the year 9999 are more than a number holds. */
export const SECOND = 1_000_000n
export const MINUTE = 60n * SECOND
export const DAY = 24n * 60n * MINUTE

/** What a clock shows. */
export interface Parts {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  microsecond: number
}

/** Microseconds since 1970 of what a clock shows; throws for a day or an hour that there is not, as Python does. */
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

/** What a clock shows at so many microseconds since 1970. */
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

/** The same in a JavaScript Date, whose UTC parts are what is shown, without the microseconds below its milliseconds. */
export function dateAt(wall: bigint): Date {
  const micro = ((wall % 1000n) + 1000n) % 1000n
  return new Date(Number((wall - micro) / 1000n))
}

/** `2024-01-05`, with four digits of the year. */
export function dayText({ year, month, day }: Parts): string {
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
}

/** `04:05:06`, with microseconds where there are some. */
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
