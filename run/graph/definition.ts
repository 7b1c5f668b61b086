import { sha256 } from '../base/hash.ts'
import { figuresOf, type Macro, type Node, type Project, type ReportNode, RUNNER_PACKAGE } from '../manifest/node.ts'
import { type Hook, hooksOf } from '../project/config.ts'
import { meaningOf } from './meaning.ts'

/** The definition of a node by its own files, without its parents, except ephemeral models, which are a part of its SQL. */
export interface Definition {
  /**
   * sha256 in hex over the meaning of its source without comments (for a seed: the file's content), its config and names, the macros that
   * it can call, and the variables and environment variables that these use.
   */
  fingerprint: string
  /**
   * Whether its template uses what no definition can contain (the time, flags, the graph), or a hook may do anything. Such a node always
   * runs.
   */
  isOpen: boolean
  /** Whether it has hooks, which may write anywhere. */
  hasHooks: boolean
  /** sha256 in hex over what is written to the database besides rows: descriptions and grants. */
  described: string
}

/** The definitions of all nodes that a build runs, by unique id. */
export function definitions(project: Project): Map<string, Definition> {
  const known = all.get(project)
  if (known) return known
  const found = new Map<string, Definition>()
  all.set(project, found)
  const calls = callsOf(project)
  // Without the name of the database: a restore under another name changes nothing.
  const { name, schema, database } = project.target
  const inDatabase = JSON.stringify(`"${database}".`).slice(1, -1)
  const world = sha256(stable([name, schema, [...project.dispatch], implicit(project).map(said)]))
  for (const node of [...project.nodes.values(), ...project.reports.values()]) of(node)
  return found

  function of(node: Node): Definition {
    const known = found.get(node.uniqueId)
    if (known) return known
    const { hooks, text } = templatesOf(node)
    const macros = calls(text)
    const facts = [factsOf(text), ...macros.map(factsOfMacro)]
    const parents = node.dependsOn.map(id => project.nodes.get(id) ?? project.sources.get(id))
    const { persist_docs: docs, grants } = node.config as { persist_docs?: { inherit?: boolean }; grants?: unknown }
    const inlined = parents.filter((parent): parent is Node => parent?.config.materialized === 'ephemeral').map(of)
    const parts = [
      world,
      [node.uniqueId, node.schema, node.alias],
      saidBy(node),
      relevant(node),
      facts.some(({ asksForWords }) => asksForWords) ? [node.meta, node.tags, node.description] : [],
      macros.map(said),
      parents.map(parent => parent && [parent.schema, parent.source?.identifier ?? parent.alias]),
      variablesIn(project, new Set(facts.flatMap(({ variables }) => variables))),
      [...new Set(facts.flatMap(({ environment }) => environment))].sort().map(name => [name, project.env[name] ?? null]),
      inlined.map(({ fingerprint }) => fingerprint),
    ]
    const definition = {
      fingerprint: sha256(stable(parts).replaceAll(inDatabase, '')),
      // A test that uses the time of the run may get another verdict in the next one; a model keeps the time of its build.
      isOpen:
        hooks.some(({ follows_rows }) => !follows_rows) ||
        (node.resourceType === 'test' && facts.some(({ isTimed }) => isTimed)) ||
        facts.some(({ isOpen }) => isOpen) ||
        inlined.some(({ isOpen }) => isOpen),
      hasHooks: hooks.length > 0,
      described: sha256(stable([node.description, node.columns, docs, grants, docs?.inherit ? parents.map(inherited) : []])),
    }
    found.set(node.uniqueId, definition)
    return definition
  }

  function inherited(parent: Node | undefined): unknown {
    return parent && project.nodes.has(parent.uniqueId) ? of(parent).described : parent?.columns
  }
}

// The source of a node. The prose and titles of a report are not part of its frozen figures.
function saidBy(node: Node): unknown {
  if (node.resourceType === 'model' || node.resourceType === 'snapshot') return meaningOf(node.raw)
  if (node.resourceType !== 'report') return node.checksum
  const { words, onError } = node as ReportNode
  const figures = figuresOf(node as ReportNode).map(({ name, x, y, series, id, parent, sql }) => [
    name,
    x,
    y,
    series,
    id,
    parent,
    meaningOf(sql),
  ])
  return [onError, figures, [...words].map(([name, { format }]) => [name, format])]
}

/** The fingerprints of models, seeds, snapshots and reports by unique id. */
export function fingerprints(project: Project): Map<string, string> {
  const all = [...definitions(project)].map(([id, { fingerprint }]) => [id, fingerprint] as const)
  return new Map(all.filter(([id]) => project.nodes.get(id)?.resourceType !== 'test'))
}

/** sha256 in hex over the definitions of nodes. */
export function fingerprintOf(found: Map<string, Definition>): string {
  return sha256(stable([...found].map(([id, { fingerprint, described }]) => [id, fingerprint, described]).sort()))
}

// Config keys that describe a node and do not change its result.
const SILENT = new Set(['docs', 'meta', 'tags', 'persist_docs', 'grants', 'group', 'on_error', 'full_refresh', 'event_time', 'freshness'])

