import { quote } from '../manifest/relation.ts'
import type { Sql } from './driver.ts'

/** A relation as the database has it. */
export interface Existing {
  oid: number
  kind: 'table' | 'view' | 'materialized view' | 'foreign table'
  columns: ExistingColumn[]
  /** Columns of the primary key, none without one. */
  primaryKey: string[]
  isEmpty?: boolean
}

/** A column of it; `type` with its modifier: `numeric(18,2)`. */
export interface ExistingColumn {
  name: string
  type: string
  /** A generated column, which no statement may write. */
  isGenerated: boolean
}

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
  if (oids.length === 0) return []
  const rows = await sql<{ name: string }[]>`
    select format_type(oid, null) as name from unnest(${oids}::oid[]) with ordinality as types (oid, position) order by position`
  return rows.map(row => row.name)
}

/** Looks a relation up by its quoted name; null when there is none. */
export async function findRelation(sql: Sql, name: string): Promise<Existing | null> {
  const [row] = await sql.unsafe<{ oid: number; relkind: string; columns: ExistingColumn[] | null; primary_key: string[] | null }[]>(
    `
    select
        c.oid::int8::float8 as oid,
        c.relkind,
        (
            select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'isGenerated', a.attgenerated != '') order by a.attnum)
            from pg_attribute as a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        ) as columns,
        (
            select json_agg(a.attname order by k.position)
            from pg_index as i
            cross join unnest(i.indkey) with ordinality as k (attnum, position)
            inner join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
            where i.indrelid = c.oid and i.indisprimary
        ) as primary_key
    from pg_class as c
    where c.oid = to_regclass($1)`,
    [name],
  )
  if (!row) return null
  return { oid: row.oid, kind: kinds[row.relkind] ?? 'table', columns: row.columns ?? [], primaryKey: row.primary_key ?? [] }
}

/** Whether two relations have the same columns of the same types in the same order. */
export function sameColumns(a: Existing, b: Existing): boolean {
  return (
    a.columns.length === b.columns.length &&
    a.columns.every((column, i) => column.name === b.columns[i]?.name && column.type === b.columns[i]?.type)
  )
}

/** What stands for the columns of a node's relation and their types; '' where there is none. */
export async function columnsMark(sql: Sql, { schema, alias }: { schema: string; alias: string }): Promise<string> {
  const [row] = await sql<{ mark: string }[]>`
    select coalesce(left(md5(string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',' order by attnum)), 16), '') as mark
    from pg_attribute
    where attrelid = to_regclass(${qualified(schema, alias)}) and attnum > 0 and not attisdropped`
  return row?.mark ?? ''
}

/** A relation of the database. */
export interface Listed {
  schema: string
  name: string
  /** Whether it is a table, not a view. */
  isTable: boolean
  /** Whether it is found by its bare name. */
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
 * A column of the query as the macros want it: its quoted name, the cast to the table's type where the types differ, and whether
 * values of that type that are equal always look the same.
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
    // A cast to varchar(n) cuts without a word; the comparison needs none, and the write must fail.
    const cast = target === type || /^character/.test(target) ? '' : `::${target}`
    return { name: quote(name), cast, exact: exact.test(target) }
  })
}

const kinds: Record<string, Existing['kind']> = { r: 'table', p: 'table', v: 'view', m: 'materialized view', f: 'foreign table' }

/** Types whose equal values look the same; a numeric only with a scale of its own. */
const exact =
  /^(smallint|integer|bigint|oid|boolean|text|character.*|date|time.* without time zone|timestamp.*|uuid|bytea|numeric\(\d+,\d+\))$/
