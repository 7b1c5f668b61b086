import type { Sql } from '../database/driver.ts'
import { isBuildingOrLoading } from '../database/lock.ts'
import { qualified } from '../database/relations.ts'
import type { Node, Project } from '../manifest/node.ts'
import type { NodeResult } from '../manifest/result.ts'
import { overwriting, rowOf, upsert } from './live-run-log.ts'
import type { Mark } from './marks.ts'

/** How a run ended, or 'running'. */
export type RunStatus = 'running' | 'published' | 'unchanged' | 'tested' | 'failed' | 'interrupted'

/** A run as ops.runs has it. */
export interface Run {
  runId: string
  command: string
  fingerprint: string | null
  isWhole: boolean
}

/** A published node as ops.nodes has it. */
export interface Published {
  fingerprint: string
  landedIn: bigint
  /** Its mark; null for a test, and where an older version published it. */
  mark: Mark | null
  /** The marks of its parents as it saw them; null where an older version published it. */
  seen: Record<string, Mark> | null
  /** Whether its SQL reads what has no mark. */
  readsMore: boolean
  /** sha256 over its descriptions and grants. */
  described: string | null
  /** Only for data tests and reports. */
  verdict: { status: 'pass' | 'warn' | 'success'; failures: number | null; message: string } | null
}

/** Whether the database has the run log: a plain dbt project without our migrations has none. */
export async function hasLog(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ there: boolean }[]>`select to_regclass('ops.runs') is not null as there`
  return row?.there ?? false
}

/**
 * Opens a run in the log, or restarts it after a transient failure, and gives its sequence number. When the caller holds the lock, and so
 * is alone, a run still marked as running is dead: it is closed as interrupted. Tests hold no lock: their run is dead when no session of
 * tests is connected.
 */
export async function startRun(sql: Sql, { runId, command, fingerprint, isWhole }: Run, isAlone = true): Promise<string> {
  if (isAlone) await closeDead(sql)
  const [row] = await sql<{ sequence: string }[]>`
    insert into ops.runs (run_id, command, status, started_at, project_fingerprint, is_whole)
    values (${runId}, ${command}, 'running', now(), ${fingerprint}, ${isWhole})
    on conflict (run_id) do update set status = 'running', finished_at = null, message = null
    returning sequence::text
  `
  return row?.sequence ?? ''
}

/** Logs a run that found nothing to do. */
export async function logUnchanged(
  sql: Sql,
  { runId, command, fingerprint, isWhole }: Run,
  { message, landedIn: landed, alerts }: { message: string; landedIn: bigint; alerts: object[] },
): Promise<void> {
  await sql`
    with dead as (
        update ops.runs set status = 'interrupted', finished_at = now(), message = 'The process ended without reporting a result.'
        where status = 'running' and command != 'test'
    )
    insert into ops.runs (run_id, command, status, started_at, finished_at, project_fingerprint, is_whole, message, landed_in, alerts)
    values (
        ${runId}, ${command}, 'unchanged', now(), now(), ${fingerprint}, ${isWhole}, ${message}, ${String(landed)},
        ${JSON.stringify(alerts)}::text::jsonb
    )
    on conflict (run_id) do nothing
  `
}

async function closeDead(sql: Sql): Promise<void> {
  const dead = await sql<{ run_id: string }[]>`
    update ops.runs
    set status = 'interrupted', finished_at = now(), message = 'The process ended without reporting a result.'
    where status = 'running'
        and (
            command != 'test'
            or not exists (select from pg_stat_activity where application_name = 'deskledger test' and datname = current_database())
        )
    returning run_id`
  if (dead.length > 0)
    await sql`
      update ops.run_nodes set status = 'error', finished_at = now(), message = 'The process ended without reporting a result.'
      where status = 'running' and run_id = any(${dead.map(row => row.run_id)})`
}

/**
 * Tells which of the runs marked as running have a process: a build while the lock is held, tests while a session of tests is connected.
 */
export async function aliveRuns(sql: Sql): Promise<(run: { command: string }) => boolean> {
  const [row] = await sql<{ testing: boolean }[]>`
    select exists (select from pg_stat_activity where application_name = 'deskledger test' and datname = current_database()) as testing`
  const building = await isBuildingOrLoading(sql)
  return ({ command }) => (command === 'test' ? Boolean(row?.testing) : building)
}

/** Closes a run with the results of its nodes. */
export async function finishRun(
  sql: Sql,
  runId: string,
  {
    status,
    message,
    landedIn,
    results,
    alerts = null,
  }: { status: RunStatus; message: string; landedIn: bigint | null; results: NodeResult[]; alerts?: object[] | null },
): Promise<void> {
  await sql.begin(async transaction => {
    // Nodes that an earlier attempt of this run began and never ended.
    await transaction`delete from ops.run_nodes where run_id = ${runId} and not (unique_id = any(${results.map(({ node }) => node.uniqueId)}))`
    if (results.length > 0) await upsert(transaction as unknown as Sql, runId, results.map(rowOf))
    await transaction`
      update ops.runs
      set status = ${status}, message = ${message}, landed_in = ${landedIn === null ? null : String(landedIn)}, finished_at = now(),
        alerts = ${alerts === null ? null : JSON.stringify(alerts)}::text::jsonb
      where run_id = ${runId}
    `
  })
}

