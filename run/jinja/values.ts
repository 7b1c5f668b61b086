import { type Place, ProjectError } from '../base/errors.ts'

/**
 * The value of an expression. Plain JavaScript where possible; integers beyond 2^53 are bigint, and a float with an integral value is a
 * `Float`, so that `10 / 2` prints 5.0 and `10 // 2` prints 5, as in Python.
 */
export type Value = string | number | bigint | boolean | null | Value[] | Dict | Float | Decimal | Undefined | JinjaFunction | JinjaObject

/** A Python dict. Read and write it with dict.ts where a key may be anything but a string. */
export type Dict = Map<Value, Value>

/** A Python tuple: a marked array, made by `tuple()`. */
export type Tuple = Value[] & { kind: 'tuple' }

/** A float with an integral value (5.0); other floats are plain numbers. Made by `float()`. */
export interface Float {
  readonly kind: 'float'
  readonly number: number
}

/** A Python Decimal: `digits × 10^exponent`, so that 1.10 keeps its zero. Made by `decimal()`; `special` is NaN or an infinity. */
export interface Decimal {
  readonly kind: 'decimal'
  readonly isNegative: boolean
  readonly digits: bigint
  readonly exponent: number
  readonly special?: 'NaN' | 'Infinity'
}

/** The value of a missing name or attribute: printed as empty text, iterated as empty, false; attributes, calls and arithmetic throw. */
export interface Undefined {
  readonly kind: 'undefined'
  /** Whether nothing can have defined it: a name that no `set` of its template assigns, or a macro that its package lacks. */
  isCertain?(): boolean
  /** The error of using it: what is missing, its place, and a similar name. */
  complain(): ProjectError
}

/** A function that templates can call. It must not change `kwargs`. A ProjectError that it throws without a place gets `site`. */
export interface JinjaFunction {
  (args: Value[], kwargs: Kwargs, site: Place): Value
  /** The function's attributes, if any: `config(…)` and `config.get(…)`. */
  get?(name: string): Value | undefined
  keys?(): Iterable<string>
}

export type Kwargs = Readonly<Record<string, Value>>

/** An object of the runner, such as `adapter`, `this` or `target`. Printed by its own `toString`. */
export interface JinjaObject {
  readonly kind?: undefined
  /** The attribute or item of that name; undefined where it is missing. */
  get(name: string): Value | undefined
  /** The names that `get` knows, for "did you mean". */
  keys?(): Iterable<string>
  /** `{% set object.name = value %}`; only namespaces have it. */
  set?(name: string, value: Value): void
  /** The elements for `for` and `length`. */
  iterate?(): Value[]
  /** `+` and `-` with this on the left (for `+` also on the right), and comparison: below 0, 0, above 0. Undefined where not supported. */
  add?(other: Value): Value | undefined
  subtract?(other: Value): Value | undefined
  order?(other: Value): number | undefined
  toString?(): string
  /** Whether it is a mapping for `is mapping`, as Python's Mapping. */
  readonly isMapping?: boolean
  /** Its printed form inside a list; by default `toString`. */
  repr?(): string
}

export function float(number: number): number | Float {
  return Number.isInteger(number) ? { kind: 'float', number } : number
}

export function tuple(values: Value[]): Tuple {
  const marked = values as Tuple
  marked.kind = 'tuple'
  return marked
}

/**
 * An Undefined whose error has this message; hint and place are computed only when it is thrown. Without a place, the place of use counts.
 */
export function missing(
  message: string,
  hint?: () => string | undefined,
  place?: () => Place,
  isCertain: () => boolean = () => false,
): Undefined {
  return { kind: 'undefined', isCertain, complain: () => new ProjectError(message, { hint: hint?.(), place: place?.() }) }
}

export const isTuple = (value: Value): value is Tuple => Array.isArray(value) && (value as { kind?: string }).kind === 'tuple'
export const isDict = (value: Value): value is Dict => value instanceof Map
export const isFunction = (value: Value): value is JinjaFunction => typeof value === 'function'
export const isFloat = (value: Value): value is Float => kindOf(value) === 'float'
export const isDecimal = (value: Value): value is Decimal => kindOf(value) === 'decimal'
export const isUndefined = (value: Value): value is Undefined => kindOf(value) === 'undefined'
export const isObject = (value: Value): value is JinjaObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map) && value.kind === undefined

/** Python's name of the value's type, for messages. */
export function typeName(value: Value): string {
  if (value === null) return 'NoneType'
  if (Array.isArray(value)) return isTuple(value) ? 'tuple' : 'list'
  if (isDict(value)) return 'dict'
  if (isFloat(value)) return 'float'
  if (isDecimal(value)) return 'Decimal'
  if (isUndefined(value)) return 'undefined'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return { string: 'str', bigint: 'int', boolean: 'bool', function: 'function' }[typeof value as string] ?? 'object'
}

/** Converts a JSON-like JavaScript value to a template's value: records become dicts. */
export function fromJs(value: unknown): Value {
  if (Array.isArray(value)) return value.map(fromJs)
  if (value === undefined) return null
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    return new Map(Object.entries(value).map(([key, item]) => [key, fromJs(item)]))
  }
  return value as Value
}

/** The reverse of `fromJs`: dicts become records, tuples arrays; an Undefined throws. */
export function toJs(value: Value): unknown {
  if (Array.isArray(value)) return value.map(toJs)
  if (isDict(value)) return Object.fromEntries([...value].map(([key, item]) => [String(toJs(key)), toJs(item)]))
  if (isFloat(value)) return value.number
  if (isDecimal(value)) return Number(`${value.isNegative ? '-' : ''}${value.special ?? `${value.digits}e${value.exponent}`}`)
  if (isUndefined(value)) throw value.complain()
  return value
}

function kindOf(value: Value): string | undefined {
  return typeof value === 'object' && value !== null ? (value as { kind?: string }).kind : undefined
}
