import { decimalText } from './decimals.ts'
import { isDecimal, isDict, isFloat, isObject, isTuple, isUndefined, type Value } from './values.ts'

/** Python's str(): the printed form of a value. An Undefined is an empty text. */
export function str(value: Value): string {
  if (typeof value === 'string') return value
  if (isDecimal(value)) return decimalText(value)
  if (isUndefined(value)) return ''
  return isObject(value) ? String(value) : repr(value)
}

/** Python's repr(): the printed form of a value inside a list. */
export function repr(value: Value): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number') return Number.isInteger(value) ? integerText(value) : floatText(value)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (value === null || value === undefined) return 'None'
  if (isTuple(value)) return value.length === 1 ? `(${repr(value[0] as Value)},)` : `(${value.map(repr).join(', ')})`
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`
  if (isDict(value)) return `{${Array.from(value, ([key, item]) => `${repr(key)}: ${repr(item)}`).join(', ')}}`
  if (isFloat(value)) return floatText(value.number)
  if (isDecimal(value)) return `Decimal('${decimalText(value)}')`
  if (isUndefined(value)) return 'Undefined'
  if (typeof value === 'function') return `<function ${value.name || 'anonymous'}>`
  return isObject(value) && value.repr ? value.repr() : String(value)
}

/** A float as Python writes it: 5.0, 1e-07, 1e+16, inf. */
export function floatText(number: number): string {
  if (Number.isNaN(number)) return 'nan'
  if (!Number.isFinite(number)) return number > 0 ? 'inf' : '-inf'
  if (number === 0) return Object.is(number, -0) ? '-0.0' : '0.0'
  const [digits = '', exponent = '0'] = number.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 16) {
    const plain = power < 0 ? number.toFixed(digits.replace(/[-.]/g, '').length - 1 - power) : String(number)
    return plain.includes('.') ? plain : `${plain}.0`
  }
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

function integerText(number: number): string {
  return Number.isSafeInteger(number) ? String(number === 0 ? 0 : number) : String(BigInt(number))
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  return quote + text.replace(unprintable, character => escaped(character, quote)) + quote
}

const unprintable = /[\\'"\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu
const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escaped(character: string, quote: string): string {
  if (character === "'" || character === '"') return character === quote ? `\\${character}` : character
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  return (
    escapes[character] ??
    (code < 256 ? `\\x${hex.padStart(2, '0')}` : code < 65536 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`)
  )
}
