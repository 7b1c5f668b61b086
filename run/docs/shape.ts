import type { Report } from '../reports/shape.ts'
import type { DocsQuality } from './quality-shape.ts'
import type { DocsRuns } from './runs-shape.ts'

/**
 * All that the page of `docs generate` shows, as plain JSON: the page reads this object and nothing else.
 * Nothing in it is escaped or marked up: texts come from the database and the feed as they are, the page must escape every one of them.
 * A part that a project or its database does not have is null (a part) or empty (a list): a plain dbt project has no quality and no
 * warehouse. Instants are ISO 8601 in UTC, dates YYYY-MM-DD, bigint and numeric strings of digits, counts and seconds numbers.
 */
export interface DocsData {
  project: DocsProject
  /** When the file was made. */
  generatedAt: string
  invocation: { id: string; command: string }
  /** What keeps the project from being whole, to be shown on top. The rest of the page is of what does compile. */
  errors: DocsProblem[]
  warnings: DocsProblem[]
  /** Models, seeds and snapshots, sorted by unique id. */
  nodes: DocsNode[]
  /** Source tables, of the same shape, so that one page and one graph show both. */
  sources: DocsNode[]
  /** Data tests; nodes and columns name theirs by unique id. */
  tests: DocsTest[]
  unitTests: DocsUnitTest[]
  /** Macros of the project, and those of the runner that it calls. */
  macros: DocsMacro[]
  lineage: DocsLineage
  entities: DocsEntities
  /** Reports of the project with the figures of their last publish, sorted by unique id. */
  reports: Report[]
  /** What `exposures:` of the project's YAML say, sorted by unique id. */
  exposures: DocsExposure[]
  /** Null where the database has no feed ledger. */
  quality: DocsQuality | null
  runs: DocsRuns | null
  /** The last run that was published; null without a run log, and before the first one. */
  publish: { runId: string; at: string } | null
  /** How far the feed goes, and what a reader must know of it; null without one. */
  feed: DocsFeed | null
}

/** What stands before the answers. */
export interface DocsFeed {
  /** The last day that there is data for; null when there is none. */
  through: string | null
  notes: DocsNote[]
}

/** Something of the feed that is not as it should be, and still counts. */
export interface DocsNote {
  kind: 'refused' | 'missing' | 'incomplete' | 'undated' | 'stopped'
  /** Of which day and entity; null where it is about neither. */
  day: string | null
  entity: string | null
  message: string
  hint: string
}

/** The head of the page. */
export interface DocsProject {
  name: string
  version: string
  /** Database name and server version; null when nothing was asked of a database. */
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
  /** The node that it is about, where one is. */
  node: string | null
}

/** A model, seed, snapshot or source table. */
export interface DocsNode {
  uniqueId: string
  resourceType: 'model' | 'seed' | 'snapshot' | 'source'
  name: string
  /** Only of sources: the name of the source that the table belongs to. */
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
  /** Where it is defined, relative to the project. */
  file: string
  /** Where its YAML properties are, when it has any. */
  propertiesFile: string | null
  tags: string[]
  meta: Record<string, unknown>
  /** Who may read it, where `grants` says so: privilege to roles. */
  grants: Record<string, string[]>
  /** Jinja SQL; '' for seeds and sources. */
  rawSql: string
  /** What PostgreSQL gets; null where it could not be compiled or there is none. */
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
  /** Unique ids of nodes and sources that it reads, and of those that read it (exact; tests are not among them). */
  dependsOn: string[]
  usedBy: string[]
  macros: string[]
  /** Whether the database has the relation now. */
  exists: boolean
  /** Exact for small relations, PostgreSQL's estimate for large ones (isEstimate); null where unknown. Views: null. */
  rowCount: number | null
  isEstimate: boolean
  /** Table with its indexes and TOAST; null for views and where unknown. */
  sizeBytes: number | null
  /** The last run that did something with it. */
  lastRun: DocsLastRun | null
  /** When a run last changed one of its rows, as far as the run log goes back; null where it does not say. */
  changedAt: string | null
  /** Of a source with thresholds: its newest row, and whether that is too old. */
  freshness: { newestAt: string; status: 'pass' | 'warn' | 'error' } | null
  /** The first rows; null where the relation is not there, cannot be read or takes long. */
  sample: DocsSample | null
  /** Why column lineage of the whole node could not be traced; null when it was (single columns may still be not traced). */
  notTraced: string | null
}

