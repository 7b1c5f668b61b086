import { type Place, ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Answers } from '../database/introspection.ts'
import { isOutput, outputText } from '../jinja/output.ts'
import { str } from '../jinja/text.ts'
import { fromJs, isUndefined, type JinjaFunction, type JinjaObject, type Kwargs, missing, type Value } from '../jinja/values.ts'
import { relationObject, relationOf } from '../manifest/relation.ts'
import { adapterObject, pairsOf, resultObject } from './adapter.ts'
import { nodeDict } from './node-dict.ts'
import { namespace } from './python-modules.ts'
import type { Rendering, World } from './rendering.ts'

/** The context of one rendering of one node, for looking up names. */
export interface Here {
  world: World
  rendering: Rendering
  /** The names, as an object. */
  scope: JinjaObject
  /** Renders a text in this context. */
  renderText(text: string, site: Place): string
  /** The macro that adapter.dispatch names, and the names that were tried. */
  dispatched(name: string, namespace: string | undefined): { found?: JinjaFunction; sought: string[] }
  /** The macro of the project or a package that overrides one of dbt's. */
  standIn(name: string): JinjaFunction | undefined
  /** Results of statement() for load_result(). */
  results: Map<string, Answers['query'] | undefined>
}

/** dbt's context of a node, one name per line. Shared by all nodes; a value is computed when a template first uses it. */
export const NODE_VALUES: Record<string, (here: Here) => Value> = {
  execute: ({ rendering }) => rendering.execute,
  graph: ({ rendering }) => rendering.graph(),
  selected_resources: ({ rendering }) => rendering.selected(),
  context: ({ scope }) => scope,
  render:
    ({ renderText }) =>
    (args, _, site) =>
      renderText(text(args[0]), site),
  ref,
  source,
  config: ({ rendering }) => configFunction(rendering),
  builtins: here =>
    namespace({ ref: withRunConfig(ref(here), here), source: source(here), config: configFunction(here.rendering) }, 'builtins'),
  this: ({ rendering }) =>
    rendering.node ? relationObject(relationOf(rendering.node)) : missing("'this' is undefined: there is no node here"),
  model: ({ rendering }) => (rendering.node ? nodeDict(rendering.node) : null),
  schema: ({ rendering, world }) => rendering.node?.schema ?? world.target.schema,
  database: ({ rendering, world }) => rendering.node?.database ?? world.target.database,
  is_incremental:
    ({ rendering }) =>
    () =>
      rendering.isIncremental(),
  last_built:
    ({ rendering }) =>
    () =>
      rendering.lastBuilt(),
  on_citus:
    ({ rendering }) =>
    () =>
      rendering.onCitus(),
  adapter,
  load_relation: here => adapter(here).get('load_relation') ?? null,
  run_query:
    ({ rendering }) =>
    (args, kwargs, site) =>
      resultObject(rendering.ask({ kind: 'query', sql: text(args[0] ?? kwargs.sql), place: site })).get('table') ?? null,
  statement,
  load_result:
    ({ results }) =>
    args => {
      const name = str(args[0] ?? '')
      return results.has(name) ? resultObject(results.get(name)) : null
    },
  log:
    ({ rendering }) =>
    (args, kwargs) => {
      if (args[1] === true || kwargs.info === true) rendering.print(text(args[0] ?? kwargs.msg))
      return ''
    },
  print:
    ({ rendering }) =>
    (args, kwargs) => {
      rendering.print(text(args[0] ?? kwargs.msg))
      return ''
    },
  exceptions: ({ rendering }) => exceptions(rendering),
  var: varFunction,
  env_var: ({ world }) => envFunction(world),
}

/** The printed text of a template's value, also of a macro's output. */
export function text(value: Value | undefined): string {
  if (value === undefined) return ''
  return isOutput(value) ? outputText(value) : str(value)
}

