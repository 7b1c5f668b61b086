import { entities } from '../../loaders/entities.ts'
import type { Sql } from '../../run/database/driver.ts'
import type { Row } from '../pipeline/rules/records.ts'
import { compare, snapshot } from '../pipeline/rules/snapshot.ts'

/** Everything that a build leaves in a database: rows of the contract, other objects, and the size of landing. */
export interface State {
  rows: Record<string, Row[]>
  /** Relations with their columns, constraints, indexes and views, one per line. */
  structure: string[]
  landingBytes: number
  databaseBytes: number
}

/** Reads the state of a database. */
export async function stateOf(sql: Sql): Promise<State> {
  const structure = await sql.unsafe<{ line: string }[]>(structureQuery)
  const [sizes] = await sql.unsafe<{ landing: string; database: string }[]>(`
    select
        (select sum(pg_total_relation_size(oid)) from pg_class where relkind = 'r' and relnamespace = 'raw'::regnamespace) as landing,
        pg_database_size(current_database()) as database`)
  return {
    rows: await snapshot(sql),
    structure: structure.map(({ line }) => line),
    landingBytes: Number(sizes?.landing),
    databaseBytes: Number(sizes?.database),
  }
}

/** Differences between a database and the state after an undisturbed run, and leftovers; empty without faults. */
export async function faultsOf(sql: Sql, expected: State): Promise<{ faults: string[]; state: State }> {
  const state = await stateOf(sql)
  const [wanted, found] = [new Set(expected.structure), new Set(state.structure)]
  const left = await sql.unsafe<{ line: string }[]>(leftQuery)
  const faults = [
    ...compare(expected.rows, state.rows),
    ...expected.structure.filter(line => !found.has(line)).map(line => `missing: ${line}`),
    ...state.structure.filter(line => !wanted.has(line)).map(line => `too many: ${line}`),
    ...left.map(({ line }) => `left: ${line}`),
    ...(state.landingBytes > 2 * expected.landingBytes ? [`landing has ${state.landingBytes} bytes, not ${expected.landingBytes}`] : []),
  ]
  return { faults, state }
}

/** Waits until the runner has no session and no lock, and gives the milliseconds; throws after ten seconds. */
export async function untilFree(sql: Sql): Promise<number> {
  const began = performance.now()
  for (;;) {
    const busy = await sql.unsafe<{ line: string }[]>(sessionsQuery)
    if (busy.length === 0) return performance.now() - began
    if (performance.now() - began > 10_000) throw new Error(`After 10 s there is still ${busy.map(({ line }) => line).join('; ')}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

const structureQuery = `
with ours as (
    select c.oid, format('%I.%I', n.nspname, c.relname) as name, c.relkind, c.relpersistence
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
)

select format('relation %s %s%s (%s)', name, relkind, relpersistence, (
    select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum) from pg_attribute where attrelid = ours.oid and attnum > 0 and not attisdropped
)) as line
from ours
union all
select format('constraint %s %s %s %s', name, conname, convalidated, pg_get_constraintdef(k.oid)) from pg_constraint as k inner join ours on ours.oid = conrelid
union all
select format('index %s %s', indisvalid, pg_get_indexdef(indexrelid)) from pg_index inner join ours on ours.oid = indrelid
union all
select format('view %s %s', name, pg_get_viewdef(oid)) from ours where relkind = 'v'
order by 1`

const sessionsQuery = `
select format('session %s %s %s', pid, application_name, state) as line from pg_stat_activity where datname = current_database() and pid != pg_backend_pid() and application_name != 'trust'
union all
select format('advisory lock of %s', pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`

const leftQuery = `
${sessionsQuery}
union all
select 'prepared transaction ' || gid from pg_prepared_xacts
union all
select 'unfinished file ' || file_id from ops.unfinished_files
union all
select format('run %s is running', run_id) from ops.runs where status = 'running'
union all
select format('%s rows of no file in landing', count(*))
from (
    ${entities.map(entity => `select file_id from raw.${entity} union all select file_id from raw.${entity}_repeats`).join(' union all ')}
) as landed
where file_id not in (select file_id from ops.files union all select file_id from ops.former_files)
having count(*) > 0`
