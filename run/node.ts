import type { Place } from './errors.ts'

/** What a node is: dbt's resource types that this runner knows. */
export type ResourceType = 'model' | 'seed' | 'test' | 'source'

/** The config of a node after all levels of precedence, keys as dbt names them (`materialized`, `unique_key`, …). */
export type Config = Record<string, unknown>

/** A column as its YAML describes it. */
export interface Column {
  name: string
  description: string
  dataType?: string
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
  /** The file's path relative to the project: `models/core/agents.sql`. */
  path: string
  fqn: string[]
  /** Jinja source; for a seed its CSV stays on disk, for a generic test the call of its macro. */
  raw: string
  config: Config
  schema: string
  /** The relation's name in the database. */
  alias: string
  description: string
  columns: Column[]
  tags: string[]
  meta: Record<string, unknown>
  /** Unique ids of the nodes that ref() and source() named, in order of first call. */
  dependsOn: string[]
  /** Unique ids of the macros that rendering called. */
  macros: string[]
  /** Only tests: which generic test, on which model and column, with which arguments. */
  test?: { generic?: string; attachedTo?: string; column?: string; arguments: Record<string, unknown> }
  /** Only sources: the name of the source that the table belongs to. */
  sourceName?: string
}
