import { md5 } from '../base/hash.ts'
import { quote } from '../manifest/relation.ts'
import type { Existing } from './catalogue.ts'
import type { Sql } from './driver.ts'

/** `"schema"."name"`. */
export function qualified(schema: string, name: string): string {
  return `${quote(schema)}.${quote(name)}`
}

/** Whether all of these relations are there: `schema.name`. */
export async function hasRelations(sql: Sql, names: string[]): Promise<boolean> {
  const [row] = await sql<
    { there: boolean }[]
  >`select bool_and(to_regclass(name) is not null) as there from unnest(${names}::text[]) as names (name)`
  return row?.there ?? false
}

/** Names of types by their oids, in the order given: `bigint`, `text`. */
export async function typeNames(sql: Sql, oids: number[]): Promise<string[]> {
  const open = [...new Set(oids.filter(oid => !builtIn.has(oid)))]
  const names = new Map(builtIn)
  if (open.length > 0) {
    const rows = await sql<{ oid: number; name: string }[]>`
      select oid::int8::float8 as oid, format_type(oid, null) as name from unnest(${open}::oid[]) as types (oid)`
    for (const { oid, name } of rows) {
      names.set(oid, name)
      // PostgreSQL's own types keep their oids.
      if (oid < FIRST_OF_USERS) builtIn.set(oid, name)
    }
  }
  return oids.map(oid => names.get(oid)!)
}

const builtIn = new Map<number, string>()
const FIRST_OF_USERS = 16_384

/** Whether two relations have the same columns of the same types in the same order. */
export function sameColumns(a: Existing, b: Existing): boolean {
  return (
    a.columns.length === b.columns.length &&
    a.columns.every((column, i) => column.name === b.columns[i]?.name && column.type === b.columns[i]?.type)
  )
}

/** A text that identifies the columns of a relation and their types; '' for no relation. */
export function columnsMark(existing: Existing | null): string {
  if (!existing || existing.columns.length === 0) return ''
  return md5(existing.columns.map(({ name, type }) => `${name} ${type}`).join(',')).slice(0, 16)
}

/** A relation of the database. */
export interface Listed {
  schema: string
  name: string
  /** Whether it is a table, not a view. */
  isTable: boolean
  /** Whether search_path finds it by its bare name. */
  isVisible: boolean
}

/** All tables and views but PostgreSQL's own. */
export async function listRelations(sql: Sql): Promise<Listed[]> {
  return sql<Listed[]>`
    select
        nspname as schema,
        relname as name,
        relkind in ('r', 'p') as "isTable",
        pg_table_is_visible(pg_class.oid) as "isVisible"
    from pg_class
    inner join pg_namespace on pg_namespace.oid = relnamespace
    where relkind in ('r', 'p', 'v', 'm', 'f') and nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`
}

/** Whether a table has no row. */
export async function isEmpty(sql: Sql, name: string): Promise<boolean> {
  const [row] = await sql.unsafe<{ empty: boolean }[]>(`select not exists (select 1 from ${name}) as empty`)
  return row?.empty ?? true
}

/**
 * A column of the query as the macros need it: its quoted name, the cast to the table's type where the types differ, and whether equal
 * values of that type always look the same.
 */
export interface Compared {
  name: string
  cast: string
  exact: boolean
}

/** How each column of the query is compared with, and written to, the table's column of that name. */
export function compare(existing: Existing, incoming: Existing): Compared[] {
  const types = new Map(existing.columns.map(column => [column.name, column.type]))
  return incoming.columns.map(({ name, type }) => {
    const target = types.get(name) ?? type
    // A cast to varchar(n) truncates silently; the comparison needs none, and the write must fail.
    const cast = target === type || /^character/.test(target) ? '' : `::${target}`
    return { name: quote(name), cast, exact: exact.test(target) }
  })
}

/** Types whose equal values look the same; numeric only with a scale. */
const exact =
  /^(smallint|integer|bigint|oid|boolean|text|character.*|date|time.* without time zone|timestamp.*|uuid|bytea|numeric\(\d+,\d+\))$/
