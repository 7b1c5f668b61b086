import { quote } from '../manifest/relation.ts'
import { type Session, type Sql, watchSending } from './driver.ts'
import { statementsOf } from './split-statements.ts'

/** A relation as the database has it. */
export interface Existing {
  oid: number
  kind: 'table' | 'view' | 'materialized view' | 'foreign table'
  columns: ExistingColumn[]
  /** Columns of the primary key, none without one. */
  primaryKey: string[]
  comment: string | null
  /** Constraints that have a comment. */
  constraints: { name: string; comment: string }[]
  indexes: { name: string; comment: string | null }[]
  /** Whether it had rows when it was last analyzed. */
  hadRows: boolean
}

/** A column of it; `type` with its modifier: `numeric(18,2)`. */
export interface ExistingColumn {
  name: string
  type: string
  comment: string | null
  /** A generated column, which no statement may write. */
  isGenerated: boolean
}

/** Looks a relation up by its quoted name; null when there is none. */
export async function findRelation(sql: Sql, name: string): Promise<Existing | null> {
  const catalogue = catalogues.get(sql)
  return catalogue ? catalogue.find(name) : findOne(sql, name)
}

/**
 * Caches the catalogue of these schemas for a session: the first question reads all relations at once. A statement that may run DDL empties
 * the cache; then each relation is read by itself, until MANY were, and after that all of them again. Not for Citus, whose functions create
 * tables.
 */
export function rememberCatalogue(session: Session, schemas: string[]): void {
  let known: Map<string, Existing> | undefined
  let asked = MANY
  const starts = schemas.map(schema => `${quote(schema)}.`)
  catalogues.set(session, { find, forget })
  watchSending(session, text => {
    if (!definesNothing(text)) forget()
  })

  async function find(name: string): Promise<Existing | null> {
    if (!starts.some(start => name.startsWith(start))) return findOne(session, name)
    if (!known && asked++ < MANY) return findOne(session, name)
    known ??= new Map((await read(session, 'n.nspname = any($1)', schemas)).map(one => [one.name, one.existing]))
    return known.get(name) ?? null
  }

  function forget(): void {
    if (known) asked = 0
    known = undefined
  }
}

/** Empties the cache after a statement whose effects are unknown: a function may create or alter anything. */
export function forgetCatalogue(session: Sql): void {
  catalogues.get(session)?.forget()
}

const catalogues = new WeakMap<Sql, { find(name: string): Promise<Existing | null>; forget(): void }>()

/** After so many questions about one relation all relations are read again, which costs as much as some dozens of questions. */
const MANY = 50

async function findOne(sql: Sql, name: string): Promise<Existing | null> {
  const [found] = await read(sql, 'c.oid = to_regclass($1)', name)
  return found?.existing ?? null
}

interface Row extends Omit<Existing, 'kind'> {
  name: string
  relkind: string
}

async function read(sql: Sql, condition: string, value: string | string[]): Promise<{ name: string; existing: Existing }[]> {
  const rows = await sql.unsafe<Row[]>(
    `
    select
        format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(c.relname, '"', '""')) as name,
        c.oid::int8::float8 as oid,
        c.relkind,
        c.reltuples > 0 as "hadRows",
        obj_description(c.oid, 'pg_class') as comment,
        coalesce((
            select json_agg(json_build_object(
                'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'isGenerated', a.attgenerated != '',
                'comment', col_description(c.oid, a.attnum)
            ) order by a.attnum)
            from pg_attribute as a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        ), '[]') as columns,
        coalesce((
            select json_agg(a.attname order by k.position)
            from pg_index as i
            cross join unnest(i.indkey) with ordinality as k (attnum, position)
            inner join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
            where i.indrelid = c.oid and i.indisprimary
        ), '[]') as "primaryKey",
        coalesce((
            select json_agg(json_build_object('name', o.conname, 'comment', d.description))
            from pg_constraint as o
            inner join pg_description as d on d.objoid = o.oid and d.classoid = 'pg_constraint'::regclass
            where o.conrelid = c.oid
        ), '[]') as constraints,
        coalesce((
            select json_agg(json_build_object('name', x.relname, 'comment', obj_description(x.oid, 'pg_class')))
            from pg_index as i
            inner join pg_class as x on x.oid = i.indexrelid
            where i.indrelid = c.oid
        ), '[]') as indexes
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    where ${condition} and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
    [value],
    { prepare: true },
  )
  return rows.map(({ name, relkind, ...row }) => ({ name, existing: { ...row, kind: KINDS[relkind] ?? 'table' } }))
}

const KINDS: Record<string, Existing['kind']> = { r: 'table', p: 'table', v: 'view', m: 'materialized view', f: 'foreign table' }

/** Whether SQL leaves the catalogue unchanged, apart from temporary relations and the planner's statistics. False when in doubt. */
function definesNothing(text: string): boolean {
  if (!text.includes(';')) return HARMLESS.test(text) && !MAKES_TABLE.test(text)
  return statementsOf(text).every(one => HARMLESS.test(one.text) && !MAKES_TABLE.test(one.text))
}

const HARMLESS =
  /^(?:\s+|--[^\n]*\n|\(|\/\*(?:[^*]|\*(?!\/))*\*\/)*(?:(?:select|with|values|insert|update|delete|merge|analyze|explain|savepoint|release|copy|lock|listen|notify|set\s+(?:local|constraints)|rollback\s+to)\b|create\s+temp(?:orary)?\s+table\b|drop\s+table\s+if\s+exists\s+pg_temp\.[^,;]*(?:,\s*pg_temp\.[^,;]*)*;?\s*$)/i
const MAKES_TABLE = /^(?:\s+|--[^\n]*\n)*(?:select|with)\b(?=[\s\S]*\binto\b)(?![\s\S]*\b(?:insert|merge)\b)/i