/** Some rows of a relation, as text; contacts and free text of people are masked unless they were asked for. */
export interface DocsSample {
  columns: string[]
  /** Long values are cut, and end with `…`. */
  rows: (string | null)[][]
}

/** A column of a node. */
export interface DocsColumn {
  name: string
  /** PostgreSQL's type, the YAML's data_type where the relation is not there; null when unknown. */
  type: string | null
  /** Markdown. */
  description: string
  isKey: boolean
  isNullable: boolean | null
  /** The column that a foreign key (or a relationships test, `isTested`) says it points to. */
  references: { node: string | null; relation: string; column: string; isTested: boolean } | null
  /** Unique ids of data tests on this column. */
  tests: string[]
  /** Why its lineage is not (or not wholly) known; null when it is. Edges that are known are there all the same. */
  notTraced: string | null
  /** A value made from no column at all: a literal, now(), a sequence. */
  isConstant: boolean
  /** What its own table held before the build is a source too: first_seen_at of an error stays as it was. */
  isKept: boolean
  /**
   * Where it comes from in the end, as indexes into lineage.fields: fields of sources, seeds and nodes that read nothing.
   * `raw.agents.record contact.email` is what a reader wants to see beside the column.
   */
  origins: number[]
}

/** A foreign key as the database has it. */
export interface DocsForeignKey {
  name: string
  columns: string[]
  /** Unique id of the node behind the table; null when no node makes the table. */
  node: string | null
  /** schema.name */
  relation: string
  toColumns: string[]
}

/** What became of a node in the last run that had it. */
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
  /** The node it is about; null for singular tests of several nodes. */
  attachedTo: string | null
  column: string | null
  arguments: Record<string, unknown>
  severity: 'error' | 'warn'
  description: string
  file: string
  rawSql: string
  compiledSql: string | null
  dependsOn: string[]
  /** Null when it never ran. */
  last: DocsTestResult | null
  /** The last results, oldest first, at most 20: for a sparkline beside the test. Without the message where it passed. */
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

/** A use of the warehouse that lies outside of it, as dbt's `exposures:` declare it. */
export interface DocsExposure {
  /** `exposure.<project>.<name>` */
  uniqueId: string
  name: string
  /** What people call it; the name where none is given. */
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
  /** Unique ids of the nodes and sources that it reads. */
  dependsOn: string[]
}

/** A macro, with who calls it. */
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
  /** One of the runner's own, not of the project. */
  isOwn: boolean
}

/**
 * Column lineage as one plain graph. A field is a column of a node, or what lies at a path of a jsonb column. Edges go from what is read
 * to what is made of it, always between a node and one that reads it directly, so walking edges from a field by its index, in either
 * direction, gives its whole way. The tracer has already carried paths through columns that hand a jsonb on: where a model hands
 * `record` on and the next reads `contact.email` of it, there is a field `contact.email` of the column in between, with its edges.
 * A click on a column is a click on all its fields (those with its node and column).
 */
export interface DocsLineage {
  fields: DocsField[]
  /** from and to are indexes into fields. */
  edges: DocsEdge[]
  /** How much is traced, for a line on the page. */
  columns: number
  traced: number
  notTraced: number
}

/** A column, or a part of it. */
export interface DocsField {
  /** Unique id; `relation:schema.name` for a table that no node describes. */
  node: string
  /** `*`: the rows of the relation, which is what count(*) counts and exists() looks for. No column of DocsNode has this name. */
  column: string
  /** Into jsonb: a key, an index from the start (or end, when negative), null for any element of an array; none for the column itself. */
  path: (string | number | null)[]
  /** `contact.email`, `agent_ids[]`, `availability[].channel`; '' without a path. */
  label: string
}

/**
 * [from, to, kind]. `copy`: handed on as it is (casts and trims of blanks count as value); `value`: computed from it; `condition`: decides
 * only which rows or which value.
 */
export type DocsEdge = [from: number, to: number, kind: 'copy' | 'value' | 'condition']

/**
 * Tables of the project with keys and foreign keys, from pg_constraint; without any foreign key, what relationships tests say (isTested).
 */
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
