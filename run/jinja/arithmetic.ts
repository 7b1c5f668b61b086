import { ProjectError } from '../base/errors.ts'
import { brief, numeric } from './compare.ts'
import { decimalArithmetic } from './decimals.ts'
import { formatPercent } from './format.ts'
import { exact, isInteger } from './numbers.ts'
import { float, isDecimal, isFloat, isObject, isTuple, isUndefined, tuple, typeName, type Value } from './values.ts'

/** Python's binary arithmetic operators, with its rules for integers, floats, texts and lists. */
export const arithmetic: Record<'+' | '-' | '*' | '/' | '//' | '%' | '**', (left: Value, right: Value) => Value> = {
  '+': (left, right) => {
    if (typeof left === 'string' && typeof right === 'string') return left + right
    if (Array.isArray(left) && Array.isArray(right) && isTuple(left) === isTuple(right)) {
      return isTuple(left) ? tuple([...left, ...right]) : [...left, ...right]
    }
    const sum = (isObject(left) ? left.add?.(right) : undefined) ?? (isObject(right) ? right.add?.(left) : undefined)
    if (sum !== undefined) return sum
    return calculate(
      '+',
      left,
      right,
      (a, b) => a + b,
      (a, b) => a + b,
    )
  },
  '-': (left, right) => {
    const difference = isObject(left) ? left.subtract?.(right) : undefined
    if (difference !== undefined) return difference
    return calculate(
      '-',
      left,
      right,
      (a, b) => a - b,
      (a, b) => a - b,
    )
  },
  '*': (left, right) => {
    if (isSequence(left) && isInteger(right)) return repeat(left, right)
    if (isSequence(right) && isInteger(left)) return repeat(right, left)
    return calculate(
      '*',
      left,
      right,
      (a, b) => a * b,
      (a, b) => a * b,
    )
  },
  '/': (left, right) => {
    if (isDecimal(left) || isDecimal(right)) return calculate('/', left, right, divided, never)
    const [a, b] = operands('/', left, right)
    return float(Number(a) / nonZero(Number(b)))
  },
  '//': (left, right) =>
    calculate(
      '//',
      left,
      right,
      (a, b) => (Number.isInteger(a) && Number.isInteger(b) ? (a - modulo(a, nonZero(b))) / b : Math.floor(a / nonZero(b))),
      (a, b) => (a - moduloBig(a, b)) / b,
    ),
  '%': (left, right) => (typeof left === 'string' ? formatPercent(left, right) : calculate('%', left, right, modulo, moduloBig)),
  '**': (left, right) => {
    const [a, b] = operands('**', left, right)
    if (b < 0 && !isDecimal(left) && isInteger(left) && isInteger(right)) return float(Number(a) ** Number(b))
    return calculate(
      '**',
      left,
      right,
      (x, y) => x ** y,
      (x, y) => x ** y,
    )
  },
}

/** Unary minus. */
export function negative(value: Value): Value {
  if (isDecimal(value)) return { ...value, isNegative: !value.isNegative && value.digits !== 0n }
  const number = operand('-', value)
  if (isFloat(value) || !isInteger(value)) return float(-Number(number))
  return typeof number === 'bigint' ? exact(-number) : 0 - number
}

/** Unary plus. */
export function positive(value: Value): Value {
  const number = operand('+', value)
  return typeof value === 'boolean' ? number : value
}

function divided(a: number, b: number): number {
  return a / nonZero(b)
}

function never(): never {
  throw new Error('an integer is divided elsewhere')
}

type Sequence = string | Value[]

function calculate(
  operator: string,
  left: Value,
  right: Value,
  floats: (a: number, b: number) => number,
  integers: (a: bigint, b: bigint) => bigint,
): Value {
  const [a, b] = operands(operator, left, right)
  if (isDecimal(left) || isDecimal(right)) return decimalArithmetic(operator, left, right)
  if (!isInteger(left) || !isInteger(right)) return float(floats(Number(a), Number(b)))
  if (typeof a === 'number' && typeof b === 'number') {
    const result = floats(a, b)
    if (Number.isSafeInteger(result)) return result + 0
  }
  if (operator === '**' && b > 10_000) throw new ProjectError(`${brief(left)} ** ${brief(right)} is too large`)
  return exact(integers(BigInt(a), BigInt(b)))
}

function operands(operator: string, left: Value, right: Value): [number | bigint, number | bigint] {
  const a = numeric(left)
  const b = numeric(right)
  if (a !== undefined && b !== undefined) return [a, b]
  for (const value of [left, right]) if (isUndefined(value)) throw value.complain()
  const hint = operator === '+' && (typeof left === 'string' || typeof right === 'string') ? "Join texts with the operator '~'." : undefined
  throw new ProjectError(`'${operator}' does not take ${typeName(left)} ${brief(left)} and ${typeName(right)} ${brief(right)}`, { hint })
}

function operand(operator: string, value: Value): number | bigint {
  const number = numeric(value)
  if (number !== undefined) return number
  if (isUndefined(value)) throw value.complain()
  throw new ProjectError(`'${operator}' does not take ${typeName(value)} ${brief(value)}`)
}

function nonZero(number: number): number {
  if (number === 0) throw new ProjectError('division by zero')
  return number
}

function modulo(a: number, b: number): number {
  const rest = a % nonZero(b)
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest
}

function moduloBig(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new ProjectError('division by zero')
  const rest = a % b
  return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest
}

function isSequence(value: Value): value is Sequence {
  return typeof value === 'string' || Array.isArray(value)
}

function repeat(sequence: Sequence, times: number | bigint | boolean): Value {
  const count = Math.max(0, Number(times))
  if (sequence.length * count > 50_000_000) throw new ProjectError(`repeating ${brief(sequence)} ${count} times is too large`)
  if (typeof sequence === 'string') return sequence.repeat(count)
  const repeated = Array.from({ length: count }, () => sequence).flat()
  return isTuple(sequence) ? tuple(repeated) : repeated
}
