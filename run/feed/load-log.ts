import type { LoadProgress, LoadReport } from '../../loaders/load.ts'
import type { Sql } from '../database/driver.ts'

/** Writes a load to ops.loads while it goes on. */
export interface LoadLog {
  progress(progress: LoadProgress): void
  finish(end: { report: LoadReport } | { status: 'failed' | 'interrupted'; message: string }): Promise<void>
}

/** Begins with the first progress: a load with nothing to read leaves no row. A load never waits for this log, nor fails with it. */
export function loadLog(sql: Sql, { loadId, command, folder }: { loadId: string; command: string; folder: string }): LoadLog {
  let last: LoadProgress | undefined
  let writing: Promise<unknown> = Promise.resolve()
  let writtenAt = 0
  let isWriting = false
  let isFirst = true
  return {
    progress(progress) {
      last = progress
      if (isWriting || performance.now() - writtenAt < pause) return
      isWriting = true
      writing = write(progress).finally(() => {
        isWriting = false
        writtenAt = performance.now()
      })
    },
    async finish(end) {
      if (!last && !('report' in end && end.report.changed)) return
      await writing
      await write(last ?? { bytes: 0, totalBytes: 0, files: 0, totalFiles: 0, path: '' })
      await sql.unsafe(closing, [loadId, JSON.stringify('report' in end ? totals(end.report) : end)]).catch(() => {})
    },
  }

  async function write({ bytes, totalBytes, files, totalFiles, path }: LoadProgress): Promise<void> {
    if (isFirst) await closeDeadLoads(sql).catch(() => {})
    isFirst = false
    await sql.unsafe(opening, [loadId, command, folder, files, totalFiles, String(bytes), String(totalBytes), path]).catch(() => {})
  }
}

// A load that is still marked as running is dead: the caller holds the lock of loads.
async function closeDeadLoads(sql: Sql): Promise<void> {
  await sql`
    update ops.loads set status = 'interrupted', finished_at = now(), current_file = null, message = 'The process ended without reporting a result.'
    where status = 'running'`
}

/** In milliseconds, between two writes. */
const pause = 250

const opening = `
insert into ops.loads (load_id, command, folder, status, started_at, files_begun, files_to_read, bytes_read, bytes_to_read, current_file)
values ($1, $2, $3, 'running', now(), $4, $5, $6, $7, $8)
on conflict (load_id) do update
set status = 'running', finished_at = null, message = null, files_begun = excluded.files_begun, files_to_read = excluded.files_to_read,
    bytes_read = excluded.bytes_read, bytes_to_read = excluded.bytes_to_read, current_file = excluded.current_file`

const closing = `
update ops.loads
set status = ended.status, message = ended.message, records = ended.records, rejected = ended.rejected,
    refused_files = ended.refused_files, pruned_files = ended.pruned_files, current_file = null, finished_at = now()
from jsonb_to_record($2::text::jsonb) as ended (
    status text, message text, records bigint, rejected jsonb, refused_files integer, pruned_files integer
)
where load_id = $1`

function totals({ loads }: LoadReport): object {
  const rejected: Record<string, number> = {}
  for (const load of loads) for (const [reason, count] of load.rejected) rejected[reason] = (rejected[reason] ?? 0) + count
  const sum = (pick: (load: LoadReport['loads'][number]) => number) => loads.reduce((total, load) => total + pick(load), 0)
  return {
    status: 'finished',
    records: sum(({ read }) => read),
    rejected,
    refused_files: sum(({ refused }) => refused.length),
    pruned_files: sum(({ pruned }) => pruned),
  }
}
