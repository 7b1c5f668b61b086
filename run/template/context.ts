import { bindMacro, type JinjaFunction, type Scope, type Value } from '../jinja/template.ts'
import { missing } from '../jinja/values.ts'
import type { Macro } from '../manifest/node.ts'
import { API, missingPackage } from './adapter.ts'
import { moment } from './datetime.ts'
import { FUNCTIONS } from './dbt-functions.ts'
import { type Here, NODE_VALUES } from './node-context.ts'
import { MODULES, namespace } from './python-modules.ts'
import type { Rendering, World } from './rendering.ts'

/** Macros by name: the project's own come before the runner's. */
export interface MacroBook {
  own: Map<string, Macro>
  runner: Map<string, Macro>
}

/** The names of a template of a node: `extra`, the project's macros, dbt's context, the runner's macros. */
export function createScope(world: World, rendering: Rendering): Scope {
  const book = macroBook(world)
  const base = baseValues(world)
  const made = new Map<string, Value>()
  const called = new Map<string, JinjaFunction>()
  const here: Here = { world, rendering, macro: name => macro(book.own.get(name)) ?? macro(book.runner.get(name)), results: new Map() }
  const scope: Scope = {
    isParsing: !rendering.strict,
    tell: problem => rendering.tell(problem),
    get: name =>
      rendering.extra.get(name) ?? macro(book.own.get(name)) ?? own(name) ?? macro(book.runner.get(name)) ?? base.get(name) ?? pack(name),
    keys: () => [...rendering.extra.keys(), ...book.own.keys(), ...Object.keys(NODE_VALUES), ...book.runner.keys(), ...base.keys()],
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

  function pack(name: string): Value | undefined {
    const macros = name === world.name ? book.own : name === 'dbt' || name === 'dbt_postgres' ? book.runner : undefined
    if (macros) return { get: (key: string) => macro(macros.get(key)), keys: () => macros.keys() }
    return PACKAGES.has(name) ? missingPackage(name) : undefined
  }
}

/** The macros of a world by their names. */
export function macroBook(world: Pick<World, 'macros' | 'name'>): MacroBook {
  let book = books.get(world.macros)
  if (!book) {
    book = { own: new Map(), runner: new Map() }
    for (const macro of world.macros.values()) (macro.packageName === world.name ? book.own : book.runner).set(macro.name, macro)
    books.set(world.macros, book)
  }
  return book
}

const books = new WeakMap<Map<string, Macro>, MacroBook>()
const bases = new WeakMap<object, Map<string, Value>>()
const PACKAGES = new Set(
  'dbt_utils dbt_expectations dbt_date codegen audit_helper elementary dbt_artifacts dbt_project_evaluator'.split(' '),
)

// What is the same in all templates of a project.
function baseValues(world: World): Map<string, Value> {
  let base = bases.get(world.macros)
  if (!base) {
    const { target, flags } = world
    const all: Record<string, Value> = { ...target, dbname: target.database, profile_name: target.profileName }
    base = new Map<string, Value>([
      ...Object.entries(FUNCTIONS),
      ['modules', MODULES],
      ['api', API],
      ['target', namespace(all, 'target')],
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
      ['dbt_version', '1.12.3'],
      ['thread_id', 'Thread-1'],
      ['selected_resources', []],
      ...Object.entries(LEFT_OUT).map(([name, instead]): [string, Value] => [
        name,
        missing(`not supported: ${name}`, () => `Use ${instead} instead.`),
      ]),
    ])
    bases.set(world.macros, base)
  }
  return base
}

// What dbt gives to templates and this runner does not.
const LEFT_OUT: Record<string, string> = {
  graph: 'ref() and source(), or target/manifest.json outside of templates',
  builtins: 'a macro of another name',
  context: 'the names themselves',
  metric: 'a model that computes the metric',
}
