import type { Sql } from '../database/driver.ts'
import type { Node } from '../manifest/node.ts'
import type { NodeResult } from '../manifest/result.ts'

/** Writes what becomes of nodes to ops.run_nodes while a run goes on. */
export interface LiveLog {
  began(node: Node): void
  ended(result: NodeResult): void
  /** Waits until all is written. */
  flush(): Promise<void>
}

/**
 * Writes on a connection of its own, so that others can follow a build while its transaction is open. The run never waits for it: what
 * arrives during a statement goes into the next one. Its errors are ignored, as the end of the run writes everything again.
 */
export function liveLog(sql: Sql, runId: string): LiveLog {
  let waiting = new Map<string, object>()
  let writing: Promise<void> | undefined
  let hurry: (() => void) | undefined
  let isEnding = false
  return {
    began(node) {
      add(node.uniqueId, { ...placeOf(node), status: 'running', started_at: new Date() })
    },
    ended(result) {
      add(result.node.uniqueId, rowOf(result))
    },
    async flush() {
      isEnding = true
      hurry?.()
      while (writing) await writing
    },
  }

  function add(id: string, row: object): void {
    waiting.set(id, row)
    writing ??= write()
  }

  async function write(): Promise<void> {
    while (waiting.size > 0) {
      await pause()
      const rows = [...waiting.values()]
      waiting = new Map()
      await upsert(sql, runId, rows).catch(() => {})
    }
    writing = undefined
  }

  // Nodes that end in milliseconds are written together; an observer does not see the difference.
  function pause(): Promise<void> {
    if (isEnding) return Promise.resolve()
    return new Promise(resolve => {
      hurry = resolve
      setTimeout(resolve, PAUSE).unref()
    })
  }
}

/** In milliseconds. */
const PAUSE = 100

/** A node's result as ops.run_nodes has it. */
export function rowOf(result: NodeResult): object {
  return {
    ...placeOf(result.node),
    status: result.status,
    started_at: result.startedAt,
    finished_at: result.finishedAt,
    rows_inserted: result.inserted,
    rows_updated: result.updated,
    rows_deleted: result.deleted,
    rows_unchanged: result.unchanged,
    failures: result.failures,
    message: result.message,
  }
}

/** Writes rows of ops.run_nodes over those that are there. */
export async function upsert(sql: Sql, runId: string, rows: object[]): Promise<void> {
  const columns = [
    'status',
    'started_at',
    'finished_at',
    'rows_inserted',
    'rows_updated',
    'rows_deleted',
    'rows_unchanged',
    'failures',
    'message',
  ]
  await sql.unsafe(
    `insert into ops.run_nodes (run_id, unique_id, resource_type, relation, ${columns.join(', ')})
    select $1::uuid, r.*
    from jsonb_to_recordset($2::text::jsonb) as r (
        unique_id text, resource_type text, relation text, status text, started_at timestamptz, finished_at timestamptz,
        rows_inserted bigint, rows_updated bigint, rows_deleted bigint, rows_unchanged bigint, failures bigint, message text
    )
    on conflict (run_id, unique_id) do update ${overwriting('run_nodes', columns)}`,
    [runId, JSON.stringify(rows)],
  )
}

/** The clauses after ON CONFLICT DO UPDATE: new values of the columns, and of `others` with them, only where one of the columns differs. */
export function overwriting(table: string, columns: string[], others: string[] = []): string {
  const valuesOf = (row: string) => `row(${columns.map(name => `${row}.${name}`).join(', ')})`
  const set = [...columns, ...others].map(name => `${name} = excluded.${name}`).join(', ')
  return `set ${set} where ${valuesOf(table)} is distinct from ${valuesOf('excluded')}`
}

function placeOf(node: Node): object {
  const { uniqueId, resourceType, relationName } = node
  return { unique_id: uniqueId, resource_type: resourceType, relation: relationName }
}
