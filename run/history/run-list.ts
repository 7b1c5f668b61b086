import type { Sql } from '../database/driver.ts'
import { aliveRuns } from './run-log.ts'

/** A run, or a load without one, as `runs` lists it. Times are ISO 8601 in UTC. */
export interface ListedRun {
  run_id: string
  command: string
  /** `interrupted` also where its process died without closing it; a load that went well is `finished`. */
  status: string
  started_at: string
  finished_at: string | null
  seconds: number | null
  /** Rows inserted, updated and deleted; 0 where nothing was published. */
  rows_changed: number
  /** Nodes that failed, in the order of their ends. */
  failed: string[]
  message: string | null
  /** The alerts of the feed. */
  alerts: { name: string; message: string }[]
}

/** A node of a run. */
export interface ListedNode {
  unique_id: string
  status: string
  started_at: string | null
  seconds: number | null
  rows_inserted: number | null
  rows_updated: number | null
  rows_deleted: number | null
  failures: number | null
  message: string | null
}

/** The last runs, newest first; all with a negative limit. */
export async function listRuns(sql: Sql, limit: number): Promise<ListedRun[]> {
  const runs = await sql.unsafe<ListedRun[]>(
    `select ${RUN}
    from (select * from (${ALL}) as runs order by started_at desc, sequence desc ${limit < 0 ? '' : `limit ${limit}`}) as runs
    order by started_at desc, sequence desc`,
  )
  return withoutDead(sql, runs)
}

/** The runs whose id begins with the prefix: two at most, enough to see that it is ambiguous. */
export async function findRuns(sql: Sql, prefix: string): Promise<ListedRun[]> {
  const runs = await sql.unsafe<ListedRun[]>(`select ${RUN} from (${ALL}) as runs where starts_with(run_id::text, $1) limit 2`, [
    prefix.toLowerCase(),
  ])
  return withoutDead(sql, runs)
}

/** The nodes of a run in the order in which they ended; what was skipped comes last. */
export async function nodesOf(sql: Sql, runId: string): Promise<ListedNode[]> {
  return sql<ListedNode[]>`
    select
        unique_id, status, started_at, extract(epoch from finished_at - started_at)::float8 as seconds,
        rows_inserted::float8, rows_updated::float8, rows_deleted::float8, failures::float8, message
    from ops.run_nodes
    where run_id = ${runId}
    order by status = 'skipped', finished_at, unique_id`
}

// A build that fails in its load never began a run.
const ALL = `
    select run_id, sequence, command, status, started_at, finished_at, message, alerts from ops.runs
    union all
    select load_id, sequence, command, status, started_at, finished_at, message, null from ops.loads
    where load_id not in (select run_id from ops.runs)`

const RUN = `
    run_id, command, status, started_at, finished_at, extract(epoch from finished_at - started_at)::float8 as seconds, message,
    coalesce(alerts, '[]') as alerts,
    case when status = 'published' then (
        select coalesce(sum(coalesce(rows_inserted, 0) + coalesce(rows_updated, 0) + coalesce(rows_deleted, 0)), 0)
        from ops.run_nodes where run_nodes.run_id = runs.run_id
    ) else 0 end::float8 as rows_changed,
    array(
        select unique_id from ops.run_nodes
        where run_nodes.run_id = runs.run_id and run_nodes.status in ('error', 'fail')
        order by finished_at, unique_id
    ) as failed`

async function withoutDead(sql: Sql, runs: ListedRun[]): Promise<ListedRun[]> {
  if (!runs.some(({ status }) => status === 'running')) return [...runs]
  const isAlive = await aliveRuns(sql)
  return runs.map(run => (run.status === 'running' && !isAlive(run) ? { ...run, status: 'interrupted' } : run))
}
