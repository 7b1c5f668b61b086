import { ProjectError } from '../base/errors.ts'
import { didYouMean, useInstead } from '../base/suggest.ts'
import { DBT_VERSION } from '../base/versions.ts'
import { bindMacro, type JinjaFunction, parseTemplate, render, type Scope, type Value } from '../jinja/template.ts'
import { fromJs, type JinjaObject, missing } from '../jinja/values.ts'
import type { Macro } from '../manifest/node.ts'
import { API } from './adapter.ts'
import { moment } from './datetime.ts'
import { FUNCTIONS } from './dbt-functions.ts'
import { dispatchedMacro, macroBook, standInMacro } from './macro-book.ts'
import { type Here, NODE_VALUES } from './node-context.ts'
import { MODULES, namespace } from './python-modules.ts'
import type { Rendering, World } from './rendering.ts'

/** The names of a node's template: `extra`, the project's macros, dbt's context, the runner's macros. */
export function createScope(world: World, rendering: Rendering): Scope {
  const book = macroBook(world)
  const base = baseValues(world)
  const made = new Map<string, Value>()
  const called = new Map<string, JinjaFunction>()
  const local = book.packages.get(rendering.packageName) ?? book.own
  const here: Here = {
    world,
    rendering,
    dispatched,
    standIn: name => macro(standInMacro(world, name)),
    results: new Map(),
    scope: { get: name => scope.get(name), keys: () => scope.keys?.() ?? [] },
    renderText: (source, site) => render(parseTemplate(source, site.file, site.line, site.column), scope).text,
  }
  const scope: Scope = {
    isParsing: !rendering.strict,
    tell: problem => rendering.tell(problem),
    get: name =>
      rendering.extra.get(name) ??
      macro(local.get(name)) ??
      macro(book.own.get(name)) ??
      own(name) ??
      runners(name) ??
      base.get(name) ??
      pack(name),
    keys: () => [
      ...rendering.extra.keys(),
      ...local.keys(),
      ...book.own.keys(),
      ...Object.keys(NODE_VALUES),
      ...book.runner.keys(),
      ...base.keys(),
    ],
  }
  return scope

  function own(name: string): Value | undefined {
    const known = made.get(name)
    if (known !== undefined) return known
    if (!Object.hasOwn(NODE_VALUES, name)) return undefined
    const value = NODE_VALUES[name]?.(here) as Value
    made.set(name, value)
    return value
  }

  function macro(found: Macro | undefined): JinjaFunction | undefined {
    if (!found) return undefined
    rendering.used.add(found.uniqueId)
    let call = called.get(found.uniqueId)
    if (!call) {
      call = bindMacro(found.definition, scope)
      called.set(found.uniqueId, call)
    }
    return call
  }

  // dbt's own macros dispatch: the project's form takes precedence over ours.
  function runners(name: string): JinjaFunction | undefined {
    const plain = name.replace(/^(default|postgres)__/, '')
    if (plain !== name) return macro(book.runner.get(name) ?? book.runner.get(plain))
    if (!book.runner.has(name)) return undefined
    return dispatched(name, 'dbt').found ?? macro(book.runner.get(name))
  }

  function dispatched(name: string, namespace: string | undefined): { found?: JinjaFunction; sought: string[] } {
    const { found, sought } = dispatchedMacro(world, rendering.packageName, name, namespace)
    return { ...(found ? { found: macro(found)! } : {}), sought }
  }

  function pack(name: string): Value | undefined {
    const isRunner = name === 'dbt' || name === 'dbt_postgres'
    const macros = isRunner ? book.runner : (book.packages.get(name) ?? (world.packageVars.has(name) ? NO_MACROS : undefined))
    if (!macros) return COMMON.has(name) ? notInstalled(name) : undefined
    const find = isRunner
      ? (key: string) => runners(key) ?? (OF_DBT.has(key) ? own(key) : undefined)
      : (key: string) => macro(macros.get(key))
    return packageObject(name, macros, key => rendering.extra.get(`${name}.${key}`) ?? find(key))
  }
}

