import { API, type Ask, adapterObject, missingPackage, pairsOf, relationText, resultObject } from './adapter.ts'
import { type Place, ProjectError } from './errors.ts'
import { FUNCTIONS } from './functions.ts'
import type { Answers } from './introspect.ts'
import type { Scope } from './jinja/frame.ts'
import { isOutput, outputText } from './jinja/output.ts'
import { didYouMean } from './jinja/suggest.ts'
import { bindMacro } from './jinja/template.ts'
import { str } from './jinja/text.ts'
import { fromJs, type JinjaFunction, type JinjaObject, type Kwargs, missing, type Value } from './jinja/values.ts'
import { MODULES, moment, record } from './modules.ts'
import type { Macro, Node, Project } from './node.ts'
import { relationObject, relationOf } from './relation.ts'

/** What a template sees of the project around it; there before the nodes are parsed. */
export type World = Pick<Project, 'name' | 'target' | 'flags' | 'vars' | 'env' | 'invocationId' | 'startedAt' | 'macros'>

/** One rendering of one node: what ref(), config() and the database mean in it, and what it notes. */
export interface Session {
  /** null for on-run-start, on-run-end and YAML. */
  node: Node | null
  /** false while parsing: the database is silent and log() too. */
  execute: boolean
  /** A var() without value is none while parsing, as in dbt, and an error else. */
  strict: boolean
  ref(name: string, pack: string | undefined, site: Place): Value
  source(source: string, table: string, site: Place): Value
  /** A config() call. */
  configure(values: Record<string, Value>, site: Place): void
  ask: Ask
  isIncremental(): boolean
  lastBuilt(): number | bigint
  print(message: string): void
  warn(message: string): void
  /** Unique ids of the macros that were called or looked at. */
  used: Set<string>
  /** More names, before all others. */
  extra: Map<string, Value>
}

/** Macros by name: the project's own come before the runner's. */
export interface MacroBook {
  own: Map<string, Macro>
  runner: Map<string, Macro>
}

