import { equals, iterate } from './compare.ts'
import { builtins } from './signature.ts'
import { repr } from './text.ts'
import { isObject, type JinjaObject, type Value } from './values.ts'

/** A Python set: unique values, equal to a set of the same values in any order. Keeps the order of insertion. */
export function setOf(values: Value[]): JinjaObject {
  const items: Value[] = []
  const has = (value: Value): boolean => items.some(item => equals(item, value))
  const add = (value: Value): null => {
    if (!has(value)) items.push(value)
    return null
  }
  const remove = (value: Value): null => {
    const at = items.findIndex(item => equals(item, value))
    if (at >= 0) items.splice(at, 1)
    return null
  }
  for (const value of values) add(value)
  const others = (lists: Value): Value[] => (lists as Value[]).flatMap(iterate)
  const among = (list: Value[]) => (item: Value) => list.some(other => equals(other, item))
  const methods = builtins({
    'add(value)': add,
    'discard(value)': remove,
    'remove(value)': remove,
    'update(*others)': lists => {
      for (const value of others(lists)) add(value)
      return null
    },
    'clear()': () => {
      items.length = 0
      return null
    },
    'copy()': () => setOf(items),
    'union(*others)': lists => setOf([...items, ...others(lists)]),
    'intersection(*others)': lists => setOf(items.filter(item => (lists as Value[]).every(list => among(iterate(list))(item)))),
    'difference(*others)': lists => setOf(items.filter(item => !among(others(lists))(item))),
    'symmetric_difference(other)': other =>
      setOf([...items.filter(item => !among(iterate(other))(item)), ...iterate(other).filter(item => !has(item))]),
    'issubset(other)': other => items.every(among(iterate(other))),
    'issuperset(other)': other => iterate(other).every(has),
    'isdisjoint(other)': other => !iterate(other).some(has),
  })
  const object: JinjaObject = {
    get: name => (Object.hasOwn(methods, name) ? methods[name] : undefined),
    keys: () => Object.keys(methods),
    iterate: () => [...items],
    subtract: other => (isSet(other) ? setOf(items.filter(item => !among(iterate(other))(item))) : undefined),
    // Sets are ordered by inclusion, as in Python: two sets of which neither is a subset do not compare.
    order: other => {
      if (!isSet(other)) return undefined
      const than = iterate(other)
      const [isWithin, isAround] = [items.every(among(than)), than.every(has)]
      return isWithin && isAround ? 0 : isWithin ? -1 : isAround ? 1 : Number.NaN
    },
    toString: () => (items.length === 0 ? 'set()' : `{${items.map(repr).join(', ')}}`),
  }
  sets.add(object)
  return object
}

/** Whether a value is a set. */
export function isSet(value: Value): boolean {
  return isObject(value) && sets.has(value)
}

const sets = new WeakSet<object>()
