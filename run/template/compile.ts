import { isDeepStrictEqual } from 'node:util'
import { explainPostgres, fileAndLine } from '../base/codeframe.ts'
import { isPostgresError, type Place, ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Answers, Introspect, Request } from '../database/introspection.ts'
import { isOutput, outputText } from '../jinja/output.ts'
import { renderedOf } from '../jinja/render.ts'
import { bindMacro, fromJs, type Kwargs, macroOf, parseTemplate, type Rendered, render, type Value } from '../jinja/template.ts'
import { toJs } from '../jinja/values.ts'
import { findRelationNode, findSourceNode } from '../manifest/find-node.ts'
import type { Macro, Node, Project } from '../manifest/node.ts'
import { type Relation, relationObject, relationOf } from '../manifest/relation.ts'
import type { Ask } from './adapter.ts'
import { createScope } from './context.ts'
import { callTest, testArguments, testMacro } from './generic-test.ts'
import { graphOf } from './graph-dict.ts'
import { macroBook, macroNamed, macroNames } from './macro-book.ts'
import { text } from './node-context.ts'
import type { Rendering } from './rendering.ts'
import { joinCtes, piecesOf } from './spliced-sql.ts'
import { templateOf } from './templates.ts'

/** The context of a node that is rendered for a run. */
export interface RunContext {
  /** Answers run_query() and the adapter; without it a template that queries is a ProjectError ("needs a database"). */
  database?: Introspect
  /** Called for each database request of a node's template while it is compiled. */
  asks?: (node: Node, request: Request) => void
  /** is_incremental(); false by default. */
  isIncremental?: (node: Node) => boolean
  /** last_built(); 0 by default. */
  lastBuilt?: (node: Node) => number | bigint
  /** selected_resources: the unique ids of everything that the command selects; empty by default. */
  selected?: string[]
  /** on_citus(): whether the database is a Citus cluster. */
  onCitus?: boolean
  /** log(message, info=True) and print(), after the last pass. */
  print?: (message: string) => void
  /** exceptions.warn(), after the last pass. */
  warn?: (message: string) => void
  /** The quoted replacement in SQL for a node that ref() or source() names; undefined for its own relation. */
  standIn?: (node: Node, site: Place) => string | undefined
  /** Gets the values of config() as rendered for this run: they may use what parsing did not know, such as last_built(). */
  configured?: (node: Node, values: Record<string, unknown>) => void
  /** The package whose macros and vars a text without a node uses first; by default the project. */
  packageName?: string
  /** Additional names for the template: pre_hooks, sql, compiled_code … */
  extra?: Record<string, unknown>
}

/**
 * The SQL of a model or test with its ephemeral parents as CTEs before it; '' for a seed. `placeAt` maps its offsets to the analyst's
 * source.
 */
export async function compileNode(project: Project, node: Node, context: RunContext = {}): Promise<Rendered> {
  if (node.resourceType === 'seed' || node.resourceType === 'source') return render(parseTemplate('', node.path), new Map())
  const told = listening(node, context)
  return withCtes(project, await renderNode(project, node, told), told)
}

/** A standalone query, with its ephemeral parents as CTEs before it. */
export async function compileText(project: Project, source: string, place: Place, context: RunContext = {}): Promise<Rendered> {
  const template = parseTemplate(source, place.file, place.line, place.column)
  const { result: rendered, ephemeral } = await replay(project, null, context, scope => render(template, scope))
  return withCtes(project, { rendered, ephemeral }, context)
}

async function withCtes(
  project: Project,
  { rendered, ephemeral }: { rendered: Rendered; ephemeral: string[] },
  context: RunContext,
): Promise<Rendered> {
  if (ephemeral.length === 0) return rendered
  const ctes = new Map<string, Rendered>()
  await collect(ephemeral)
  return joinCtes(
    rendered,
    [...ctes].map(([id, cte]) => ({ name: cteName(project.nodes.get(id)!), cte })),
  )

  // Deepest first: each CTE follows those that it reads.
  async function collect(ids: string[]): Promise<void> {
    for (const id of ids) {
      if (ctes.has(id)) continue
      const parent = await renderNode(project, project.nodes.get(id)!, context)
      await collect(parent.ephemeral)
      ctes.set(id, parent.rendered)
    }
  }
}