/** The names of a template of a node: `extra`, the project's macros, dbt's context, the runner's macros. */
export function createScope(world: World, session: Session): Scope {
  const book = macroBook(world)
  const results = new Map<string, Answers['query'] | undefined>()
  const called = new Map<string, JinjaFunction>()
  const own = nodeValues()
  const base = baseValues(world)
  const made = new Map<string, Value>()
  const scope: Scope = {
    get: name =>
      session.extra.get(name) ??
      macro(book.own.get(name)) ??
      nodeValue(name) ??
      macro(book.runner.get(name)) ??
      base.get(name) ??
      pack(name),
    keys: () => [...session.extra.keys(), ...book.own.keys(), ...Object.keys(own), ...book.runner.keys(), ...base.keys()],
  }
  return scope

  function nodeValue(name: string): Value | undefined {
    if (!Object.hasOwn(own, name)) return undefined
    const known = made.get(name)
    if (known !== undefined) return known
    const value = own[name]!()
    made.set(name, value)
    return value
  }

  function macro(found: Macro | undefined): JinjaFunction | undefined {
    if (!found) return undefined
    session.used.add(found.uniqueId)
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

  // adapter.dispatch: the PostgreSQL form of a macro before its default.
  function dispatch(name: string, site: Place): Value {
    const names = [`postgres__${name}`, `default__${name}`]
    for (const macros of [book.own, book.runner])
      for (const candidate of names) {
        const found = macro(macros.get(candidate))
        if (found) return found
      }
    const hint = didYouMean(`default__${name}`, [...book.own.keys(), ...book.runner.keys()])
    throw new ProjectError(`In dispatch: there is no macro ${names.join(' or ')}`, { place: site, ...(hint ? { hint } : {}) })
  }

  function nodeValues(): Record<string, () => Value> {
    const { node } = session
    const adapter = adapterObject(session.ask, world.target.database, dispatch)
    return {
      execute: () => session.execute,
      ref: () => ref,
      source: () => source,
      config: () => configFunction(session),
      builtins: () => record({ ref, source, config: configFunction(session) }, 'builtins'),
      this: () => (node ? relationObject(relationOf(node)) : missing("'this' is undefined: there is no node here")),
      model: () => (node ? nodeDict(node) : null),
      schema: () => node?.schema ?? world.target.schema,
      database: () => node?.database ?? world.target.database,
      is_incremental: () => () => session.isIncremental(),
      last_built: () => () => session.lastBuilt(),
      adapter: () => adapter,
      load_relation: () => adapter.get('load_relation') ?? null,
      run_query: () => (args, _, site) =>
        resultObject(session.ask({ kind: 'query', sql: text(args[0]), place: site })).get('table') ?? null,
      statement: () => statement,
      load_result: () => args =>
        results.has(str(args[0] ?? '')) ? resultObject(results.get(str(args[0] ?? ''))) : session.execute ? null : resultObject(undefined),
      log: () => (args, kwargs) => {
        if (args[1] === true || kwargs.info === true) session.print(text(args[0] ?? kwargs.msg))
        return ''
      },
      print: () => (args, kwargs) => {
        session.print(text(args[0] ?? kwargs.msg))
        return ''
      },
      exceptions: () => exceptions(session),
      var: () => varFunction(world, session),
      env_var: () => envFunction(world),
    }
  }

  function ref(args: Value[], kwargs: Kwargs, site: Place): Value {
    if (kwargs.v !== undefined || kwargs.version !== undefined)
      throw new ProjectError('not supported: versions of models', {
        place: site,
        hint: 'Give the new version a name of its own and ref() that.',
      })
    if (args.length === 0 || args.length > 2) throw new ProjectError("ref() takes a model's name", { place: site })
    const names = args.map(text)
    return names.length === 2 ? session.ref(names[1]!, names[0], site) : session.ref(names[0]!, undefined, site)
  }

  function source(args: Value[], _: Kwargs, site: Place): Value {
    if (args.length !== 2) throw new ProjectError("source() takes a source's name and a table", { place: site })
    return session.source(text(args[0]), text(args[1]), site)
  }

  function statement(args: Value[], kwargs: Kwargs, site: Place): Value {
    const name = args[0] ?? kwargs.name ?? null
    const caller = kwargs.caller as JinjaFunction | undefined
    if (!caller) throw new ProjectError('statement() is called as {% call statement(name) %} … {% endcall %}', { place: site })
    const sql = text(caller([], {}, site))
    if (!session.execute) return ''
    const answer = session.ask({ kind: 'query', sql, place: site })
    if (name !== null) results.set(str(name), answer)
    return ''
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

/** Text of what a template's value prints; the output of a macro included. */
export function text(value: Value | undefined): string {
  if (value === undefined) return ''
  return isOutput(value) ? outputText(value) : str(value)
}

/** A node as `model` shows it, and as macros like generate_schema_name get it. */
export function nodeDict(node: Node): Value {
  return fromJs({
    unique_id: node.uniqueId,
    resource_type: node.resourceType,
    name: node.name,
    package_name: node.packageName,
    path: node.path,
    original_file_path: node.path,
    fqn: node.fqn,
    database: node.database,
    schema: node.schema,
    alias: node.alias,
    identifier: node.alias,
    relation_name: node.relationName,
    description: node.description,
    tags: node.tags,
    meta: node.meta,
    config: node.config,
    raw_code: node.raw,
    columns: Object.fromEntries(
      node.columns.map(column => [
        column.name,
        {
          name: column.name,
          description: column.description,
          data_type: column.dataType ?? null,
          meta: column.meta ?? {},
          tags: column.tags ?? [],
        },
      ]),
    ),
    depends_on: { nodes: node.dependsOn, macros: node.macros },
    refs: node.refs,
    source_name: node.sourceName ?? null,
  })
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
      ['target', record(all, 'target')],
      [
        'flags',
        record({ WHICH: flags.which, FULL_REFRESH: flags.fullRefresh, STORE_FAILURES: flags.storeFailures, WARN_ERROR: false }, 'flags'),
      ],
      ['project_name', world.name],
      ['invocation_id', world.invocationId],
      ['run_started_at', moment(world.startedAt)],
      ['dbt_version', '1.12.3'],
      ['thread_id', 'Thread-1'],
      ['selected_resources', []],
    ])
    bases.set(world.macros, base)
  }
  return base
}

