import { attribute, item, undefinedAttribute } from './attributes.ts'
import { compare, equals } from './compare.ts'
import { str } from './text.ts'
import { isUndefined, type Value } from './values.ts'

/** Reads `attribute='a.b.0'` of a value, as filters do; a missing one gives the default, else Undefined. */
export function attributeReader(path: Value, fallback?: Value): (value: Value) => Value {
  if (path === null) return value => value
  const steps: Value[] = typeof path === 'string' ? path.split('.').map(step => (/^\d+$/.test(step) ? Number(step) : step)) : [path]
  return value => {
    let current = value
    for (const step of steps) {
      const next = item(current, step)
      const found = next === undefined && typeof step === 'string' ? attribute(current, step) : next
      if (found === undefined && fallback !== undefined) return fallback
      current = found === undefined ? undefinedAttribute(current, step, str(value).slice(0, 60)) : found
    }
    return isUndefined(current) && fallback !== undefined ? fallback : current
  }
}

/** Lowercases a text for sort, min, max, unique and groupby without case sensitivity. */
export function ignoreCase(value: Value): Value {
  return typeof value === 'string' ? value.toLowerCase() : value
}

/** Sorts items by a key, stably. */
export function sortBy(items: Value[], key: (item: Value) => Value, reverse = false): Value[] {
  const keyed = items.map(value => ({ value, key: key(value) }))
  const order = (one: Value, other: Value) => (equals(one, other) ? 0 : compare(one, other))
  keyed.sort((one, other) => (reverse ? order(other.key, one.key) : order(one.key, other.key)))
  return keyed.map(({ value }) => value)
}
