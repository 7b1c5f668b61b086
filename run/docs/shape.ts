import type { Report } from '../reports/shape.ts'
import type { DocsQuality } from './quality-shape.ts'
import type { DocsRuns } from './runs-shape.ts'

/**
 * All data of the page of `docs generate`, as plain JSON: the page reads nothing else. Nothing is escaped: texts come unchanged from the
 * database and the feed, and the page must escape every one of them. A missing part is null, a missing list empty: a plain dbt project has
 * no quality and no warehouse. Instants are ISO 8601 in UTC, dates YYYY-MM-DD, bigint and numeric strings of digits, counts and seconds
 * numbers.
 */
export interface DocsData {
  project: DocsProject
  /** When the file was made. */
  generatedAt: string
  invocation: { id: string; command: string }
  /** Mistakes of the project, shown on top. The rest of the page covers what compiles. */
  errors: DocsProblem[]
  warnings: DocsProblem[]
  /** Models, seeds and snapshots, sorted by unique id. */
  nodes: DocsNode[]
  /** Source tables, in the same shape, so that one page and one graph show both. */
  sources: DocsNode[]
  /** Data tests; nodes and columns refer to them by unique id. */
  tests: DocsTest[]
  unitTests: DocsUnitTest[]
  /** Macros of the project, and those of the runner that it calls. */
  macros: DocsMacro[]
  lineage: DocsLineage
  entities: DocsEntities
  /** Reports of the project with the figures of their last publish, sorted by unique id. */
  reports: Report[]
  /** The `exposures:` of the project's YAML, sorted by unique id. */
  exposures: DocsExposure[]
  /** Null for a database without a feed ledger. */
  quality: DocsQuality | null
  runs: DocsRuns | null
  /** The last published run; null without a run log, and before the first one. */
  publish: { runId: string; at: string } | null
  /** The last day of the feed, and its known problems; null without a feed. */
  feed: DocsFeed | null
}

/** The header of the first page. */
export interface DocsFeed {
  /** The last day with data; null without data. */
  through: string | null
  notes: DocsNote[]
}

/** A present problem of the feed. */
export interface DocsNote {
  kind: 'refused' | 'missing' | 'incomplete' | 'undated' | 'stopped'
  /** Its day and entity; null where it has none. */
  day: string | null
  entity: string | null
  message: string
  hint: string
}

/** The header of the page. */
export interface DocsProject {
  name: string
  version: string
  /** Database name and server version; null when no database was read. */
  database: string | null
  server: string | null
}

/** A mistake or warning, with its place and the lines around it (plain text with a caret, for a <pre>). */
export interface DocsProblem {
  message: string
  file: string | null
  line: number | null
  column: number | null
  frame: string | null
  hint: string | null
  /** The node concerned, if any. */
  node: string | null
}

/** A model, seed, snapshot or source table. */
export interface DocsNode {
  uniqueId: string
  resourceType: 'model' | 'seed' | 'snapshot' | 'source'
  name: string
  /** Sources only: the name of the table's source. */
  sourceName: string | null
  packageName: string
  /** "db"."schema"."name"; null for an ephemeral model. */
  relation: string | null
  schema: string
  /** The relation's name in the schema: the alias of a model, the identifier of a source. */
  identifier: string
  /** view, table, incremental, mirror, ephemeral, snapshot, seed; null for sources. */
  materialized: string | null
  /** Markdown as written in the YAML. */
  description: string
  /** File of its definition, relative to the project. */
  file: string
  /** File of its YAML properties, if any. */
  propertiesFile: string | null
  tags: string[]
  meta: Record<string, unknown>
  /** Roles that may read it, from `grants`: privilege to roles. */
  grants: Record<string, string[]>
  /** Jinja SQL; '' for seeds and sources. */
  rawSql: string
  /** The SQL for PostgreSQL; null where it could not be compiled or there is none. */
  compiledSql: string | null
  /** In the order of the relation. */
  columns: DocsColumn[]
  /** Column names of the primary key; empty without one. */
  primaryKey: string[]
  foreignKeys: DocsForeignKey[]
  indexes: { name: string; definition: string; isUnique: boolean }[]
  /** Unique ids of all its data tests (those of columns too) and unit tests. */
  tests: string[]
  unitTests: string[]
  /** Unique ids of its parents (nodes and sources), and of its children (exact; without tests). */
  dependsOn: string[]
  usedBy: string[]
  macros: string[]
  /** Whether the relation now exists in the database. */
  exists: boolean
  /** Exact for small relations, PostgreSQL's estimate for large ones (isEstimate); null where unknown. Views: null. */
  rowCount: number | null
  isEstimate: boolean
  /** Table with its indexes and TOAST; null for views and where unknown. */
  sizeBytes: number | null
  /** The last run that built or tested it. */
  lastRun: DocsLastRun | null
  /** The last run that changed its rows, as far as the run log goes back; null where unknown. */
  changedAt: string | null
  /** For a source with thresholds: its newest row, and whether that is too old. */
  freshness: { newestAt: string; status: 'pass' | 'warn' | 'error' } | null
  /** The first rows; null where the relation is missing, cannot be read or is slow. */
  sample: DocsSample | null
  /** Why the column lineage of the whole node could not be traced; null when it was (single columns may still be untraced). */
  notTraced: string | null
}

/** Some rows of a relation, as text; contacts and free text of people are masked unless requested. */
export interface DocsSample {
  columns: string[]
  /** Long values are truncated, and end with `…`. */
  rows: (string | null)[][]
}