function configFunction(session: Session): JinjaFunction {
  const values = (): Record<string, unknown> => session.node?.config ?? {}
  const read = (key: string): unknown => values()[key === 'pre_hook' || key === 'post_hook' ? key.replace('_', '-') : key]
  const get: JinjaFunction = (args, kwargs) => {
    const found = read(str(args[0] ?? ''))
    return found === undefined || found === null ? (args[1] ?? kwargs.default ?? null) : fromJs(found)
  }
  const methods: Record<string, JinjaFunction> = {
    get,
    require: (args, _, site) => {
      const key = str(args[0] ?? '')
      const found = read(key)
      if (found !== undefined && found !== null) return fromJs(found)
      if (!session.execute) return ''
      throw new ProjectError(`The config '${key}' is required, but ${session.node?.name ?? 'the project'} does not have it`, {
        place: site,
      })
    },
    meta_get: (args, kwargs) => {
      const meta = (values().meta ?? {}) as Record<string, unknown>
      return Object.hasOwn(meta, str(args[0] ?? '')) ? fromJs(meta[str(args[0] ?? '')]) : (args[1] ?? kwargs.default ?? null)
    },
    persist_relation_docs: () => (values().persist_docs as { relation?: boolean } | undefined)?.relation === true,
    persist_column_docs: () => (values().persist_docs as { columns?: boolean } | undefined)?.columns === true,
  }
  const call: JinjaFunction = (args, kwargs, site) => {
    session.configure(pairsOf(args, kwargs), site)
    return ''
  }
  call.get = name => (Object.hasOwn(methods, name) ? methods[name] : read(name) === undefined ? undefined : fromJs(read(name)))
  call.keys = () => [...Object.keys(methods), ...Object.keys(values())]
  return call
}

function varFunction(world: World, session: Session): JinjaFunction {
  const call: JinjaFunction = (args, kwargs, site) => {
    const name = str(args[0] ?? kwargs.name ?? '')
    if (Object.hasOwn(world.vars, name)) return fromJs(world.vars[name])
    const otherwise = args[1] ?? kwargs.default
    if (otherwise !== undefined) return otherwise
    if (!session.strict) return null
    const hint =
      didYouMean(name, Object.keys(world.vars)) ?? `Give it under vars: in dbt_project.yml, with --vars, or a default: var('${name}', …).`
    throw new ProjectError(`The var '${name}' has no value`, { place: site, hint })
  }
  call.get = name => (name === 'has_var' ? args => Object.hasOwn(world.vars, str(args[0] ?? '')) : undefined)
  return call
}

function envFunction(world: World): JinjaFunction {
  return (args, kwargs, site) => {
    const name = str(args[0] ?? kwargs.var ?? '')
    if (name.startsWith('DBT_ENV_SECRET_'))
      throw new ProjectError(`env_var('${name}') is a secret and cannot be read here`, {
        place: site,
        hint: 'Secrets are for the connection alone; take another name for what SQL may show.',
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

function exceptions(session: Session): JinjaObject {
  const raise: JinjaFunction = (args, kwargs, site) => {
    throw new ProjectError(text(args[0] ?? kwargs.msg), { place: site })
  }
  const warn: JinjaFunction = (args, kwargs) => {
    session.warn(text(args[0] ?? kwargs.msg))
    return ''
  }
  const typed =
    (what: string): JinjaFunction =>
    (args, _, site) => {
      throw new ProjectError(`${what}: ${args.map(text).join(', ')}`, { place: site })
    }
  return record(
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

export { relationText }
