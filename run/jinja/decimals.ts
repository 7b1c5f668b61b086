import { ProjectError } from '../base/errors.ts'
import { type Decimal, isDecimal, isFloat, typeName, type Value } from './values.ts'

/** The precision of Python's Decimal by default, in digits. dbt gives Decimals for numerics of the database. */
const DIGITS = 28

/** Parses a Decimal: `1.10`, `1e20`, `NaN`. */
export function decimal(text: string): Decimal {
  const [, sign, whole = '', fraction = '', exponent = '0'] = /^\s*([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?\s*$/i.exec(text) ?? []
  const special = /^\s*(-?)\+?(nan|inf|infinity)\s*$/i.exec(text)
  if (special) return { ...zero, isNegative: special[1] === '-', special: /nan/i.test(text) ? 'NaN' : 'Infinity' }
  if (whole + fraction === '') throw new ProjectError(`'${text}' cannot be read as a number`)
  return { ...zero, isNegative: sign === '-', digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length }
}

/** Prints it as Python does: with its decimals, and with an exponent where necessary. */
export function decimalText({ isNegative, digits, exponent, special }: Decimal): string {
  const sign = isNegative ? '-' : ''
  if (special) return sign + special
  const text = String(digits)
  const point = exponent + text.length
  if (exponent <= 0 && point > -6) {
    if (exponent === 0) return sign + text
    return point > 0 ? `${sign}${text.slice(0, point)}.${text.slice(point)}` : `${sign}0.${'0'.repeat(-point)}${text}`
  }
  const power = point - 1
  return `${sign}${text.slice(0, 1)}${text.length > 1 ? `.${text.slice(1)}` : ''}E${power < 0 ? '-' : '+'}${Math.abs(power)}`
}

/** Below 0, 0 or above 0, compared exactly; NaN where either is NaN. A float counts with its exact binary value. */
export function compareDecimals(left: Value, right: Value): number {
  const [a, b] = [exactly(left), exactly(right)]
  if (a.special === 'NaN' || b.special === 'NaN') return Number.NaN
  if (a.special || b.special) return ranked(a) - ranked(b)
  const [x, y] = aligned(a, b)
  return x < y ? -1 : x > y ? 1 : 0
}

/** Applies one of Python's operators to a Decimal and another Decimal or an integer. */
export function decimalArithmetic(operator: string, left: Value, right: Value): Decimal {
  const [a, b] = [operandOf(operator, left, right, left), operandOf(operator, left, right, right)]
  if (a.special || b.special) return decimal(String(floats(operator, Number(decimalText(a)), Number(decimalText(b)))))
  if (operator === '+' || operator === '-') {
    const [x, y] = aligned(a, b)
    return rounded(operator === '+' ? x + y : x - y, Math.min(a.exponent, b.exponent))
  }
  if (operator === '*') return rounded(signed(a) * signed(b), a.exponent + b.exponent)
  if (operator === '**') return power(a, b)
  if (b.digits === 0n) throw new ProjectError('division by zero')
  if (operator === '/') return quotient(a, b)
  const [x, y] = aligned(a, b)
  if (operator === '//') return rounded(x / y, 0)
  return rounded(x % y, Math.min(a.exponent, b.exponent))
}

/** Rounds to the number of decimals, ties to even. */
export function roundDecimal(value: Decimal, decimals: number): Decimal {
  if (value.special) return value
  const drop = -decimals - value.exponent
  if (drop <= 0) return { ...value, digits: value.digits * 10n ** BigInt(-drop), exponent: -decimals }
  return { ...value, digits: withoutLast(value.digits, drop), exponent: -decimals }
}

const zero: Decimal = { kind: 'decimal', isNegative: false, digits: 0n, exponent: 0 }

function operandOf(operator: string, left: Value, right: Value, value: Value): Decimal {
  if (isDecimal(value)) return value
  if (typeof value === 'bigint' || typeof value === 'boolean' || (typeof value === 'number' && Number.isInteger(value)))
    return exactly(value)
  throw new ProjectError(`'${operator}' does not take ${typeName(left)} and ${typeName(right)}`, {
    hint: 'Convert both with | float.',
  })
}

function exactly(value: Value): Decimal {
  if (isDecimal(value)) return value
  const number = isFloat(value) ? value.number : value
  if (typeof number === 'number' && !Number.isFinite(number)) return decimal(String(number))
  if (typeof number !== 'number' || Number.isInteger(number)) return rounded(BigInt(number as bigint), 0, Number.POSITIVE_INFINITY)
  // A float is an integer times a power of one half, and one half is 5 / 10.
  let whole = number
  let halves = 0
  for (; !Number.isInteger(whole); halves++) whole *= 2
  return rounded(BigInt(whole) * 5n ** BigInt(halves), -halves, Number.POSITIVE_INFINITY)
}

function signed({ isNegative, digits }: Decimal): bigint {
  return isNegative ? -digits : digits
}

function aligned(a: Decimal, b: Decimal): [bigint, bigint] {
  const least = Math.min(a.exponent, b.exponent)
  return [signed(a) * 10n ** BigInt(a.exponent - least), signed(b) * 10n ** BigInt(b.exponent - least)]
}

function ranked({ special, isNegative }: Decimal): number {
  return special ? (isNegative ? -1 : 1) : 0
}

function rounded(value: bigint, exponent: number, most = DIGITS): Decimal {
  const isNegative = value < 0n
  const digits = isNegative ? -value : value
  const drop = String(digits).length - most
  if (drop <= 0) return { ...zero, isNegative, digits, exponent }
  return { ...zero, isNegative, digits: withoutLast(digits, drop), exponent: exponent + drop }
}

function withoutLast(digits: bigint, count: number): bigint {
  const unit = 10n ** BigInt(count)
  const [kept, rest] = [digits / unit, (digits % unit) * 2n]
  return rest > unit || (rest === unit && kept % 2n === 1n) ? kept + 1n : kept
}

// Divides with 28 digits, and with no more trailing zeros than the operands require.
function quotient(a: Decimal, b: Decimal): Decimal {
  const ideal = a.exponent - b.exponent
  const more = Math.max(0, DIGITS + 1 + String(b.digits).length - String(a.digits).length)
  const scaled = a.digits * 10n ** BigInt(more)
  const found = scaled / b.digits
  const isExact = scaled % b.digits === 0n
  // A nonzero last digit keeps the cut-off rest from looking like a tie.
  let { digits, exponent } = rounded(isExact ? found : found * 10n + 1n, ideal - more - (isExact ? 0 : 1))
  while (isExact && exponent < ideal && digits % 10n === 0n) {
    digits /= 10n
    exponent++
  }
  return { ...zero, isNegative: a.isNegative !== b.isNegative, digits, exponent }
}

function power(base: Decimal, by: Decimal): Decimal {
  const times = by.exponent >= 0 ? Number(signed(by)) * 10 ** by.exponent : Number.NaN
  if (!Number.isInteger(times) || Math.abs(times) > 10_000) throw new ProjectError("'**' of a Decimal takes whole exponents up to 10000")
  let result: Decimal = { ...zero, digits: 1n }
  for (let i = 0; i < Math.abs(times); i++) result = decimalArithmetic('*', result, base)
  return times < 0 ? quotient({ ...zero, digits: 1n }, result) : result
}

function floats(operator: string, a: number, b: number): number {
  if (operator === '+') return a + b
  if (operator === '-') return a - b
  if (operator === '*') return a * b
  return operator === '/' ? a / b : Number.NaN
}
