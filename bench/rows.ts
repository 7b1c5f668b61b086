import type { Sql } from '../run/database/driver.ts'

/** Rows of one schema: how many were written, and how many changed. */
export interface Rows {
  schema: string
  /** Inserted, updated and deleted, as PostgreSQL counts them. */
  written: number
  /** Rows that are new or differ, or rows that are gone, whichever are more: the least number of changes. */
  changed: number
}

/** Counts the rows that some work writes to tables of models, and compares the tables' content before and after it. */
export async function rowsOf(sql: Sql, work: () => Promise<unknown>): Promise<Rows[]> {
  await sql.unsafe('drop schema if exists bench_before cascade; create schema bench_before')
  const before = new Map((await tablesOf(sql)).map(table => [table.id, table]))
  for (const { id, name } of before.values()) await sql.unsafe(`create table bench_before.t${id} as ${contentOf(name)}`)
  await sql.unsafe('analyze')
  await work()
  const sums = new Map<string, Rows>()
  for (const { id, schema, name, written } of await tablesOf(sql)) {
    const sum = sums.get(schema) ?? { schema, written: 0, changed: 0 }
    sum.written += written - (before.get(id)?.written ?? 0)
    sum.changed += await changedIn(sql, name, before.has(id) ? id : undefined)
    sums.set(schema, sum)
  }
  await sql.unsafe('drop schema bench_before cascade')
  return [...sums.values()].sort((a, b) => (a.schema < b.schema ? -1 : 1))
}

interface Table {
  id: number
  schema: string
  /** Quoted, with its schema. */
  name: string
  written: number
}

function tablesOf(sql: Sql): Promise<Table[]> {
  return sql<Table[]>`
    select
      relid::int8::float8 as id,
      schemaname as schema,
      format('%I.%I', schemaname, relname) as name,
      (n_tup_ins + n_tup_upd + n_tup_del)::float8 as written
    from pg_stat_user_tables
    where schemaname in ('staging', 'errors', 'core', 'marts')
    order by 3
  `
}

const contentOf = (name: string) => `select hashtextextended(t::text, 0) as content from ${name} as t`

async function changedIn(sql: Sql, name: string, id: number | undefined): Promise<number> {
  const then = id === undefined ? 'select null::bigint where false' : `select content from bench_before.t${id}`
  const now = contentOf(name)
  const [row] = await sql.unsafe<{ changed: number }[]>(
    `select greatest(
       (select count(*) from (${now} except all ${then}) as come),
       (select count(*) from (${then} except all ${now}) as gone)
     )::float8 as changed`,
  )
  return row?.changed ?? 0
}