function adapter({ rendering, world, dispatched, standIn }: Here): JinjaObject {
  const object = adapterObject(rendering.ask, world.target.database, dispatch)
  const inside = new Set<string>()
  // `own` is for the runner's macros, which an override in the project may call.
  return { ...object, get: name => (name === 'own' ? object : (replaced(name) ?? object.get(name))) }

  // Not while parsing, when the database is not queried; nor within that macro, which would call itself endlessly.
  function replaced(name: string): JinjaFunction | undefined {
    const macro = rendering.execute && BY_MACRO.has(name) && !inside.has(name) ? standIn(name) : undefined
    if (!macro) return undefined
    return (args, kwargs, site) => {
      inside.add(name)
      try {
        return macro(args, kwargs, site)
      } finally {
        inside.delete(name)
      }
    }
  }

  function dispatch(name: string, namespace: string | undefined, site: Place): Value {
    const { found, sought } = dispatched(name, namespace)
    if (found) return found
    throw new ProjectError(`In dispatch: there is no macro '${name}'${namespace ? ` in the namespace '${namespace}'` : ''}`, {
      place: site,
      hint: `Looked for ${sought.join(', ')}.`,
    })
  }
}

// The methods of dbt's adapter that call the macro of their name, which a project may override.
const BY_MACRO = new Set('create_schema drop_relation drop_schema get_columns_in_relation rename_relation truncate_relation'.split(' '))

function ref({ rendering }: Here): JinjaFunction {
  return (args, kwargs, site) => {
    for (const arg of args) if (isUndefined(arg)) throw arg.complain()
    if (args.length === 0 || args.length > 2) throw new ProjectError("ref() takes a model's name", { place: site })
    const version = kwargs.v ?? kwargs.version
    const [name, pack] = args.length === 2 ? [args[1], text(args[0])] : [args[0], undefined]
    return rendering.ref(text(name), pack, site, version === undefined || version === null ? undefined : text(version))
  }
}

// Configuration of dbt that packages such as elementary read: builtins.ref.config.
function withRunConfig(call: JinjaFunction, { world }: Here): JinjaFunction {
  const { which, fullRefresh, storeFailures } = world.flags
  const args = { which, full_refresh: fullRefresh, store_failures: storeFailures, vars: {} }
  const config = namespace(
    {
      project_name: world.name,
      args: namespace(Object.fromEntries(Object.entries(args).map(([key, value]) => [key, fromJs(value)])), 'args'),
      cli_vars: new Map(),
      vars: namespace({ to_dict: () => fromJs(world.vars) }, 'vars'),
      dependencies: new Map([...world.packageVersions].map(([name, version]) => [name, namespace({ project_name: name, version }, name)])),
    },
    'config',
  )
  call.get = name => (name === 'config' ? config : undefined)
  return call
}

function source({ rendering }: Here): JinjaFunction {
  return (args, _, site) => {
    if (args.length !== 2) throw new ProjectError("source() takes a source's name and a table", { place: site })
    return rendering.source(text(args[0]), text(args[1]), site)
  }
}

function statement({ rendering, results }: Here): JinjaFunction {
  return (args: Value[], kwargs: Kwargs, site: Place) => {
    const name = args[0] ?? kwargs.name ?? null
    const caller = kwargs.caller as JinjaFunction | undefined
    if (!caller) throw new ProjectError('statement() is called as {% call statement(name) %} … {% endcall %}', { place: site })
    const sql = text(caller([], {}, site))
    if (!rendering.execute) return ''
    const answer = rendering.ask({ kind: 'query', sql, place: site })
    if (name !== null) results.set(str(name), answer)
    return ''
  }
}

