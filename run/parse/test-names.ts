import { md5 } from '../base/hash.ts'
import { repr, str } from '../jinja/text.ts'
import { fromJs } from '../jinja/values.ts'

/** The input of dbt's names for a generic test. */
export interface NamedTest {
  generic: string
  namespace?: string
  /** The model's name; for a source its own name and the table's, `raw_agents`. */
  target: string
  isSource: boolean
  /** The `name:` of the YAML. */
  name?: string
  /** With column_name, without model. */
  arguments: Record<string, unknown>
  /** `ref('agents')`. */
  model: string
}

/** dbt's names of a generic test: the full name, the short one (at most 63 characters) and the last ten letters of its unique id. */
export function testNames(test: NamedTest): { name: string; alias: string; hash: string } {
  const { name, alias } = test.name === undefined ? madeNames(test) : { name: test.name, alias: test.name }
  const kwargs = { ...test.arguments, model: `{{ get_where_subquery(${test.model}) }}` }
  const metadata = hashable({ namespace: test.namespace ?? null, name: test.generic, kwargs })
  return { name, alias, hash: md5(name + repr(fromJs(metadata))).slice(-10) }
}

function madeNames({ generic, namespace, target, isSource, arguments: args }: NamedTest): { name: string; alias: string } {
  const parts = Object.keys(args)
    .sort()
    .flatMap(key => {
      const value = args[key]
      return Array.isArray(value) ? value : typeof value === 'object' && value !== null ? Object.values(value) : [value]
    })
  const clean = parts.map(part => str(fromJs(part)).replace(/[^0-9a-zA-Z_]+/g, '_'))
  const identifier = `${namespace === undefined ? '' : `${namespace}_`}${isSource ? 'source_' : ''}${generic}_${target}`
  const name = `${identifier}_${clean.join('__')}`
  return { name, alias: name.length >= 64 ? `${identifier.slice(0, 30)}_${md5(name)}` : name }
}

// Python's repr of a value with sorted keys and values as text.
function hashable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hashable)
  if (typeof value !== 'object' || value === null) return str(fromJs(value))
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, item]) => [key, hashable(item)]),
  )
}