/** What the landing holds now: the highest ops.batches.changed_in, 0 when nothing ever landed. */
export async function landedIn(sql: Sql): Promise<bigint> {
  const [row] = await sql<{ landed_in: string }[]>`select coalesce(max(changed_in), 0) as landed_in from ops.batches`
  return BigInt(row?.landed_in ?? 0)
}

/** The last run that published anything. */
export interface LastPublished {
  fingerprint: string
  landedIn: bigint
  isWhole: boolean
  command: string
  /** How many tests warned. */
  warnings: number
  /** The alerts of the feed. */
  alerts: { name: string; message: string; hint: string }[]
  publishedAt: Date
}

/** The last run that published anything, for a build to see whether there is anything new since. */
export async function lastPublished(sql: Sql): Promise<LastPublished | null> {
  const [row] = await sql<
    {
      project_fingerprint: string
      landed_in: string
      is_whole: boolean
      command: string
      warnings: number
      alerts: LastPublished['alerts'] | null
      finished_at: string
    }[]
  >`
    select
        project_fingerprint,
        landed_in,
        is_whole,
        command,
        alerts,
        finished_at,
        (select count(*)::int from ops.run_nodes where run_nodes.run_id = runs.run_id and run_nodes.status = 'warn') as warnings
    from ops.runs
    where status = 'published'
    order by sequence desc
    limit 1
  `
  if (!row) return null
  const { project_fingerprint: fingerprint, landed_in: landed, is_whole: isWhole, command, warnings, alerts } = row
  const publishedAt = new Date(row.finished_at)
  return { fingerprint, landedIn: BigInt(landed ?? 0), isWhole, command, warnings, alerts: alerts ?? [], publishedAt }
}

/** Whether the last finished run of that command needs no attention: it did not fail, and the feed had no alerts. */
export async function wasWell(sql: Sql, command: string): Promise<boolean> {
  const [row] = await sql<{ well: boolean }[]>`
    select status != 'failed' and coalesce(jsonb_array_length(alerts), 0) = 0 as well
    from ops.runs
    where command = ${command} and status in ('published', 'unchanged', 'tested', 'failed')
    order by sequence desc
    limit 1`
  return row?.well ?? true
}

/** What is published, by unique id. */
export async function publishedNodes(sql: Sql): Promise<Map<string, Published>> {
  const rows = await sql<
    (Omit<Published, 'landedIn' | 'readsMore'> & { unique_id: string; landed_in: string; reads_more: boolean })[]
  >`select unique_id, fingerprint, landed_in, mark, seen, reads_more, described, verdict from ops.nodes`
  return new Map(
    rows.map(({ unique_id: id, landed_in: landed, reads_more: readsMore, ...row }) => [
      id,
      { ...row, landedIn: BigInt(landed), readsMore },
    ]),
  )
}

/** The fingerprints of what is published, by unique id. */
export async function publishedFingerprints(sql: Sql): Promise<Map<string, string>> {
  const rows = await sql<{ unique_id: string; fingerprint: string }[]>`select unique_id, fingerprint from ops.nodes`
  return new Map(rows.map(({ unique_id: id, fingerprint }) => [id, fingerprint]))
}

/** Records nodes as published, inside the transaction that built them or found them unchanged. */
export async function publishNodes(sql: Sql, nodes: ({ node: Node } & Published)[]): Promise<void> {
  const columns = ['relation', 'fingerprint', 'landed_in', 'mark', 'seen', 'reads_more', 'described', 'verdict']
  const rows = nodes.map(({ node, landedIn: landed, readsMore, ...rest }) => ({
    ...rest,
    unique_id: node.uniqueId,
    relation: qualified(node.schema, node.alias),
    landed_in: String(landed),
    reads_more: readsMore,
  }))
  await sql.unsafe(
    `insert into ops.nodes (unique_id, ${columns.join(', ')}, published_at)
    select r.unique_id, ${columns.map(name => `r.${name}`).join(', ')}, now()
    from jsonb_to_recordset($1::text::jsonb) as r (
        unique_id text, relation text, fingerprint text, landed_in bigint, mark jsonb, seen jsonb, reads_more boolean, described text, verdict jsonb
    )
    on conflict (unique_id) do update ${overwriting('nodes', columns, ['published_at'])}`,
    [JSON.stringify(rows)],
  )
}

/** The stamp of the content of each stamped source of a project, by unique id. */
export async function sourceStamps(sql: Sql, { name }: Pick<Project, 'name'>): Promise<Map<string, string>> {
  const rows = await sql<{ source: string; stamp: string }[]>`select source, stamp from ops.source_stamps`
  return new Map(rows.map(({ source, stamp }) => [`source.${name}.${source}`, stamp]))
}
