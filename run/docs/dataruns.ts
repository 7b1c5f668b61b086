import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Sql } from '../database/driver.ts'
import { aliveRuns, hasLog } from '../history/run-log.ts'
import type { DocsRun, DocsRuns, DocsSpan } from './runs-shape.ts'
import type { DocsData, DocsLastRun, DocsTestResult } from './shape.ts'

/** Results of nodes and tests: the last one of each, and the last ones of each test, oldest first. */
export interface Results {
  last: Map<string, DocsLastRun & { failures: number | null }>
  /** The last run that changed rows of a node. */
  changed: Map<string, string>
  history: Map<string, DocsTestResult[]>
}

/** The run log; null for a database without one. */
export async function runsOf(sql: Sql): Promise<DocsRuns | null> {
  if (!(await hasLog(sql))) return null
  const runs = await sql<RunRow[]>`
    select
        run_id,
        command,
        status,
        started_at,
        finished_at,
        extract(epoch from finished_at - started_at)::float8 as seconds,
        is_whole,
        message,
        nodes.*
    from (select * from ops.runs order by sequence desc limit ${MOST_RUNS}) as runs
    cross join lateral (
        select
            count(*) filter (where resource_type in ('model', 'snapshot'))::int as models,
            coalesce(sum(rows_inserted), 0)::float8 as inserted,
            coalesce(sum(rows_updated), 0)::float8 as updated,
            coalesce(sum(rows_deleted), 0)::float8 as deleted,
            count(*) filter (where resource_type like '%test' and run_nodes.status = 'pass')::int as pass,
            count(*) filter (where resource_type like '%test' and run_nodes.status = 'warn')::int as warn,
            count(*) filter (where resource_type like '%test' and run_nodes.status = 'fail')::int as fail,
            count(*) filter (where resource_type like '%test' and run_nodes.status = 'error')::int as error,
            count(*) filter (where resource_type like '%test' and run_nodes.status = 'skipped')::int as skipped
        from ops.run_nodes
        where run_nodes.run_id = runs.run_id
    ) as nodes
    order by sequence
  `
  const spans = await sql<(Omit<DocsSpan, 'name' | 'resourceType'> & { run_id: string; resource_type: string })[]>`
    with recent as (
        select run_id, started_at
        from ops.runs
        where exists (select from ops.run_nodes where run_nodes.run_id = runs.run_id and status <> 'skipped')
        order by sequence desc
        limit ${MOST_TIMELINES}
    )

    select
        run_nodes.run_id,
        unique_id as node,
        resource_type,
        status,
        round(greatest(extract(epoch from run_nodes.started_at - recent.started_at), 0), 4)::float8 as from,
        round(greatest(extract(epoch from run_nodes.finished_at - recent.started_at), 0), 4)::float8 as to,
        rows_inserted::float8 as inserted,
        rows_updated::float8 as updated,
        rows_deleted::float8 as deleted,
        left(message, 500) as message
    from recent
    inner join ops.run_nodes on recent.run_id = run_nodes.run_id
    where run_nodes.started_at is not null and run_nodes.finished_at is not null and status <> 'skipped'
    order by run_nodes.started_at, run_nodes.finished_at, unique_id
  `
  const timelines: DocsRuns['timelines'] = {}
  for (const { run_id: runId, resource_type: resourceType, ...span } of spans) {
    timelines[runId] ??= []
    timelines[runId].push({ ...span, resourceType, name: nameOf(span.node) })
  }
  const isAlive = runs.some(({ status }) => status === 'running') ? await aliveRuns(sql) : () => true
  const seen = runs.map(row => (row.status === 'running' && !isAlive(row) ? { ...row, status: 'interrupted' } : row))
  return { runs: seen.map(runOf), timelines }
}

/** The last published run; null before the first one, and without a run log. */
export async function lastPublish(sql: Sql): Promise<DocsData['publish']> {
  if (!(await hasLog(sql))) return null
  const [row] = await sql<{ run_id: string; at: string | null }[]>`
    select run_id, coalesce(finished_at, started_at) as at from ops.runs where status = 'published' order by sequence desc limit 1
  `
  return row?.at ? { runId: row.run_id, at: row.at } : null
}

