import { ProjectError } from '../base/errors.ts'
import { brief, compare, equals, findKey, iterate, lookUp, store } from './compare.ts'
import { toDict } from './globals.ts'
import { builtins, integer } from './signature.ts'
import { type Dict, type JinjaFunction, tuple, type Value } from './values.ts'

/** The methods of Python's dict. */
export const dictMethods: Record<string, JinjaFunction> = builtins({
  'get(self, key, default=None)': (self, key, fallback) => {
    const found = lookUp(self as Dict, key)
    return found === undefined ? fallback : found
  },
  'items(self)': self => Array.from(self as Dict, pair => tuple(pair)),
  'keys(self)': self => [...(self as Dict).keys()],
  'values(self)': self => [...(self as Dict).values()],
  'update(self, *args, **kwargs)': (self, args, kwargs) => {
    for (const given of [...(args as Value[]), kwargs]) for (const [key, value] of toDict(given)) store(self as Dict, key, value)
    return null
  },
  'setdefault(self, key, default=None)': (self, key, fallback) => {
    if (findKey(self as Dict, key) === undefined) store(self as Dict, key, fallback)
    return lookUp(self as Dict, key) as Value
  },
  'pop(self, key, *default)': (self, key, rest) => {
    const dict = self as Dict
    const own = findKey(dict, key)
    const [fallback] = rest as Value[]
    if (own === undefined && fallback === undefined) throw new ProjectError(`the dict has no key ${brief(key)} to pop`)
    const value = own === undefined ? fallback : dict.get(own)
    if (own !== undefined) dict.delete(own)
    return value as Value
  },
  'popitem(self)': self => {
    const last = [...(self as Dict)].at(-1)
    if (!last) throw new ProjectError('popitem() on an empty dict')
    ;(self as Dict).delete(last[0])
    return tuple(last)
  },
  'clear(self)': self => nothing((self as Dict).clear()),
  'copy(self)': self => new Map(self as Dict),
  'fromkeys(self, keys, value=None)': (_, keys, value) => new Map(iterate(keys).map(key => [key, value])),
})

/** The methods of Python's tuple. */
export const tupleMethods: Record<string, JinjaFunction> = builtins({
  'count(self, value)': (self, value) => (self as Value[]).filter(item => equals(item, value)).length,
  'index(self, value, start=0)': (self, value, start) => {
    const at = (self as Value[]).findIndex((item, index) => index >= integer(start) && equals(item, value))
    if (at < 0) throw new ProjectError(`${brief(value)} is not in the list ${brief(self)}`)
    return at
  },
})

/** The methods of Python's list. */
export const listMethods: Record<string, JinjaFunction> = {
  ...tupleMethods,
  ...builtins({
    'append(self, value)': (self, value) => nothing((self as Value[]).push(value)),
    'extend(self, values)': (self, values) => nothing((self as Value[]).push(...iterate(values))),
    'insert(self, index, value)': (self, index, value) => nothing((self as Value[]).splice(integer(index), 0, value)),
    'remove(self, value)': (self, value) => {
      const list = self as Value[]
      const at = list.findIndex(item => equals(item, value))
      if (at < 0) throw new ProjectError(`${brief(value)} is not in the list ${brief(self)}`)
      return nothing(list.splice(at, 1))
    },
    'pop(self, index=-1)': (self, index) => {
      const list = self as Value[]
      const at = integer(index) < 0 ? list.length + integer(index) : integer(index)
      if (at < 0 || at >= list.length) throw new ProjectError(`the list has no item ${integer(index)} to pop: it has ${list.length}`)
      return list.splice(at, 1)[0] as Value
    },
    'sort(self, key=None, reverse=False)': (self, key, reverse) => {
      if (key !== null) throw new ProjectError('sort(key=…) is not supported', { hint: "Use the filter: list | sort(attribute='…')." })
      return nothing((self as Value[]).sort(reverse === true ? (a, b) => compare(b, a) : (a, b) => compare(a, b)))
    },
    'reverse(self)': self => nothing((self as Value[]).reverse()),
    'clear(self)': self => nothing((self as Value[]).splice(0)),
    'copy(self)': self => [...(self as Value[])],
  }),
}

function nothing(_: unknown): null {
  return null
}
