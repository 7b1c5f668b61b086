import type { Place, Problem } from '../base/errors.ts'
import type { Definition } from '../jinja/template.ts'
import type { ColumnWords, Figure, Prose } from './figure.ts'
import type { Selector } from './selector.ts'

/** dbt's resource types that this runner supports, and reports, which are ours. */
export type ResourceType = 'model' | 'seed' | 'test' | 'unit_test' | 'snapshot' | 'source' | 'report' | 'exposure' | 'analysis'

/** The config of a node after all levels of precedence, with dbt's keys (`materialized`, `unique_key`, …). */
export type Config = Record<string, unknown>

/** A constraint as in the YAML, not interpreted. */
export interface Constraint {
  type: string
  name?: string
  expression?: string
  columns?: string[]
  to?: string
  to_columns?: string[]
}

/** A column as in its YAML. */
export interface Column {
  name: string
  description: string
  dataType?: string
  quote?: boolean
  meta?: Record<string, unknown>
  tags?: string[]
  constraints?: Constraint[]
}

/** A model, seed, source or data test of the project, after parsing. */
export interface Node {
  /** dbt's id: `model.deskledger.agents`, `source.deskledger.raw.agents`, `test.deskledger.unique_agents_agent_id.1a2b3c4d5e`. */
  uniqueId: string
  resourceType: ResourceType
  name: string
  packageName: string
  /** Place of its definition, relative to the project. */
  place: Place
  /** Place of its YAML properties, if it has any. */
  patch?: Place
  /** The file, relative to the project: `models/core/agents.sql`; for a source or generic test its YAML file. */
  path: string
  /** For a node of a package: the path relative to the package. */
  packagePath?: string
  fqn: string[]
  /** For a version of a model: its number, and whether it is the one of ref() without a version. */
  version?: string
  isLatest?: boolean
  /** `time_spine:` of a model. */
  timeSpine?: object
  /** Jinja source; '' for a seed, whose CSV stays on disk, and for a source; for a generic test the call of its macro. */
  raw: string
  /** sha256 in hex of the file's content (generic test: of its call; source: of its definition). */
  checksum: string
  config: Config
  /** The config before Jinja, for state:modified. */
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
  /** Calls of ref() and source() as written. */
  refs: { package?: string; name: string }[]
  sources: [source: string, table: string][]
  /** Unique ids of the nodes named by ref() and source(), in order of first call. */
  dependsOn: string[]
  /** Unique ids of the macros called by rendering. */
  macros: string[]
  /** Tests only: the generic test, its node and column, and its arguments. */
  test?: { generic?: string; namespace?: string; attachedTo?: string; column?: string; arguments: Record<string, unknown> }
  /** Sources only: the name of the table's source, and the config of `source freshness`. */
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

/** A macro, materialization or generic test; the names of generic tests begin with `test_`, as in dbt. */
export interface Macro {
  /** `macro.deskledger.generate_schema_name`. */
  uniqueId: string
  name: string
  packageName: string
  place: Place
  /** The definition's text, from its opening tag to its closing tag. */
  text: string
  definition: Definition
  description: string
  meta: Record<string, unknown>
  arguments: { name: string; type?: string; description?: string }[]
  /** Unique ids of the macros that its text calls by name (follow them for indirect calls). */
  macros: string[]
}

/** A unit test: rows for the parents of a model, and the rows expected from it. `dependsOn` contains only the model. */
export interface UnitTest extends Node {
  resourceType: 'unit_test'
  model: string
  given: UnitInput[]
  expect: UnitRows
  overrides: { macros: Record<string, unknown>; vars: Record<string, unknown>; env_vars: Record<string, string> }
}

/** A report: prose and figures. No node depends on it. */
export interface ReportNode extends Node {
  resourceType: 'report'
  title: string
  /** Effect of a failing figure on a build. */
  onError: 'warn' | 'fail'
  /** In file order. */
  blocks: (Prose | Figure)[]
  /** By column name. */
  words: Map<string, ColumnWords>
}

/** One of dbt's `exposures:`, a use of the warehouse elsewhere. No node depends on it, and nothing is run for it. */
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
  /** Its properties file. */
  path: string
  /** Its `name`, `email` and any other keys. */
  owner: Record<string, unknown>
  description: string | null
  meta: Record<string, unknown>
}