// Packages that many projects use: the error for a missing one gives the next step.
const COMMON = new Set(
  'audit_helper automate_dv codegen dbt_artifacts dbt_date dbt_expectations dbt_project_evaluator dbt_utils elementary fivetran_utils'.split(
    ' ',
  ),
)

function notInstalled(name: string): JinjaObject {
  return {
    get: key =>
      missing(
        `'${name}.${key}' does not exist: the package '${name}' is not installed`,
        () => 'Add it to packages.yml and run: npx tsx run.ts deps',
        undefined,
        () => true,
      ),
  }
}

// DBT_ENV_CUSTOM_ENV_TEAM becomes TEAM.
function metadataEnvs(env: World['env']): Value {
  const prefix = 'DBT_ENV_CUSTOM_ENV_'
  return new Map(Object.entries(env).flatMap(([name, value = '']) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])))
}

const tryOrFail: JinjaFunction = ([message, run, ...rest], kwargs, site) => {
  if (typeof run !== 'function') throw new ProjectError('try_or_compiler_error() takes a message and a function', { place: site })
  try {
    return run(rest, kwargs, site)
  } catch (error) {
    if (!(error instanceof ProjectError)) throw error
    throw new ProjectError(String(message), { place: site, hint: error.message })
  }
}

const NO_MACROS = new Map<string, Macro>()
// Macros of dbt that are functions in this runner.
const OF_DBT = new Set(['run_query', 'statement', 'is_incremental', 'load_relation'])

// A macro that its package lacks is reported when the template is parsed, not when it is first called.
function packageObject(name: string, macros: Map<string, Macro>, find: (name: string) => Value | undefined): JinjaObject {
  return {
    get: key =>
      find(key) ??
      missing(
        name === 'dbt' ? `not supported: the macro 'dbt.${key}'` : `The package '${name}' has no macro '${key}'`,
        () => didYouMean(key, macros.keys()),
        undefined,
        () => true,
      ),
    keys: () => macros.keys(),
    toString: () => `<package ${name}>`,
  }
}

const refused =
  (name: string, instead: string): JinjaFunction =>
  (_args, _kwargs, site) => {
    throw new ProjectError(`not supported: ${name}()`, { place: site, hint: useInstead(instead) })
  }

const bases = new WeakMap<object, Map<string, Value>>()

// The values that all templates of a project share.
function baseValues(world: World): Map<string, Value> {
  let base = bases.get(world.macros)
  if (!base) {
    const { target, flags } = world
    const all: Record<string, Value> = { ...target, dbname: target.database, profile_name: target.profileName }
    base = new Map<string, Value>([
      ...Object.entries(FUNCTIONS),
      ['modules', MODULES],
      ['api', API],
      [
        'target',
        { ...namespace({ ...all, get: ([name, otherwise = null]) => all[String(name)] ?? otherwise }, 'target'), isMapping: true },
      ],
      [
        'flags',
        namespace(
          {
            WHICH: flags.which,
            FULL_REFRESH: flags.fullRefresh,
            STORE_FAILURES: flags.storeFailures,
            WARN_ERROR: false,
            ...flags.own,
          },
          'flags',
        ),
      ],
      ['project_name', world.name],
      ['invocation_id', world.invocationId],
      ['run_started_at', moment(world.startedAt)],
      ['dbt_version', DBT_VERSION],
      ['thread_id', 'Thread-1'],
      [
        'invocation_args_dict',
        fromJs({ which: flags.which, full_refresh: flags.fullRefresh, store_failures: flags.storeFailures, vars: {} }),
      ],
      ['dbt_metadata_envs', metadataEnvs(world.env)],
      ['try_or_compiler_error', tryOrFail],
      ['metric', refused('metric', 'a model that computes the metric')],
      ['set_sql_header', refused('set_sql_header', 'a pre_hook: it runs in the same session')],
    ])
    bases.set(world.macros, base)
  }
  return base
}
