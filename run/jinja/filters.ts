import { ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import { attribute } from './attributes.ts'
import { iterate, truth } from './compare.ts'
import { attributeReader } from './keys.ts'
import { listFilters } from './lists.ts'
import { numberFilters } from './number-filters.ts'
import { builtins } from './signature.ts'
import { tests } from './tests.ts'
import { textFilters } from './text-filters.ts'
import { type Dict, isUndefined, type JinjaFunction, missing, type Value } from './values.ts'

/** The filters: Jinja's, and dbt's as_text, as_bool, as_number and as_native. */
export const filters: Record<string, JinjaFunction> = {
  ...textFilters,
  ...numberFilters,
  ...listFilters,
  ...builtins({
    "default(value, default_value='', boolean=False)": orDefault,
    "d(value, default_value='', boolean=False)": orDefault,
    'attr(obj, name)': (object, name) => {
      const value = attribute(object, String(name))
      return value === undefined ? missing(`there is no attribute '${String(name)}'`) : value
    },
    'map(seq, *args, **kwargs)': map,
    'select(seq, *args, **kwargs)': (items, args, kwargs) => members(items).filter(tester(args, kwargs, false)),
    'reject(seq, *args, **kwargs)': (items, args, kwargs) => members(items).filter(negated(tester(args, kwargs, false))),
    'selectattr(seq, *args, **kwargs)': (items, args, kwargs) => members(items).filter(tester(args, kwargs, true)),
    'rejectattr(seq, *args, **kwargs)': (items, args, kwargs) => members(items).filter(negated(tester(args, kwargs, true))),
  }),
}

function orDefault(value: Value, fallback: Value, boolean: Value): Value {
  return isUndefined(value) || (truth(boolean) && !truth(value)) ? fallback : value
}

function map(items: Value, args: Value, kwargs: Value): Value {
  const [name, ...rest] = args as Value[]
  const named = Object.fromEntries(kwargs as Dict)
  if (name === undefined) {
    if (named.attribute === undefined) throw new ProjectError("map() needs the name of a filter, or attribute='…'")
    return members(items).map(attributeReader(named.attribute, named.default))
  }
  const run = builtin(filters, name, 'filter')
  return members(items).map(item => run([item, ...rest], named, nowhere))
}

/** The items of a list; a false value such as None is an empty list. */
function members(value: Value): Value[] {
  return truth(value) || isUndefined(value) ? iterate(value) : []
}

function tester(args: Value, kwargs: Value, byAttribute: boolean): (item: Value) => boolean {
  const given = [...(args as Value[])]
  const named = Object.fromEntries(kwargs as Dict)
  const path = byAttribute ? given.shift() : undefined
  if (byAttribute && path === undefined) throw new ProjectError('selectattr() and rejectattr() need the name of an attribute')
  const read = path === undefined ? (item: Value) => item : attributeReader(path)
  const [name, ...rest] = given
  if (name === undefined) return item => truth(read(item))
  const run = builtin(tests, name, 'test')
  return item => truth(run([read(item), ...rest], named, nowhere))
}

function builtin(table: Record<string, JinjaFunction>, name: Value, what: string): JinjaFunction {
  const run = typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined
  if (!run) throw new ProjectError(`there is no ${what} '${String(name)}'`, { hint: didYouMean(String(name), Object.keys(table)) })
  return run
}

function negated(test: (item: Value) => boolean): (item: Value) => boolean {
  return item => !test(item)
}

/** Built-ins do not use the place of their call. */
const nowhere = { file: '' }
