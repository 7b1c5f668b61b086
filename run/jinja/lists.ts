import { ProjectError } from '../base/errors.ts'
import { arithmetic } from './arithmetic.ts'
import { brief, compare, equals, findKey, iterate, length, truth } from './compare.ts'
import { attributeReader, ignoreCase, sortBy } from './keys.ts'
import { builtins, integer } from './signature.ts'
import { str } from './text.ts'
import { type Dict, isDict, isTuple, isUndefined, type JinjaFunction, missing, type Tuple, tuple, typeName, type Value } from './values.ts'

/** The filters on lists and dicts. */
export const listFilters: Record<string, JinjaFunction> = builtins({
  'length(obj)': size,
  'count(obj)': size,
  'list(value)': value => [...iterate(value)],
  'first(seq)': items => edge(iterate(items), 0),
  'last(seq)': items => edge(iterate(items), -1),
  'random(seq)': items => {
    const list = iterate(items)
    return list.length > 0 ? (list[Math.floor(Math.random() * list.length)] as Value) : edge(list, 0)
  },
  'is_list(value)': value => Array.isArray(value) && !isTuple(value),
  "join(value, d='', attribute=None)": (items, separator, path) => iterate(items).map(attributeReader(path)).map(str).join(str(separator)),
  'reverse(value)': value => (typeof value === 'string' ? Array.from(value).reverse().join('') : [...iterate(value)].reverse()),
  'sort(value, reverse=False, case_sensitive=False, attribute=None)': (items, reverse, sensitive, path) =>
    sortBy(iterate(items), sortKey(path, sensitive), truth(reverse)),
  'unique(value, case_sensitive=False, attribute=None)': (items, sensitive, path) => {
    const key = folded(path, sensitive)
    const seen: Dict = new Map()
    return iterate(items).filter(item => {
      const own = key(item)
      const isNew = findKey(seen, own) === undefined
      if (isNew) seen.set(own, true)
      return isNew
    })
  },
  'min(value, case_sensitive=False, attribute=None)': (items, sensitive, path) => extreme(items, folded(path, sensitive), -1),
  'max(value, case_sensitive=False, attribute=None)': (items, sensitive, path) => extreme(items, folded(path, sensitive), 1),
  'sum(iterable, attribute=None, start=0)': (items, path, start) =>
    iterate(items)
      .map(attributeReader(path))
      .reduce((total, item) => arithmetic['+'](total, item), start),
  'groupby(value, attribute, default=None, case_sensitive=False)': (items, path, fallback, sensitive) => {
    const read = attributeReader(path, fallback === null ? undefined : fallback)
    const key = (item: Value) => (truth(sensitive) ? read(item) : ignoreCase(read(item)))
    const groups: { key: Value; items: Value[] }[] = []
    for (const item of sortBy(iterate(items), key)) {
      const last = groups.at(-1)
      if (last && equals(last.key, key(item))) last.items.push(item)
      else groups.push({ key: key(item), items: [item] })
    }
    return groups.map(group => named(['grouper', 'list'], [truth(sensitive) ? group.key : read(group.items[0] as Value), group.items]))
  },
  'batch(value, linecount, fill_with=None)': (items, count, fill) => {
    const list = iterate(items)
    const wide = integer(count)
    const rows = Array.from({ length: Math.ceil(list.length / wide) }, (_, row) => list.slice(row * wide, (row + 1) * wide))
    const last = rows.at(-1)
    if (fill !== null) while (last && last.length < wide) last.push(fill)
    return rows
  },
  'slice(value, slices, fill_with=None)': (items, count, fill) => {
    const list = iterate(items)
    const slices = integer(count)
    const short = Math.floor(list.length / slices)
    const longer = list.length % slices
    return Array.from({ length: slices }, (_, index) => {
      const from = index * short + Math.min(index, longer)
      const part = list.slice(from, from + short + (index < longer ? 1 : 0))
      if (fill !== null && index >= longer) part.push(fill)
      return part
    })
  },
  'items(value)': value => (isUndefined(value) ? [] : pairs(value, 'items')),
  "dictsort(value, case_sensitive=False, by='key', reverse=False)": (value, sensitive, by, reverse) => {
    if (by !== 'key' && by !== 'value') throw new ProjectError(`dictsort() sorts by 'key' or 'value', not ${brief(by)}`)
    return sortBy(pairs(value, 'dictsort'), sortKey(by === 'key' ? 0 : 1, sensitive), truth(reverse))
  },
})

function edge(list: Value[], index: number): Value {
  return list.length > 0 ? (list.at(index) as Value) : missing(`there is no ${index === 0 ? 'first' : 'last'} item: the list is empty`)
}

function size(value: Value): number {
  const count = length(value)
  if (count === undefined) throw new ProjectError(`${typeName(value)} ${brief(value)} has no length`)
  return count
}

function pairs(value: Value, filter: string): Value[] {
  if (isUndefined(value)) throw value.complain()
  if (!isDict(value)) throw new ProjectError(`${filter} needs a dict, not ${typeName(value)} ${brief(value)}`)
  return Array.from(value, pair => tuple(pair))
}

function folded(path: Value, sensitive: Value): (item: Value) => Value {
  const read = attributeReader(path)
  return truth(sensitive) ? read : item => ignoreCase(read(item))
}

/** The key of sort: `attribute='a,b'` sorts by a, then b. */
function sortKey(path: Value, sensitive: Value): (item: Value) => Value {
  if (typeof path !== 'string' || !path.includes(',')) return folded(path, sensitive)
  const keys = path.split(',').map(part => folded(part.trim(), sensitive))
  return item => keys.map(key => key(item))
}

function extreme(items: Value, key: (item: Value) => Value, sign: number): Value {
  const list = iterate(items)
  if (list.length === 0) return missing('no smallest or largest item: the list is empty')
  return list.reduce((best, item) => (compare(key(item), key(best)) * sign > 0 ? item : best))
}

/** A tuple with named items. */
function named(names: string[], values: Value[]): Tuple {
  return Object.assign(tuple(values), { names })
}
