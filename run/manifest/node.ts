import type { Place, Problem } from '../base/errors.ts'
import type { Definition } from '../jinja/template.ts'
import type { ColumnWords, Figure, Prose } from './figure.ts'
import type { Selector } from './selector.ts'

/** What a node is: dbt's resource types that this runner knows, and reports, which are ours. */
export type ResourceType = 'model' | 'seed' | 'test' | 'unit_test' | 'snapshot' | 'source' | 'report' | 'exposure' | 'analysis'

/** The config of a node after all levels of precedence, keys as dbt names them (`materialized`, `unique_key`, …). */
export type Config = Record<string, unknown>

/** A constraint as the YAML has it; kept as data. */
export interface Constraint {
  type: string
  name?: string
  expression?: string
  columns?: string[]
  to?: string
  to_columns?: string[]
}

/** A column as its YAML describes it. */
export interface Column {
  name: string
  description: string
  dataType?: string
  quote?: boolean
  meta?: Record<string, unknown>
  tags?: string[]
  constraints?: Constraint[]
}

/** A model, seed, source or data test of the project, as parsing leaves it. */
export interface Node {
  /** dbt's id: `model.deskledger.agents`, `source.deskledger.raw.agents`, `test.deskledger.unique_agents_agent_id.1a2b3c4d5e`. */
  uniqueId: string
  resourceType: ResourceType
  name: string
  packageName: string
  /** Where the node is defined, relative to the project. */
  place: Place
  /** Where its YAML properties stand, when it has any. */
  patch?: Place
  /** The file's path relative to the project: `models/core/agents.sql`; for a source or generic test its YAML file. */
  path: string
  /** Of a node of a package its path relative to the package. */
  packagePath?: string
  fqn: string[]
  /** Of a version of a model its number, and whether ref() without a version means it. */
  version?: string
  isLatest?: boolean
  /** `time_spine:` of a model. */
  timeSpine?: object
  /** Jinja source; for a seed its CSV stays on disk (raw is ''), for a generic test the call of its macro, for a source ''. */
  raw: string
  /** sha256 in hex of the file's content (a generic test: of its call; a source: of its definition). */
  checksum: string
  config: Config
  /** The config as it was written, before Jinja: what state:modified compares. */
  unrenderedConfig: Config
  database: string
  schema: string
  /** The relation's name in the database. */
  alias: string
  /** `"db"."schema"."name"`; null where the node has no relation (ephemeral models, tests without store_failures). */
  relationName: string | null
  description: string
  columns: Column[]
  constraints: Constraint[]
  tags: string[]
  meta: Record<string, unknown>
  docs: Record<string, unknown>
  /** Calls of ref() and source() as they were written. */
  refs: { package?: string; name: string }[]
  sources: [source: string, table: string][]
  /** Unique ids of the nodes that ref() and source() named, in order of first call. */
  dependsOn: string[]
  /** Unique ids of the macros that rendering called. */
  macros: string[]
  /** Only tests: which generic test, on which node and column, with which arguments. */
  test?: { generic?: string; namespace?: string; attachedTo?: string; column?: string; arguments: Record<string, unknown> }
  /** Only sources: the name of the source that the table belongs to, and what `source freshness` reads. */
  sourceName?: string
  source?: {
    description: string
    loader: string
    identifier: string
    loadedAtField?: string
    loadedAtQuery?: string
    freshness?: Record<string, unknown> | null
  }
}

/** A macro, materialization or generic test; generic tests have `test_` before their name, as in dbt. */
export interface Macro {
  /** `macro.deskledger.generate_schema_name`. */
  uniqueId: string
  name: string
  packageName: string
  place: Place
  /** Text of the definition from its opening tag to its closing tag. */
  text: string
  definition: Definition
  description: string
  meta: Record<string, unknown>
  arguments: { name: string; type?: string; description?: string }[]
  /** Unique ids of the macros that its text calls by name (transitively found by following them). */
  macros: string[]
}

/** A unit test: rows for what a model reads, and the rows that it should make of them. `dependsOn` is the model alone. */
export interface UnitTest extends Node {
  resourceType: 'unit_test'
  model: string
  given: UnitInput[]
  expect: UnitRows
  overrides: { macros: Record<string, unknown>; vars: Record<string, unknown>; env_vars: Record<string, string> }
}

/** A report: prose and figures. Nothing reads it. */
export interface ReportNode extends Node {
  resourceType: 'report'
  title: string
  /** What a figure that cannot be had does to a build. */
  onError: 'warn' | 'fail'
  /** In the order of the file. */
  blocks: (Prose | Figure)[]
  /** By the name of the column. */
  words: Map<string, ColumnWords>
}

/** What dbt's `exposures:` say of a use of the warehouse outside of it. Nothing reads it, and nothing is run for it. */
export interface Exposure extends Node {
  resourceType: 'exposure'
  exposure: {
    type: string
    label: string | null
    maturity: string | null
    url: string | null
    owner: { name?: string | null; email?: string | null }
  }
}

/** Models of one owner. */
export interface Group {
  uniqueId: string
  name: string
  packageName: string
  /** The properties file that describes it. */
  path: string
  /** Its `name`, `email` and whatever else is said of it. */
  owner: Record<string, unknown>
  description: string | null
  meta: Record<string, unknown>
}

