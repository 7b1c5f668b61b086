import { type Place, ProjectError } from '../base/errors.ts'

/**
 * What an expression can give. Plain JavaScript wherever that is possible; integers beyond 2^53 are bigint, and a float
 * whose value is a whole number is a `Float`, so that `10 / 2` prints 5.0 and `10 // 2` prints 5, as Python does.
 */
export type Value = string | number | bigint | boolean | null | Value[] | Dict | Float | Decimal | Undefined | JinjaFunction | JinjaObject

/** A Python dict. Read and write it with dict.ts where a key may be anything but a string. */
export type Dict = Map<Value, Value>

/** A Python tuple: an array with a mark, made by `tuple()`. */
export type Tuple = Value[] & { kind: 'tuple' }

/** A float with a whole value (5.0); other floats are plain numbers. Made by `float()`. */
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

/**
 * What a missing name or attribute gives: printed as nothing, iterated as empty, false; attributes, calls and arithmetic of it are errors.
 */
export interface Undefined {
  readonly kind: 'undefined'
  /** Whether nothing can have defined it: a name that no `set` of its template gives, a macro that its package lacks. */
  isCertain?(): boolean
  /** The error that using it is: what is missing, where it is written, and the name that was perhaps meant. */
  complain(): ProjectError
}

/** A function that templates can call. `kwargs` may not be changed. A ProjectError that it throws without a place gets `site`. */
export interface JinjaFunction {
  (args: Value[], kwargs: Kwargs, site: Place): Value
  /** Attributes, where the function has some: `config(…)` and `config.get(…)`. */
  get?(name: string): Value | undefined
  keys?(): Iterable<string>
}

export type Kwargs = Readonly<Record<string, Value>>

/** An object from outside: `adapter`, `this`, `target`. Printed by its own `toString`. */
export interface JinjaObject {
  readonly kind?: undefined
  /** The attribute or item of that name, or undefined where there is none. */
  get(name: string): Value | undefined
  /** The names that `get` knows, for "did you mean". */
  keys?(): Iterable<string>
  /** `{% set object.name = value %}`; only namespaces have it. */
  set?(name: string, value: Value): void
  /** What `for` walks over and `length` counts. */
  iterate?(): Value[]
  /**
   * `+` and `-` with this on the left (of `+` also on the right), and how it compares: below 0, 0, above 0. Undefined where it does not.
   */
  add?(other: Value): Value | undefined
  subtract?(other: Value): Value | undefined
  order?(other: Value): number | undefined
  toString?(): string
  /** It is a mapping for `is mapping`, as Python's Mapping. */
  readonly isMapping?: boolean
  /** How it is printed inside a list; as `toString` where it has none. */
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
 * An Undefined that complains with this message; hint and place are worked out only then. Without a place it is where the value is used.
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

/** A JSON-like JavaScript value as a template's value: records become dicts. */
export function fromJs(value: unknown): Value {
  if (Array.isArray(value)) return value.map(fromJs)
  if (value === undefined) return null
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    return new Map(Object.entries(value).map(([key, item]) => [key, fromJs(item)]))
  }
  return value as Value
}

/** The reverse of `fromJs`: dicts become records, tuples arrays; an Undefined complains. */
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