/**
 * Renders a template in the context of a node, as for hooks: `{{ this }}`, macros, ref() of the node's parents. `node` is null for
 * on-run-start and on-run-end.
 */
export async function renderText(
  project: Project,
  node: Node | null,
  source: string,
  place: Place,
  context: RunContext = {},
): Promise<Rendered> {
  const template = parseTemplate(source, place.file, place.line, place.column)
  const { result } = await replay(project, node, context, scope => render(template, scope))
  return result
}

/**
 * Calls a macro by name (the project's first, then the runner's) in the context of a node. Arguments are JSON-like values, Relations
 * (`relationOf(node)`) or values of Jinja.
 */
export async function renderMacro(
  project: Project,
  node: Node | null,
  name: string,
  args: Record<string, unknown>,
  context: RunContext = {},
): Promise<Rendered> {
  const macro = macroNamed(macroBook(project), name)
  if (!macro) {
    const hint = didYouMean(name, macroNames(macroBook(project)))
    throw new ProjectError(`There is no macro '${name}'`, hint ? { hint } : {})
  }
  const kwargs: Kwargs = Object.fromEntries(Object.entries(args).map(([key, value]) => [key, toValue(value)]))
  const { result } = await replay(project, node, context, scope => {
    const given = macroOf(bindMacro(macro.definition, scope))!.render([], kwargs, macro.place)
    if (isOutput(given)) return renderedOf(given)
    return piecesOf([{ text: text(given), place: macro.place }])
  })
  return result
}

/** Calls a macro in the context of a node, and gives what it returns: the value of return(), or its text. */
export async function callMacro(
  project: Project,
  node: Node,
  macro: Macro,
  args: Record<string, unknown>,
  context: RunContext,
): Promise<Value> {
  const kwargs: Kwargs = Object.fromEntries(Object.entries(args).map(([key, value]) => [key, toValue(value)]))
  const { result } = await replay(project, node, context, scope => bindMacro(macro.definition, scope)([], kwargs, macro.place))
  return result
}

function listening(node: Node, context: RunContext): RunContext {
  const { asks, database } = context
  if (!asks || !database) return context
  const heard = (request: Request) => {
    asks(node, request)
    return database(request as never)
  }
  return { ...context, database: heard as Introspect }
}

/** `__dbt__cte__` and the model's name. */
export function cteName(node: Node): string {
  return `__dbt__cte__${node.name}`
}

async function renderNode(project: Project, node: Node, context: RunContext): Promise<{ rendered: Rendered; ephemeral: string[] }> {
  const { result, ephemeral } = await replay(project, node, context, (scope, rendering) => {
    const { generic, namespace, attachedTo = '' } = node.test ?? {}
    const macro = generic === undefined ? undefined : testMacro(project, generic, namespace, node.packageName)
    const attached = project.nodes.get(attachedTo) ?? project.sources.get(attachedTo)
    if (!macro || !attached) return render(templateOf(node), scope)
    return callTest(macro, testArguments(node, attached, rendering, scope, project), node.place, scope)
  })
  return { rendered: result, ephemeral }
}

/** Thrown by a template that needs an answer that is not yet known. */
interface NeedsDatabase {
  request: Request
}

// Rendering is synchronous, the database is not: a query stops the rendering, which restarts when the answer is known.
async function replay<T>(
  project: Project,
  node: Node | null,
  context: RunContext,
  run: (scope: ReturnType<typeof createScope>, rendering: Rendering) => T,
): Promise<{ result: T; ephemeral: string[] }> {
  const answers: unknown[] = []
  while (true) {
    let next = 0
    const ask = ((request: Request) => {
      if (next < answers.length) return answers[next++]
      throw { request } satisfies NeedsDatabase
    }) as Ask
    const said: { to: 'print' | 'warn'; message: string }[] = []
    const ephemeral = new Set<string>()
    const configured: Record<string, unknown> = {}
    const rendering = { ...runSession(project, node, context, ask, ephemeral, said), configure: note }
    try {
      const result = run(createScope(project, rendering), rendering)
      for (const { to, message } of said) context[to]?.(message)
      if (node) context.configured?.(node, configured)
      return { result, ephemeral: [...ephemeral] }
    } catch (error) {
      if (typeof error !== 'object' || error === null || error instanceof Error || !('request' in error)) throw error
      answers.push(await answer((error as NeedsDatabase).request))
    }

    function note(values: Record<string, Value>): void {
      for (const [key, value] of Object.entries(values)) configured[key] = toJs(isOutput(value) ? outputText(value) : value)
    }
  }

  async function answer(request: Request): Promise<Answers[Request['kind']]> {
    const place = request.kind === 'query' ? request.place : node?.place
    if (!context.database)
      throw new ProjectError(`${node?.name ?? 'This template'} queries the database, which is not available here`, place ? { place } : {})
    try {
      return await context.database(request as never)
    } catch (error) {
      if (request.kind !== 'query' || !isPostgresError(error)) throw error
      // The template computed the query's text: the place of the call is the nearest one.
      const { message, hint } = explainPostgres(error, piecesOf([{ text: request.sql, place: request.place }]))
      throw new ProjectError(message, { place: request.place, hint, cause: error })
    }
  }
}