/** What a unit test says that one relation holds. */
export interface UnitInput {
  /** As it was written: `ref('agents')`, `source('raw', 'agents')`, `this`. */
  input: string
  place: Place
  /** Unique id of the model, seed or source; of the model under test for `this`. */
  id: string
  isThis: boolean
  rows: UnitRows
}

/** Rows of a unit test: values by column, or SQL that gives them. */
export interface UnitRows {
  format: 'dict' | 'csv' | 'sql'
  fixture: string | null
  /** As the YAML or the fixture has them. */
  written: unknown
  place: Place
  /** Names in the order in which they are first met; of SQL none. */
  columns: string[]
  rows: Map<string, UnitCell>[]
  sql: string | null
}

/** A value of a row, JSON-like, and where it stands. */
export interface UnitCell {
  value: unknown
  place: Place
}

/** The connection's face towards Jinja: `target` in templates. */
export interface Target {
  name: string
  profileName: string
  type: 'postgres'
  host: string
  port: number
  user: string
  database: string
  schema: string
  threads: number
}

/** What the command line says that templates can see as `flags`. */
export interface Flags {
  which: string
  fullRefresh: boolean
  storeFailures: boolean
  /** What the project's own extension adds, by the names that templates see. */
  own: Record<string, boolean>
}

/** A hook or other text of dbt_project.yml that is rendered when it runs. */
export interface ProjectHook {
  sql: string
  place: Place
  /** The package whose hook it is; the project itself where there is none. */
  packageName?: string
}

/** A parsed project: every node with its config, and how they depend on each other. */
export interface Project {
  /** Absolute path. */
  dir: string
  name: string
  version: string
  citus: CitusMode
  target: Target
  flags: Flags
  /** dbt_project.yml's vars with --vars over them. */
  vars: Record<string, unknown>
  /** The vars that nodes of a package see, by its name. */
  packageVars: Map<string, Record<string, unknown>>
  /** The versions of the installed packages, by name. */
  packageVersions: Map<string, string>
  /** `dispatch:`: in which packages macros of a namespace are looked for. */
  dispatch: Map<string, string[]>
  env: Record<string, string | undefined>
  /** One for the whole process: Jinja's invocation_id and run_started_at. */
  invocationId: string
  startedAt: Date
  /** Models, seeds and tests that are enabled, by unique id, sorted by it. */
  nodes: Map<string, Node>
  sources: Map<string, Node>
  /** Nodes and sources whose config says enabled: false. */
  disabled: Map<string, Node>
  macros: Map<string, Macro>
  unitTests: Map<string, UnitTest>
  reports: Map<string, ReportNode>
  exposures: Map<string, Exposure>
  /** Queries of analysis-paths. */
  analyses: Map<string, Node>
  groups: Map<string, Group>
  /** {% docs %} blocks by name. */
  docs: Map<string, { name: string; text: string; place: Place }>
  /** Selections of selectors.yml by name. */
  selectors: Map<string, Selector>
  onRunStart: ProjectHook[]
  onRunEnd: ProjectHook[]
  /**
   * Unique id to the unique ids of nodes and sources it reads directly, and the other way round. Every node, source, report, exposure
   * and analysis has an entry.
   */
  parentMap: Map<string, string[]>
  childMap: Map<string, string[]>
  /** The text of a file of the project (relative path), for code frames; undefined for a file that was not read. */
  textOf(file: string): string | undefined
  /** What is odd but no error; shown once. */
  warnings: Problem[]
}

/** `citus:` of dbt_project.yml. */
export type CitusMode = 'auto' | 'on' | 'off'

/** The package that the runner's own macros have in their unique ids, as dbt's have. */
export const RUNNER_PACKAGE = 'dbt'

/** Whether a node is a model, seed or snapshot: what ref() can name and a build makes. */
export function isBuilt({ resourceType }: Pick<Node, 'resourceType'>): boolean {
  return resourceType === 'model' || resourceType === 'seed' || resourceType === 'snapshot'
}

/** Whether a build makes a relation of it: an ephemeral model is a part of what reads it. */
export function hasRelation(node: Pick<Node, 'resourceType' | 'config'>): boolean {
  return isBuilt(node) && node.config.materialized !== 'ephemeral'
}

/** A node's path within its project or package: dbt's original_file_path. */
export function pathWithin(node: Pick<Node, 'path' | 'packagePath'>): string {
  return node.packagePath ?? node.path
}

/** The name of the group that a node is in; a test of YAML is in that of what it tests. */
export function groupOf(node: Node, { nodes }: Pick<Project, 'nodes'>): string | undefined {
  const group = nodes.get(node.test?.attachedTo ?? '')?.config.group ?? node.config.group
  return group === undefined || group === null ? undefined : String(group)
}

/** What tools around dbt know a report by: to them it is an exposure. Of anything else its own id. */
export function exposureId(id: string): string {
  return id.replace(/^report\./, 'exposure.')
}

/** Whether a node is a report. */
export function isReport(node: Node): node is ReportNode {
  return node.resourceType === 'report'
}

/** The figures of a report, in their order. */
export function figuresOf({ blocks }: Pick<ReportNode, 'blocks'>): Figure[] {
  return blocks.filter(block => block.kind === 'figure')
}