function relevant(node: Node): unknown {
  return Object.fromEntries(Object.entries(node.config).filter(([key]) => !SILENT.has(key)))
}

function templatesOf({ raw, config, resourceType, test }: Node): { hooks: Hook[]; text: string } {
  const hooks = ['pre-hook', 'post-hook'].flatMap(key => hooksOf(config[key]))
  const text = resourceType === 'seed' ? '' : raw
  return { hooks, text: [text, ...hooks.map(({ sql }) => sql), test?.generic === undefined ? '' : `test_${test.generic}`].join('\n') }
}

const said = (macro: Macro): string[] => [macro.uniqueId, factsOfMacro(macro).meaning]

/** The meaning of a text of SQL and Jinja, and what it uses. */
interface Facts {
  /** sha256 in hex of its meaning. */
  meaning: string
  /** Whether it uses the time, the command line or the graph, which no definition contains. */
  isOpen: boolean
  /** Whether it uses the start or the id of this run. */
  isTimed: boolean
  /** Whether it uses words about the node: meta, tags, its description. */
  asksForWords: boolean
  /** The variables that it names; undefined for one that is named by an expression. */
  variables: (string | undefined)[]
  environment: string[]
}

function factsOf(text: string): Facts {
  const meaning = meaningOf(text)
  const tags = meaning.match(/\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g) ?? []
  return {
    meaning: sha256(meaning),
    isOpen: tags.some(tag => OPEN.test(tag)),
    isTimed: /\b(?:run_started_at|invocation_id)\b/.test(meaning),
    asksForWords: tags.some(tag => WORDS.test(tag)),
    variables: [...meaning.matchAll(VARIABLE)].map(([, single, double]) => single ?? double),
    environment: [...meaning.matchAll(/env_var\(\s*['"](\w+)['"]/g)].map(([, name]) => name as string),
  }
}

const OPEN = /\b(?:modules|flags|graph|context)\s*[.[]|\bselected_resources\b|\bpy_current_timestring\b/
const WORDS = /\bmodel\s*[.[]|\bmeta_(?:get|require)\b|\bconfig\.(?:get|require)\(\s*['"](?:meta|tags)/
const VARIABLE = /\bvar\b(?:\.has_var)?(?:\s*\(\s*(?:name\s*=\s*)?(?:'(\w+)'|"(\w+)"))?/g

function factsOfMacro(macro: Macro): Facts {
  let facts = factsOfMacros.get(macro)
  if (!facts) {
    facts = factsOf(macro.text)
    factsOfMacros.set(macro, facts)
  }
  return facts
}

const factsOfMacros = new WeakMap<Macro, Facts>()
const all = new WeakMap<Project, Map<string, Definition>>()

/** The macros that every node depends on: the runner's own, and those of the project that override them. */
function implicit(project: Project): Macro[] {
  const own = [...project.macros.values()]
  const names = new Set(own.filter(({ packageName }) => packageName === RUNNER_PACKAGE).map(({ name }) => name))
  return own.filter(({ packageName, name }) => packageName === RUNNER_PACKAGE || names.has(bare(name))).sort(byId)
}

/** The macros that a text can call, directly or indirectly: every macro whose name occurs in it. */
function callsOf(project: Project): (text: string) => Macro[] {
  const named = new Map<string, Macro[]>()
  for (const macro of project.macros.values()) {
    if (macro.packageName === RUNNER_PACKAGE) continue
    // adapter.dispatch('x') calls default__x.
    for (const name of new Set([macro.name, bare(macro.name)])) named.set(name, [...(named.get(name) ?? []), macro])
  }
  const direct = new Map<Macro, Macro[]>()
  return text => {
    const found = new Set<Macro>()
    const queue = namesIn(text)
    for (let next = queue.pop(); next; next = queue.pop()) {
      if (found.has(next)) continue
      found.add(next)
      const below = direct.get(next) ?? namesIn(next.text)
      direct.set(next, below)
      queue.push(...below)
    }
    return [...found].sort(byId)
  }

  function namesIn(text: string): Macro[] {
    return [...new Set(text.match(/[A-Za-z_]\w*/g))].flatMap(word => named.get(word) ?? [])
  }
}

function bare(name: string): string {
  return name.replace(/^\w+?__(?=\w)/, '')
}

function byId(left: Macro, right: Macro): number {
  return left.uniqueId < right.uniqueId ? -1 : 1
}

// The values of variables; of all variables where an expression names one.
function variablesIn(project: Project, names: Set<string | undefined>): unknown {
  if (names.size === 0) return []
  const part = (vars: Record<string, unknown>) =>
    names.has(undefined) ? vars : Object.fromEntries(Object.entries(vars).filter(([name]) => names.has(name)))
  return [['', project.vars] as const, ...project.packageVars].map(([pack, vars]) => [pack, part(vars)])
}

// JSON with its keys in order.
function stable(value: unknown): string {
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner === 'bigint') return String(inner)
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
  })
}