/** A column of a node. */
export interface DocsColumn {
  name: string
  /** PostgreSQL's type, or the YAML's data_type where the relation does not exist; null when unknown. */
  type: string | null
  /** Markdown. */
  description: string
  isKey: boolean
  isNullable: boolean | null
  /** The column referenced by a foreign key (or by a relationships test, `isTested`). */
  references: { node: string | null; relation: string; column: string; isTested: boolean } | null
  /** Unique ids of data tests on this column. */
  tests: string[]
  /** Why its lineage is unknown or incomplete; null when complete. Known edges are still given. */
  notTraced: string | null
  /** A value computed from no column: a literal, now(), a sequence. */
  isConstant: boolean
  /** The table's own previous content is a source too: first_seen_at of an error never changes. */
  isKept: boolean
  /**
   * Its origins, as indexes into lineage.fields: fields of sources, seeds and nodes without parents. For example `raw.agents.record
   * contact.email`, shown beside the column.
   */
  origins: number[]
}

/** A foreign key in the database. */
export interface DocsForeignKey {
  name: string
  columns: string[]
  /** Unique id of the table's node; null without one. */
  node: string | null
  /** schema.name */
  relation: string
  toColumns: string[]
}

/** The result of a node in its last run. */
export interface DocsLastRun {
  runId: string | null
  status: string
  startedAt: string | null
  seconds: number | null
  /** `MERGE 3`, or the error. */
  message: string | null
  inserted: number | null
  updated: number | null
  deleted: number | null
  unchanged: number | null
}

/** A data test with its last result. */
export interface DocsTest {
  uniqueId: string
  name: string
  /** `unique`, `relationships`, …; null for a singular test. */
  generic: string | null
  /** The tested node; null for singular tests of several nodes. */
  attachedTo: string | null
  column: string | null
  arguments: Record<string, unknown>
  severity: 'error' | 'warn'
  description: string
  file: string
  rawSql: string
  compiledSql: string | null
  dependsOn: string[]
  /** Null if it never ran. */
  last: DocsTestResult | null
  /** The last results, oldest first, at most 20, for a sparkline beside the test. No message where it passed. */
  history: DocsTestResult[]
}

/** One result of a test. */
export interface DocsTestResult {
  runId: string | null
  status: 'pass' | 'warn' | 'fail' | 'error' | 'skipped'
  failures: number | null
  message: string | null
  at: string | null
  seconds: number | null
}

/** A unit test: rows in, rows out. */
export interface DocsUnitTest {
  uniqueId: string
  name: string
  model: string
  description: string
  file: string
  line: number | null
  given: { input: string; columns: string[]; rows: (string | null)[][]; sql: string | null }[]
  expect: { columns: string[]; rows: (string | null)[][]; sql: string | null }
  last: DocsTestResult | null
}

/** A use of the warehouse elsewhere, from dbt's `exposures:`. */
export interface DocsExposure {
  /** `exposure.<project>.<name>` */
  uniqueId: string
  name: string
  /** The label for people, by default the name. */
  label: string
  /** dashboard, notebook, analysis, ml or application. */
  type: string
  /** high, medium or low. */
  maturity: string | null
  url: string | null
  owner: { name: string | null; email: string | null }
  /** Markdown as written in the YAML. */
  description: string
  /** Its properties file, relative to the project. */
  file: string
  tags: string[]
  meta: Record<string, unknown>
  /** Unique ids of its parents, nodes and sources. */
  dependsOn: string[]
}

/** A macro, with its callers. */
export interface DocsMacro {
  uniqueId: string
  name: string
  packageName: string
  file: string
  line: number | null
  description: string
  arguments: { name: string; type: string | null; description: string }[]
  /** Jinja from its opening tag to its closing tag. */
  text: string
  /** Unique ids of the macros that it calls, and of the nodes and macros that call it. */
  macros: string[]
  usedBy: string[]
  /** Whether it is one of the runner's own. */
  isOwn: boolean
}

/**
 * Column lineage as one plain graph. A field is a column of a node, or a path within a jsonb column. Edges go from a source to what is
 * derived from it, always between a node and a direct child, so following edges from a field by its index, in either direction, gives its
 * whole lineage. The tracer has already carried paths through columns that pass a jsonb on: where a model passes `record` on and the next
 * reads `contact.email` of it, the column in between has a field `contact.email` with its edges. A click on a column is a click on all its
 * fields (those with its node and column).
 */
export interface DocsLineage {
  fields: DocsField[]
  /** from and to are indexes into fields. */
  edges: DocsEdge[]
  /** Numbers of traced columns, for a line on the page. */
  columns: number
  traced: number
  notTraced: number
}

/** A column, or a part of it. */
export interface DocsField {
  /** Unique id; `relation:schema.name` for a table without a node. */
  node: string
  /** `*`: the rows of the relation, as for count(*) and exists(). No column of DocsNode has this name. */
  column: string
  /** Path into jsonb: a key, an index from the start (negative: from the end), null for any array element; empty for the column itself. */
  path: (string | number | null)[]
  /** `contact.email`, `agent_ids[]`, `availability[].channel`; '' without a path. */
  label: string
}

/**
 * [from, to, kind]. `copy`: unchanged (casts and trims of blanks count as value); `value`: computed from it; `condition`: decides only
 * which rows or which value.
 */
export type DocsEdge = [from: number, to: number, kind: 'copy' | 'value' | 'condition']

/** Tables of the project with keys and foreign keys, from pg_constraint; without any foreign key, from relationships tests (isTested). */
export interface DocsEntities {
  tables: DocsEntity[]
  links: {
    name: string
    from: string
    columns: string[]
    to: string
    toColumns: string[]
    isOptional: boolean
    isOneToOne: boolean
    isTested: boolean
  }[]
}

/** A table of the entity diagram; id is schema.name. */
export interface DocsEntity {
  id: string
  schema: string
  name: string
  node: string | null
  columns: { name: string; type: string; isKey: boolean; isForeignKey: boolean; isNullable: boolean }[]
}
