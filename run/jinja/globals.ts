import { ProjectError } from '../base/errors.ts'
import { iterate, store } from './compare.ts'
import { builtins, integer } from './signature.ts'
import { type Dict, isDict, type JinjaFunction, type JinjaObject, type Value } from './values.ts'

/** Jinja's own functions; a name in the scope takes precedence. */
export const globals: Record<string, JinjaFunction> = builtins({
  'range(start, stop=None, step=1)': (start, stop, step) => {
    const [from, to] = stop === null ? [0, integer(start)] : [integer(start), integer(stop)]
    const by = integer(step)
    if (by === 0) throw new ProjectError('the step of range() cannot be 0')
    const count = Math.max(0, Math.ceil((to - from) / by))
    if (count > 10_000_000) throw new ProjectError(`range() of ${count} numbers is too large`)
    return Array.from({ length: count }, (_, index) => from + index * by)
  },
  'dict(*args, **kwargs)': (args, kwargs) => {
    const [first] = args as Value[]
    return new Map([...(first === undefined ? [] : toDict(first)), ...(kwargs as Dict)])
  },
  'namespace(*args, **kwargs)': (args, kwargs) => {
    const [first] = args as Value[]
    return createNamespace(new Map([...(first === undefined ? [] : toDict(first)), ...(kwargs as Dict)]))
  },
  'cycler(*items)': items => createCycler(items as Value[]),
  "joiner(sep=', ')": separator => {
    let used = false
    return () => {
      const text = used ? separator : ''
      used = true
      return text
    }
  },
  'return(value=None)': value => {
    throw { returned: value }
  },
})

/** A dict from a dict or from pairs. */
export function toDict(value: Value): Dict {
  if (isDict(value)) return value
  const dict: Dict = new Map()
  for (const pair of iterate(value)) {
    const [key, item] = iterate(pair)
    if (key === undefined || item === undefined) throw new ProjectError('dict() takes pairs of key and value')
    store(dict, key, item)
  }
  return dict
}

function createNamespace(values: Dict): JinjaObject {
  return {
    get: name => values.get(name),
    set: (name, value) => values.set(name, value),
    keys: () => values.keys() as Iterable<string>,
    toString: () => '<Namespace>',
  }
}

function createCycler(items: Value[]): JinjaObject {
  let at = 0
  const next: JinjaFunction = () => items[at++ % items.length] as Value
  const reset: JinjaFunction = () => {
    at = 0
    return null
  }
  return { get: name => ({ next, reset, current: items[at % items.length] })[name as 'next'], keys: () => ['next', 'reset', 'current'] }
}
