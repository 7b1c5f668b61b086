import { ProjectError } from '../base/errors.ts'
import { brief } from './compare.ts'
import type { Value } from './values.ts'

/** True for what is an int in Python, including booleans. */
export function isInteger(value: Value): value is number | bigint | boolean {
  return typeof value === 'bigint' || typeof value === 'boolean' || (typeof value === 'number' && Number.isInteger(value))
}

/** A bigint as a plain number where that is exact. */
export function exact(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

/** A float's value truncated to an integer. */
export function truncated(number: number): number | bigint {
  if (!Number.isFinite(number)) throw new ProjectError(`cannot convert ${brief(number)} to an integer`)
  const whole = Math.trunc(number) + 0
  return Number.isSafeInteger(whole) ? whole : BigInt(whole)
}

/** Python's round(): to the nearest, ties to even. */
export function round(number: number, digits: number): number {
  if (!Number.isFinite(number) || Math.abs(number) >= 1e21 || digits > 60) return number
  if (digits < 0) {
    const scale = 10 ** -digits
    return round(number / scale, 0) * scale
  }
  const [whole = '', fraction = ''] = Math.abs(number)
    .toFixed(Math.min(100, digits + 40))
    .split('.')
  const kept = BigInt(whole + fraction.slice(0, digits))
  const rest = fraction.slice(digits)
  const half = `5${'0'.repeat(rest.length - 1)}`
  const up = rest > half || (rest === half && kept % 2n === 1n)
  const text = String(up ? kept + 1n : kept).padStart(digits + 1, '0')
  const rounded = Number(`${text.slice(0, text.length - digits)}.${text.slice(text.length - digits)}`)
  return number < 0 || Object.is(number, -0) ? -rounded : rounded
}
