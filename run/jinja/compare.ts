import { ProjectError } from '../base/errors.ts'
import { compareDecimals, decimalText } from './decimals.ts'
import { repr } from './text.ts'
import { type Dict, isDecimal, isDict, isFloat, isObject, isTuple, isUndefined, typeName, type Value } from './values.ts'

/** Python's bool(): empty values, zero, None and undefined are false. */
export function truth(value: Value): boolean {
  if (typeof value === 'boolean') return value
  if (value === null || value === undefined) return false
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0
  if (typeof value === 'number') return value !== 0
  if (typeof value === 'bigint') return value !== 0n
  if (isDict(value)) return value.size > 0
  if (isFloat(value)) return value.number !== 0
  if (isDecimal(value)) return value.digits !== 0n || value.special !== undefined
  if (isObject(value) && value.iterate) return value.iterate().length > 0
  return !isUndefined(value)
}

/** Python's ==: by value, 1 == 1.0 == True. An Undefined only equals another Undefined. */
export function equals(left: Value, right: Value): boolean {
  if (left === right) return true
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length || isTuple(left) !== isTuple(right)) return false
    return left.every((item, index) => equals(item, right[index] as Value))
  }
  if (isDict(left)) {
    if (!isDict(right) || left.size !== right.size) return false
    return [...left].every(([key, item]) => {
      const found = findKey(right, key)
      return found !== undefined && equals(item, right.get(found) as Value)
    })
  }
  if (isObject(left) && left.order) return left.order(right) === 0
  const a = numeric(left)
  const b = numeric(right)
  if (a !== undefined && b !== undefined) return isDecimal(left) || isDecimal(right) ? compareDecimals(left, right) === 0 : a <= b && a >= b
  return isUndefined(left) && isUndefined(right)
}

/** Below 0, 0 or above 0, as Python orders the two; the text of a TypeError where it does not. */
export function compare(left: Value, right: Value, operator = '<'): number {
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0
  const order = isObject(left) ? left.order?.(right) : undefined
  if (order !== undefined) return order
  const a = numeric(left)
  const b = numeric(right)
  if (a !== undefined && b !== undefined && (isDecimal(left) || isDecimal(right))) return compareDecimals(left, right)
  if (a !== undefined && b !== undefined) return a < b ? -1 : a > b ? 1 : a <= b ? 0 : Number.NaN
  if (Array.isArray(left) && Array.isArray(right) && isTuple(left) === isTuple(right)) {
    for (let index = 0; index < left.length && index < right.length; index++) {
      const one = left[index] as Value
      const other = right[index] as Value
      if (!equals(one, other)) return compare(one, other, operator)
    }
    return left.length - right.length
  }
  for (const value of [left, right]) if (isUndefined(value)) throw value.complain()
  throw new ProjectError(`cannot order ${typeName(left)} ${brief(left)} and ${typeName(right)} ${brief(right)} by '${operator}'`)
}

/** Python's `item in container`. */
export function contains(container: Value, item: Value): boolean {
  if (typeof container === 'string') {
    if (isUndefined(item)) throw item.complain()
    if (typeof item === 'string') return container.includes(item)
    throw new ProjectError(`'in' on a text needs a text, not ${typeName(item)} ${brief(item)}`)
  }
  if (isDict(container)) return findKey(container, item) !== undefined
  return iterate(container).some(member => equals(member, item))
}

/** The elements over which a `for` iterates. */
export function iterate(value: Value): Value[] {
  if (Array.isArray(value)) return value
  if (typeof value === 'string') return Array.from(value)
  if (isDict(value)) return [...value.keys()]
  if (isUndefined(value)) return []
  if (isObject(value) && value.iterate) return value.iterate()
  throw new ProjectError(`${typeName(value)} ${brief(value)} is not a list: it cannot be iterated`)
}

/** Python's len(); undefined for a value without one. */
export function length(value: Value): number | undefined {
  if (Array.isArray(value)) return value.length
  if (typeof value === 'string') return /[\ud800-\udbff]/.test(value) ? Array.from(value).length : value.length
  if (isDict(value)) return value.size
  if (isUndefined(value)) return iterate(value).length
  return isObject(value) && value.iterate ? value.iterate().length : undefined
}

/** The dict's own key that equals this one: 1, 1.0 and True are one key, as are equal tuples. */
export function findKey(dict: Dict, key: Value): Value | undefined {
  if (dict.has(key)) return key
  if (typeof key === 'string') return undefined
  if (isDict(key) || (Array.isArray(key) && !isTuple(key))) throw new ProjectError(`a ${typeName(key)} cannot be the key of a dict`)
  for (const own of dict.keys()) if (typeof own !== 'string' && equals(own, key)) return own
  return undefined
}

/** `dict[key]`, or undefined. */
export function lookUp(dict: Dict, key: Value): Value | undefined {
  const found = findKey(dict, key)
  return found === undefined ? undefined : dict.get(found)
}

/** `dict[key] = value`. */
export function store(dict: Dict, key: Value, value: Value): void {
  dict.set(findKey(dict, key) ?? key, value)
}

/** A number, where booleans are 1 and 0; undefined for other values. */
export function numeric(value: Value): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (isDecimal(value)) return Number(decimalText(value))
  return isFloat(value) ? value.number : undefined
}

/** The value in a message: its repr, cut short. */
export function brief(value: Value): string {
  if (isUndefined(value)) return 'undefined'
  const text = repr(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