function runSession(
  project: Project,
  node: Node | null,
  context: RunContext,
  ask: Ask,
  ephemeral: Set<string>,
  said: { to: 'print' | 'warn'; message: string }[],
): Rendering {
  const packageName = node?.packageName ?? context.packageName ?? project.name
  const visible = (id: string): boolean => node === null || id === node.uniqueId || node.dependsOn.includes(id)
  return {
    node,
    packageName,
    execute: true,
    strict: true,
    ref: (name, pack, site, version) => {
      const found = findRelationNode(project, packageName, name, pack, { version })
      if (!found) throw unknown(`Unknown model or seed '${name}'`, site, name, [...project.nodes.values()].filter(isRelation))
      if (!visible(found.uniqueId)) throw unseen(node!, `ref('${name}')`, site)
      const standIn = context.standIn?.(found, site)
      if (standIn !== undefined) return relationObject({ ...relationOf(found), standIn })
      if (found.config.materialized !== 'ephemeral') return relationObject(relationOf(found))
      ephemeral.add(found.uniqueId)
      return relationObject({ database: null, schema: null, identifier: cteName(found), type: 'cte', cte: true })
    },
    source: (source, table, site) => {
      const found = findSourceNode(project, packageName, source, table)
      if (!found) throw unknown(`Unknown source '${source}.${table}'`, site, table, [...project.sources.values()])
      if (!visible(found.uniqueId)) throw unseen(node!, `source('${source}', '${table}')`, site)
      const standIn = context.standIn?.(found, site)
      return relationObject({ ...relationOf(found), ...(standIn === undefined ? {} : { standIn }) })
    },
    configure: () => {},
    ask,
    graph: () => graphOf(project),
    selected: () => [...(context.selected ?? [])],
    isIncremental: () => node !== null && (context.isIncremental?.(node) ?? false),
    lastBuilt: () => (node === null ? 0 : (context.lastBuilt?.(node) ?? 0)),
    onCitus: () => context.onCitus ?? false,
    print: message => void said.push({ to: 'print', message }),
    warn: message => void said.push({ to: 'warn', message }),
    tell: ({ message, place }) => {
      // Warnings of parsing were already reported.
      const isKnown = project.warnings.some(known => known.message === message && isDeepStrictEqual(known.place, place))
      if (!isKnown) said.push({ to: 'warn', message: `${place ? fileAndLine(place) : (node?.name ?? 'A template')}: ${message}` })
    },
    used: new Set(),
    extra: new Map(Object.entries(context.extra ?? {}).map(([key, value]) => [key, toValue(value)])),
  }
}

function unknown(message: string, place: Place, name: string, among: Node[]): ProjectError {
  const hint = didYouMean(
    name,
    among.map(node => node.name),
  )
  return new ProjectError(message, { place, hint })
}

function isRelation({ resourceType }: Node): boolean {
  return resourceType !== 'test'
}

function unseen(node: Node, call: string, site: Place): ProjectError {
  return new ProjectError(`${node.name} calls ${call}, which was not found when parsing, so the order of the build ignores it`, {
    place: site,
    hint: `Add the comment -- depends_on: {{ ${call} }} to ${node.path}.`,
  })
}

function toValue(value: unknown): Value {
  if (Array.isArray(value)) return value.map(toValue)
  const plain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  if (plain && 'identifier' in value && 'schema' in value && 'database' in value) return relationObject(value as Relation)
  if (plain && 'get' in value) return value as Value
  return fromJs(value)
}