// While parsing, dbt gives templates no config: every value is the empty text.
function configFunction(rendering: Rendering): JinjaFunction {
  const known = rendering.execute || rendering.strict
  const values = (): Record<string, unknown> => rendering.node?.config ?? {}
  const read = (key: string): unknown => values()[key === 'pre_hook' || key === 'post_hook' ? key.replace('_', '-') : key]
  const get: JinjaFunction = (args, kwargs) => {
    if (!known) return ''
    const found = read(str(args[0] ?? ''))
    return found === undefined || found === null ? (args[1] ?? kwargs.default ?? null) : fromJs(found)
  }
  const methods: Record<string, JinjaFunction> = {
    get,
    require: (args, _, site) => {
      if (!known) return ''
      const key = str(args[0] ?? '')
      const found = read(key)
      if (found !== undefined && found !== null) return fromJs(found)
      throw new ProjectError(`The config '${key}' is required, but ${rendering.node?.name ?? 'the project'} does not have it`, {
        place: site,
      })
    },
    meta_get: (args, kwargs) => {
      if (!known) return ''
      const meta = (values().meta ?? {}) as Record<string, unknown>
      return Object.hasOwn(meta, str(args[0] ?? '')) ? fromJs(meta[str(args[0] ?? '')]) : (args[1] ?? kwargs.default ?? null)
    },
    persist_relation_docs: () => (values().persist_docs as { relation?: boolean } | undefined)?.relation === true,
    persist_column_docs: () => (values().persist_docs as { columns?: boolean } | undefined)?.columns === true,
  }
  const call: JinjaFunction = (args, kwargs, site) => {
    rendering.configure(pairsOf(args, kwargs), site)
    return ''
  }
  call.get = name => (Object.hasOwn(methods, name) ? methods[name] : read(name) === undefined ? undefined : fromJs(read(name)))
  call.keys = () => [...Object.keys(methods), ...Object.keys(values())]
  return call
}

// Renders a text with Jinja, in dbt's vars too.
function varFunction({ world, rendering, renderText }: Here): JinjaFunction {
  const vars = world.packageVars.get(rendering.packageName) ?? world.vars
  const call: JinjaFunction = (args, kwargs, site) => {
    const name = str(args[0] ?? kwargs.name ?? '')
    if (Object.hasOwn(vars, name)) {
      const value = vars[name]
      return typeof value === 'string' && /\{[{%]/.test(value) ? renderText(value, site) : fromJs(value)
    }
    // none is a valid default.
    const otherwise = args.length > 1 ? args[1] : kwargs.default
    if (otherwise !== undefined) return otherwise
    if (!rendering.strict) return null
    const hint =
      didYouMean(name, Object.keys(vars)) ?? `Give it under vars: in dbt_project.yml, with --vars, or a default: var('${name}', …).`
    throw new ProjectError(`The var '${name}' has no value`, { place: site, hint })
  }
  call.get = name => (name === 'has_var' ? args => Object.hasOwn(vars, str(args[0] ?? '')) : undefined)
  return call
}

function envFunction(world: World): JinjaFunction {
  return (args, kwargs, site) => {
    const name = str(args[0] ?? kwargs.var ?? '')
    if (name.startsWith('DBT_ENV_SECRET_') || ['DATABASE_URL', 'PGPASSWORD'].includes(name))
      throw new ProjectError(`env_var('${name}') is a secret and cannot be read here`, {
        place: site,
        hint: 'Secrets are only available in the connection; use another name for a value that SQL may show.',
      })
    const value = world.env[name] ?? args[1] ?? kwargs.default
    if (value === undefined)
      throw new ProjectError(`The environment variable '${name}' is not set`, {
        place: site,
        hint: `Set it, or give a default: env_var('${name}', '…').`,
      })
    return value
  }
}

function exceptions(rendering: Rendering): JinjaObject {
  const raise: JinjaFunction = (args, kwargs, site) => {
    throw new ProjectError(text(args[0] ?? kwargs.msg), { place: site })
  }
  const warn: JinjaFunction = (args, kwargs) => {
    rendering.warn(text(args[0] ?? kwargs.msg))
    return ''
  }
  const typed =
    (what: string): JinjaFunction =>
    (args, _, site) => {
      throw new ProjectError(`${what}: ${args.map(text).join(', ')}`, { place: site })
    }
  return namespace(
    {
      raise_compiler_error: raise,
      raise_not_implemented: raise,
      raise_database_error: raise,
      warn,
      warn_once: warn,
      missing_config: typed('missing config'),
      missing_relation: typed('missing relation'),
      relation_wrong_type: typed('wrong type of relation'),
      column_type_missing: typed('a column has no data_type'),
    },
    'exceptions',
  )
}