/** The given rows of one relation in a unit test. */
export interface UnitInput {
  /** As written: `ref('agents')`, `source('raw', 'agents')`, `this`. */
  input: string
  place: Place
  /** Unique id of the model, seed or source; of the model under test for `this`. */
  id: string
  isThis: boolean
  rows: UnitRows
}

/** Rows of a unit test: values by column, or an SQL query. */
export interface UnitRows {
  format: 'dict' | 'csv' | 'sql'
  fixture: string | null
  /** As in the YAML or the fixture. */
  written: unknown
  place: Place
  /** Names in order of first appearance; empty for SQL. */
  columns: string[]
  rows: Map<string, UnitCell>[]
  sql: string | null
}

/** A JSON-like value of a row, and its place. */
export interface UnitCell {
  value: unknown
  place: Place
}

/** The connection as templates see it: `target`. */
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

/** The command line as templates see it: `flags`. */
export interface Flags {
  which: string
  fullRefresh: boolean
  storeFailures: boolean
  /** Flags of the project's own extension, by their names in templates. */
  own: Record<string, boolean>
}

/** A hook or other text of dbt_project.yml, rendered when it runs. */
export interface ProjectHook {
  sql: string
  place: Place
  /** The hook's package; undefined for the project itself. */
  packageName?: string
}

/** A parsed project: all nodes with their config and dependencies. */
export interface Project {
  /** Absolute path. */
  dir: string
  name: string
  version: string
  citus: CitusMode
  target: Target
  flags: Flags
  /** dbt_project.yml's vars, overridden by --vars. */
  vars: Record<string, unknown>
  /** The vars of each package's nodes, by package name. */
  packageVars: Map<string, Record<string, unknown>>
  /** The versions of the installed packages, by name. */
  packageVersions: Map<string, string>
  /** `dispatch:`: the packages to search for macros of a namespace. */
  dispatch: Map<string, string[]>
  env: Record<string, string | undefined>
  /** Unique to the process: Jinja's invocation_id and run_started_at. */
  invocationId: string
  startedAt: Date
  /** Enabled models, seeds and tests by unique id, sorted by it. */
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
  /** Direct parents by unique id, and direct children. Every node, source, report, exposure and analysis has an entry. */
  parentMap: Map<string, string[]>
  childMap: Map<string, string[]>
  /** The text of a project file by its relative path, for code frames; undefined for a file that was not read. */
  textOf(file: string): string | undefined
  /** Warnings, shown once. */
  warnings: Problem[]
}

/** `citus:` of dbt_project.yml. */
export type CitusMode = 'auto' | 'on' | 'off'

/** The package name in unique ids of the runner's own macros, the same as for dbt's. */
export const RUNNER_PACKAGE = 'dbt'

/** Whether a node is a model, seed or snapshot: those that ref() can name and a build makes. */
export function isBuilt({ resourceType }: Pick<Node, 'resourceType'>): boolean {
  return resourceType === 'model' || resourceType === 'seed' || resourceType === 'snapshot'
}

/** Whether a build creates a relation for the node: an ephemeral model is a part of the nodes that read it. */
export function hasRelation(node: Pick<Node, 'resourceType' | 'config'>): boolean {
  return isBuilt(node) && node.config.materialized !== 'ephemeral'
}

/** All nodes of a project that a selection can name. */
export function selectableNodes({ nodes, sources, unitTests, reports, exposures, analyses }: Project): Node[] {
  const maps: Map<string, Node>[] = [nodes, sources, unitTests, reports, exposures, analyses]
  return maps.flatMap(map => [...map.values()])
}

/** A node's path within its project or package: dbt's original_file_path. */
export function pathWithin(node: Pick<Node, 'path' | 'packagePath'>): string {
  return node.packagePath ?? node.path
}

/** The name of a node's group; a test defined in YAML is in the group of the node that it tests. */
export function groupOf(node: Node, { nodes }: Pick<Project, 'nodes'>): string | undefined {
  const group = nodes.get(node.test?.attachedTo ?? '')?.config.group ?? node.config.group
  return group === undefined || group === null ? undefined : String(group)
}

/** The id of a report in artifacts, where it is an exposure; the node's own id for anything else. */
export function exposureId(id: string): string {
  return id.replace(/^report\./, 'exposure.')
}

/** Whether a node is a report. */
export function isReport(node: Node): node is ReportNode {
  return node.resourceType === 'report'
}

/** The figures of a report, in order. */
export function figuresOf({ blocks }: Pick<ReportNode, 'blocks'>): Figure[] {
  return blocks.filter(block => block.kind === 'figure')
}
