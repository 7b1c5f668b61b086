import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type Compared, compare, type Existing, findRelation, isEmpty, qualified } from './catalog.ts'
import type { Placement } from './citus/placement.ts'
import { explainRefusal } from './citus/refusals.ts'
import { explainPostgres } from './codeframe.ts'
import { type RunContext, renderMacro } from './compile.ts'
import { type ContractColumn, landingStatements } from './contract.ts'
import type { Sql } from './database.ts'
import type { SavedView } from './dependents.ts'
import { ProjectError } from './errors.ts'
import type { Rendered } from './jinja/render.ts'
import type { Node, Project } from './node.ts'
import type { Observer } from './observer.ts'
import { quote } from './relation.ts'

/** What a materialization works with. */
export interface Work {
  /** The session of the build's transaction. */
  sql: Sql
  project: Project
  node: Node
  /** The model's SQL, compiled. */
  query: Rendered
  /** is_incremental(). */
  incremental: boolean
  /** The columns that an enforced contract promises; the query's result gets exactly these. */
  contract?: ContractColumn[]
  context: RunContext
  /** Where the table lies in a Citus cluster; undefined on plain PostgreSQL, and for a table of the coordinator alone. */
  placement?: Placement
  /** Views that had to be dropped and could not be made again yet; shared by the nodes of a build. */
  pendingViews: SavedView[]
  /** Foreign keys dropped for a first fill, as statements that add them again; shared by the nodes of a build. */
  pendingKeys: string[]
  /** Every statement as it was run, for target/run. */
  statements: string[]
  /** Looks on: plan and its like. */
  observer?: Observer
}

/** What a materialization did. Row counts are null where there is nothing to count (a view). */
export interface Outcome {
  /** As in dbt's lines: `CREATE VIEW`, `SELECT 12`, `MERGE 3`, or `UNCHANGED`. */
  action: string
  inserted: number | null
  updated: number | null
  deleted: number | null
  unchanged: number | null
}

/** Row counts of an outcome. */
export interface Counts {
  inserted: number
  updated: number
  deleted: number
}

/** `"core"."agents"`. */
export function target(work: Work): string {
  return qualified(work.node.schema, work.node.alias)
}

/** A temporary name beside the model's, cut to PostgreSQL's 63 bytes: `"agents__dbt_tmp"`. */
export function temporary(work: Work, suffix: string): string {
  let base = work.node.alias
  while (Buffer.byteLength(base) + suffix.length > 63) base = base.slice(0, -1)
  return quote(base + suffix)
}

/** Runs what a macro of macros/materializations makes of the arguments; gives the number of rows of its command tag. */
export async function step(work: Work, macro: string, args: Record<string, unknown>): Promise<number> {
  const { text } = await renderMacro(work.project, work.node, macro, args, work.context)
  const result = await runSql(work, text)
  return result.count ?? 0
}

/** The rows that a macro's query gives. */
export async function ask<Row extends object>(work: Work, macro: string, args: Record<string, unknown>): Promise<Row[]> {
  const { text } = await renderMacro(work.project, work.node, macro, args, work.context)
  return [...(await runSql(work, text))] as Row[]
}

/** Runs one statement as a part of the node's work; PostgreSQL's error points at the analyst's source where the statement holds the query. */
export async function runSql(work: Work, text: string) {
  work.statements.push(text.trim())
  return work.sql.unsafe(text).catch(error => {
    throw explainStatement(work.node, work.query, text, error)
  })
}

/** The query's result in a temporary table, with the statistics that a comparison by key asks for: of wide rows those of all columns would take as long as the comparison. */
export async function createIncoming(work: Work): Promise<{ name: string; columns: Existing; rows: number }> {
  const name = temporary(work, '__dbt_tmp')
  const rows = work.contract
    ? await land(work, name, work.contract)
    : await step(work, 'create_incoming', { incoming: name, query: work.query.text })
  const columns = await findRelation(work.sql, name)
  if (!columns) throw new Error(`${name} is gone`)
  const known = columns.columns.map(column => quote(column.name))
  const key = keyOf(work).filter(column => known.includes(column))
  await runSql(work, `analyze ${name}${known.length > 0 ? ` (${(key.length > 0 ? key : known.slice(0, 1)).join(', ')})` : ''}`)
  return { name, columns, rows }
}

/** The columns that the query has, of an empty temporary table. */
export async function createShape(work: Work): Promise<Existing> {
  const name = temporary(work, '__dbt_tmp')
  await runSql(work, `create temporary table ${name} on commit drop as\n\n${work.query.text}\n\nwith no data`)
  const columns = await findRelation(work.sql, name)
  if (!columns) throw new Error(`${name} is gone`)
  return columns
}

async function land(work: Work, name: string, contract: ContractColumn[]): Promise<number> {
  const [create, insert] = landingStatements(name, contract, work.query.text)
  await runSql(work, create)
  return (await runSql(work, insert)).count ?? 0
}

