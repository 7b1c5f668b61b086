import { stringify } from 'yaml'
import { ProjectError } from '../base/errors.ts'
import { md5 } from '../base/hash.ts'
import { readYaml } from '../base/yaml.ts'
import { iterate } from '../jinja/compare.ts'
import { setOf } from '../jinja/sets.ts'
import { builtins } from '../jinja/signature.ts'
import { floatText, str } from '../jinja/text.ts'
import { fromJs, isDecimal, isDict, isFloat, isUndefined, type JinjaFunction, toJs, tuple, type Value } from '../jinja/values.ts'

/** dbt's functions that depend only on their arguments: tojson, fromyaml, set, zip, local_md5 … */
export const FUNCTIONS: Record<string, JinjaFunction> = builtins({
  'tojson(value, default=None, sort_keys=False)': (value, _default, sort) => json(value, sort === true),
  'fromjson(string, default=None)': (text, fallback) => {
    try {
      return fromJs(JSON.parse(str(text)))
    } catch {
      return fallback
    }
  },
  'toyaml(value, default=None, sort_keys=False)': (value, _default, sort) => stringify(toJs(value), { sortMapEntries: sort === true }),
  'fromyaml(string, default=None)': (text, fallback) => {
    const errors: ProjectError[] = []
    const value = readYaml(str(text), 'yaml', errors)
    return errors.length > 0 ? fallback : fromJs(value)
  },
  'set(value, default=None)': (value, fallback) => (value === null ? fallback : setOf(iterate(value))),
  'set_strict(value)': value => setOf(iterate(value)),
  'zip(*args)': args => zip(args as Value[]),
  'zip_strict(*args)': args => zip(args as Value[]),
  'local_md5(value)': value => md5(str(value)),
  'diff_of_two_dicts(dict_a, dict_b)': (left, right) => {
    if (!isDict(left) || !isDict(right)) throw new ProjectError('diff_of_two_dicts() takes two dicts')
    const lower = (value: Value): Value => (typeof value === 'string' ? value.toLowerCase() : value)
    const other = new Map([...right].map(([key, list]) => [lower(key), iterate(list).map(lower)]))
    return new Map(
      [...left]
        .map(([key, list]): [Value, Value] => [key, iterate(list).filter(item => !other.get(lower(key))?.includes(lower(item)))])
        .filter(([, list]) => (list as Value[]).length > 0),
    )
  },
})

function zip(lists: Value[]): Value[] {
  const items = lists.map(iterate)
  const length = items.length === 0 ? 0 : Math.min(...items.map(list => list.length))
  return Array.from({ length }, (_, index) => tuple(items.map(list => list[index]!)))
}

// With the spaces of Python's json.dumps.
function json(value: Value, sort: boolean): string {
  if (isUndefined(value)) throw value.complain()
  if (Array.isArray(value)) return `[${value.map(item => json(item, sort)).join(', ')}]`
  if (isDict(value)) {
    const entries = [...value].map(([key, item]): [string, string] => [JSON.stringify(str(key)), json(item, sort)])
    if (sort) entries.sort(([left], [right]) => (left < right ? -1 : 1))
    return `{${entries.map(([key, item]) => `${key}: ${item}`).join(', ')}}`
  }
  if (isFloat(value)) return floatText(value.number)
  if (typeof value === 'bigint') return String(value)
  if (isDecimal(value)) throw new ProjectError('Decimal cannot be written as JSON', { hint: 'Make it a float first: value | float.' })
  if (typeof value === 'object' && value !== null) return escapeAscii(JSON.stringify(String(value)))
  return typeof value === 'string' ? escapeAscii(JSON.stringify(value)) : JSON.stringify(value)
}

function escapeAscii(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
