import type { Place } from '../base/errors.ts'

/** A question that a template has for the database. */
export type Request =
  /** run_query() and statement(). */
  | { kind: 'query'; sql: string; place: Place }
  /** adapter.get_relation(); the names as written. */
  | { kind: 'relation'; schema: string; identifier: string }
  /** adapter.get_columns_in_relation(). */
  | { kind: 'columns'; schema: string; identifier: string }
  /** adapter.list_relations_without_caching(). */
  | { kind: 'relations'; schema: string }
  /** adapter.check_schema_exists(). */
  | { kind: 'schema'; schema: string }

/** A relation that exists. */
export interface FoundRelation {
  schema: string
  identifier: string
  type: 'table' | 'view' | 'materialized_view' | 'external'
}

/** A column that exists; `type` as format_type() has it without its modifier (`character varying`, `numeric`, `text`). */
export interface FoundColumn {
  name: string
  type: string
  charSize?: number
  numericPrecision?: number
  numericScale?: number
}

/** The answers, each for the request of its kind. */
export interface Answers {
  /** Values as PostgreSQL writes them, null for NULL. `status` is the command tag, `INSERT 0 1`. */
  query: { columns: { name: string; type: string }[]; rows: unknown[][]; status: string }
  relation: FoundRelation | null
  columns: FoundColumn[]
  relations: FoundRelation[]
  schema: boolean
}

/** Asks the database what a template wants to know; rejects with PostgreSQL's error. */
export type Introspect = <Kind extends Request['kind']>(request: Extract<Request, { kind: Kind }>) => Promise<Answers[Kind]>