/** Drops the temporary relations of a node: another model may have the same name in another schema. */
export async function dropTemporary(work: Work, ...suffixes: string[]): Promise<void> {
  await work.sql.unsafe(`drop table if exists ${suffixes.map(suffix => `pg_temp.${temporary(work, suffix)}`).join(', ')}`)
}

/** The model's unique_key as quoted column names that the query has; none without one. */
export function keyOf(work: Work, incoming?: Existing): string[] {
  const value = work.node.config.unique_key
  const key = (Array.isArray(value) ? value : value ? [value] : []).map(String)
  for (const name of incoming ? key : []) {
    if (!incoming?.columns.some(column => column.name === name)) {
      const known = incoming?.columns.map(column => column.name).join(', ')
      throw new ProjectError(`unique_key names '${name}', but the query has no such column; it has ${known}`, { place: work.node.place })
    }
  }
  return key.map(quote)
}

/** Columns of the query against those of the table, which must have them all. */
export function comparedColumns(work: Work, existing: Existing, incoming: Existing): Compared[] {
  const writable = new Set(existing.columns.filter(column => !column.isGenerated).map(column => column.name))
  const missing = incoming.columns.filter(column => !writable.has(column.name)).map(column => column.name)
  if (missing.length > 0) {
    const have = existing.columns.map(column => column.name).join(', ')
    throw new ProjectError(
      `The query gives ${missing.map(name => `'${name}'`).join(', ')}, but ${target(work)} has no such column; it has ${have}`,
      {
        place: work.node.place,
        hint: work.node.config.migrated
          ? 'The table is made by a migration: add the column in a new one, or take it out of the query.'
          : 'Run it with --full-refresh, or set on_schema_change.',
      },
    )
  }
  return compare(existing, incoming)
}

/** Fails, showing them, when the query gives a key twice or without a value. */
export async function checkKeys(work: Work, incoming: string, key: string[]): Promise<void> {
  const bad = await ask<Record<string, unknown>>(work, 'find_bad_keys', { incoming, key })
  if (bad.length === 0) return
  const shown = bad.map(row => {
    const values = key.map(name => row[unquote(name)])
    const text = key.map((name, i) => `${unquote(name)} = ${values[i] === null ? 'null' : JSON.stringify(values[i])}`).join(', ')
    return values.includes(null) ? text : `${text} (${row.dbt_rows} rows)`
  })
  throw new ProjectError(
    `The unique_key (${key.map(unquote).join(', ')}) must be there and unique in what the query gives, but there is ${shown.join('; ')}`,
    {
      place: work.node.place,
      hint: 'Make the query give one row per key (distinct on …), or correct unique_key.',
    },
  )
}

/** Whether the target is a table without rows: a first fill needs no comparison. */
export async function isFirstFill(work: Work): Promise<boolean> {
  return isEmpty(work.sql, target(work))
}

/** PostgreSQL's error about a statement that holds a node's SQL, at the analyst's source where it points into that SQL; other errors as they are. */
export function explainStatement(node: Node, query: Rendered, statement: string, error: unknown): unknown {
  if (!isPostgresError(error)) return error
  // statementsOf() may have cut blanks and a last semicolon off the query.
  const core = query.text.trim().replace(/;\s*$/, '')
  const offset = core === '' ? -1 : statement.indexOf(core)
  const position = Number(error.position) - 1
  const isInside = offset >= 0 && position >= offset && position <= offset + core.length
  const lead = query.text.indexOf(core)
  const explained = explainPostgres(isInside ? error : { ...plain(error), position: undefined }, query, Math.max(offset, 0) - lead)
  const { message, place = node.place, callers } = explained
  const hint = explainRefusal(error) ?? explained.hint
  if (!node.test?.generic || isDeepStrictEqual(place, node.place))
    return Object.assign(new ProjectError(message, { place, hint, callers }), { cause: error })
  // A generic test: the line of the YAML that asks for it leads to the mistake, and of the project's own tests the line in the macro does too.
  const isOurs = path.isAbsolute(place.file) || place.file.startsWith('..')
  const called = isOurs ? callers : [...callers, { ...node.place, macro: `test_${node.test.generic}` }]
  return Object.assign(new ProjectError(message, { place: isOurs ? node.place : place, hint, callers: called }), { cause: error })
}

function isPostgresError(error: unknown): error is Error & { code: string; position?: string } {
  return error instanceof Error && error.name === 'PostgresError'
}

function plain(error: Error & { code: string; detail?: string; hint?: string; where?: string }) {
  return { message: error.message, code: error.code, detail: error.detail, hint: error.hint, where: error.where }
}

function unquote(name: string): string {
  return name.slice(1, -1).replaceAll('""', '"')
}
