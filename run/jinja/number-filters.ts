import { ProjectError } from '../base/errors.ts'
import { negative } from './arithmetic.ts'
import { brief, compare, numeric } from './compare.ts'
import { decimalText, roundDecimal } from './decimals.ts'
import { isNative } from './native.ts'
import { exact, isInteger, round, truncated } from './numbers.ts'
import { builtins, integer } from './signature.ts'
import { str } from './text.ts'
import { type Decimal, float, isDecimal, isFloat, isUndefined, type JinjaFunction, typeName, type Value } from './values.ts'

/** The filters on numbers, and dbt's conversions. */
export const numberFilters: Record<string, JinjaFunction> = builtins({
  'abs(x)': value => (compare(value, 0) < 0 ? negative(value) : numberOf(value)),
  'int(value, default=0, base=10)': (value, fallback, base) => toInteger(value, integer(base)) ?? fallback,
  'float(value, default=0.0)': (value, fallback) => toFloat(value) ?? (fallback === 0 ? float(0) : fallback),
  "round(value, precision=0, method='common')": (value, precision, method) => {
    const number = Number(numeric(numberOf(value)))
    const digits = integer(precision)
    if (isDecimal(value) && method === 'common') return roundDecimal(value, digits)
    if (method === 'ceil' || method === 'floor') return float(Math[method](number * 10 ** digits) / 10 ** digits)
    if (method !== 'common') throw new ProjectError(`round() supports the methods 'common', 'ceil' and 'floor', not ${brief(method)}`)
    return isInteger(value) && digits >= 0 ? numberOf(value) : isInteger(value) ? round(number, digits) : float(round(number, digits))
  },
  // No effect in SQL; in YAML the value is converted, see native.ts.
  'as_text(value)': value => (isNative() ? str(value) : value),
  'as_native(value)': value => (isNative() ? literal(value) : value),
  'as_bool(value)': value => {
    if (!isNative()) return value
    const found = typeof value === 'string' ? { true: true, false: false }[value.toLowerCase()] : value
    if (typeof found !== 'boolean') throw new ProjectError(`as_bool needs true or false, not ${typeName(value)} ${brief(value)}`)
    return found
  },
  'as_number(value)': value => {
    if (!isNative()) return value
    const found = literal(value)
    if (numeric(found) === undefined || typeof found === 'boolean')
      throw new ProjectError(`as_number needs a number, not ${typeName(value)} ${brief(value)}`)
    return found
  },
})

function numberOf(value: Value): Value {
  if (numeric(value) !== undefined) return typeof value === 'boolean' ? Number(value) : value
  if (isUndefined(value)) throw value.complain()
  throw new ProjectError(`expected a number, not ${typeName(value)} ${brief(value)}`)
}

function toInteger(value: Value, base: number): Value | undefined {
  if (isUndefined(value)) throw value.complain()
  if (typeof value === 'string') {
    const whole = wholeNumber(value.trim().replace(/(?<=\d)_(?=\d)/g, ''), base)
    if (whole !== undefined) return whole
  } else if (isInteger(value)) return numberOf(value)
  if (isDecimal(value) && !value.special) return exact(BigInt(decimalText(roundDown(value))))
  const number = numeric(toFloat(value) ?? null)
  return number === undefined || !Number.isFinite(Number(number)) ? undefined : truncated(Number(number))
}

const prefixes: Record<number, RegExp> = { 2: /^0b/i, 8: /^0o/i, 16: /^0x/i }

function wholeNumber(text: string, base: number): Value | undefined {
  const sign = text.startsWith('-') ? -1n : 1n
  const digits = text.replace(/^[+-]/, '').replace(prefixes[base] ?? /^$/, '')
  if (base === 10) return /^\d+$/.test(digits) ? exact(sign * BigInt(digits)) : undefined
  const valid = digits !== '' && Array.from(digits).every(digit => Number.parseInt(digit, base) >= 0)
  return valid ? Number(sign) * Number.parseInt(digits, base) : undefined
}

function roundDown(value: Decimal): Decimal {
  const { digits, exponent } = value
  return { ...value, digits: exponent < 0 ? digits / 10n ** BigInt(-exponent) : digits * 10n ** BigInt(exponent), exponent: 0 }
}

function toFloat(value: Value): Value | undefined {
  if (isUndefined(value)) throw value.complain()
  if (isFloat(value)) return value
  if (typeof value !== 'string') {
    const number = numeric(value)
    return number === undefined ? undefined : float(Number(number))
  }
  const text = value.trim().replace(/(?<=\d)_(?=\d)/g, '')
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
  if (special) return special[2]?.toLowerCase() === 'nan' ? Number.NaN : special[1] === '-' ? -Infinity : Infinity
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? float(Number(text)) : undefined
}

/** Parses a text as a Python literal; any other text or value stays as it is. */
function literal(value: Value): Value {
  if (typeof value !== 'string') return value
  const text = value.trim()
  if (text === 'True' || text === 'False') return text === 'True'
  if (text === 'None') return null
  return wholeNumber(text, 10) ?? (/^[+-]?(\d|\.\d)/.test(text) ? toFloat(text) : undefined) ?? value
}