/** The last result of every node and test: from the run log, else from the project's run_results.json. */
export async function resultsOf(sql: Sql, targetPath: string): Promise<Results> {
  if (!(await hasLog(sql))) return resultsOfFile(targetPath)
  const rows = await sql<ResultRow[]>`
    with recent as (select * from ops.runs order by sequence desc limit ${MOST_RUNS})

    select
        run_nodes.run_id,
        unique_id,
        resource_type,
        run_nodes.status,
        run_nodes.started_at,
        extract(epoch from run_nodes.finished_at - run_nodes.started_at)::float8 as seconds,
        left(run_nodes.message, 2000) as message,
        failures::float8 as failures,
        rows_inserted::float8 as inserted,
        rows_updated::float8 as updated,
        rows_deleted::float8 as deleted,
        rows_unchanged::float8 as unchanged
    from recent
    inner join ops.run_nodes on recent.run_id = run_nodes.run_id
    order by recent.sequence
  `
  const results: Results = { last: new Map(), changed: new Map(), history: new Map() }
  for (const { unique_id: id, run_id: runId, started_at: startedAt, resource_type: type, ...row } of rows) {
    // The last result before a node was skipped remains valid.
    if (row.status !== 'skipped' || !results.last.has(id)) results.last.set(id, { runId, startedAt, ...row })
    if (startedAt !== null && (row.inserted ?? 0) + (row.updated ?? 0) + (row.deleted ?? 0) > 0) results.changed.set(id, startedAt)
    if (!type.endsWith('test')) continue
    const { status, failures, message, seconds } = row
    const known = results.history.get(id) ?? []
    // The messages of passed tests are not worth the space.
    const said = status === 'pass' ? null : message
    known.push({ runId, status: status as DocsTestResult['status'], failures, message: said, at: startedAt, seconds })
    results.history.set(id, known.slice(-MOST_RESULTS))
  }
  return results
}

const MOST_RUNS = 60
const MOST_TIMELINES = 8
const MOST_RESULTS = 20

interface RunRow {
  run_id: string
  command: string
  status: string
  started_at: string
  finished_at: string | null
  seconds: number | null
  is_whole: boolean
  message: string | null
  models: number
  inserted: number
  updated: number
  deleted: number
  pass: number
  warn: number
  fail: number
  error: number
  skipped: number
}

type ResultRow = Omit<DocsLastRun, 'runId' | 'startedAt'> & {
  run_id: string
  unique_id: string
  resource_type: string
  started_at: string | null
  failures: number | null
}

function runOf({ run_id: runId, started_at: startedAt, finished_at: finishedAt, is_whole: isWhole, ...row }: RunRow): DocsRun {
  const { pass, warn, fail, error, skipped, ...rest } = row
  return { runId, startedAt, finishedAt, isWhole, ...rest, tests: { pass, warn, fail, error, skipped } }
}

// The third part of `test.project.name.hash`.
function nameOf(uniqueId: string): string {
  return uniqueId.split('.')[2] ?? uniqueId
}

/** A result in run_results.json, with the fields that are used. */
interface FileResult {
  unique_id: string
  status: string
  timing?: { started_at?: string }[]
  execution_time?: number
  message?: string | null
  failures?: number | null
}

async function resultsOfFile(targetPath: string): Promise<Results> {
  const text = await readFile(path.join(targetPath, 'run_results.json'), 'utf8').catch(() => null)
  const results: Results = { last: new Map(), changed: new Map(), history: new Map() }
  if (text === null) return results
  for (const result of fileResults(text)) {
    const { unique_id: id, status, timing, execution_time: seconds = null, message = null, failures = null } = result
    const at = timing?.at(-1)?.started_at ?? null
    results.last.set(id, {
      runId: null,
      status,
      startedAt: at,
      seconds,
      message,
      failures,
      inserted: null,
      updated: null,
      deleted: null,
      unchanged: null,
    })
    if (/^(test|unit_test)\./.test(id))
      results.history.set(id, [{ runId: null, status: status as DocsTestResult['status'], failures, message, at, seconds }])
  }
  return results
}

function fileResults(text: string): FileResult[] {
  try {
    const { results } = JSON.parse(text) as { results?: FileResult[] }
    return Array.isArray(results) ? results.filter(result => typeof result?.unique_id === 'string') : []
  } catch {
    return []
  }
}
