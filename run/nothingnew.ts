import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { isUnchanged } from '../loaders/compare.ts'
import type { Sql } from './database.ts'
import { running } from './frame.ts'
import { recall } from './known.ts'
import { plural } from './lines.ts'
import { ifFree } from './lock.ts'
import { pendingMigrations } from './migrate.ts'
import { type Command, withDatabase } from './open.ts'
import { hasLog, landedIn, lastPublished, recordUnchanged } from './record.ts'

/**
 * A build that has nothing to do finds it out here, without reading the project: the last that was published is this very project, as it is
 * known, on this very landing, and the feed is as the ledger has it. Gives the exit code; undefined when a build has to look closer,
 * for whatever reason: then nothing was told.
 */
export async function nothingNew(command: Command): Promise<number | undefined> {
  const { options, report, signal } = command
  const known = options.warnError ? undefined : recall(command)
  if (!known) return undefined
  const dir = path.resolve(options.projectDir)
  const feed = path.resolve(dir, options.data ?? process.env.DATA_DIR ?? 'data')
  return withDatabase(command, sql =>
    ifFree(sql, async session => {
      // Together: the driver sends them without waiting for answers in between.
      const [pending, withLog, isCluster] = await Promise.all([pendingMigrations(session, dir), hasLog(session), hasCitus(session)])
      // A build on a cluster looks after its nodes first: one may still have to end its part of the last commit.
      if (pending.length > 0 || !withLog || isCluster) return undefined
      const [last, landed] = await Promise.all([lastPublished(session), landedIn(session)])
      if (!last?.isWhole || last.fingerprint !== known.fingerprint || last.landedIn !== landed) return undefined
      const unchanged = await isUnchanged(session, feed, { prune: options.prune ?? false, signal })
      if (!unchanged) return undefined

      report.event(running(), true)
      report.logTo(known.logFolder)
      report.event(known.found, true)
      for (const message of unchanged.notices) report.note(message)
      if (unchanged.refused > 0) report.warn({ message: refusedBefore(unchanged.refused) })
      await tellNothingNew(command, session, randomUUID(), last)
      return 0
    }),
  )
}

async function hasCitus(sql: Sql): Promise<boolean> {
  return (await sql`select from pg_extension where extname = 'citus'`).length > 0
}

/** Logs and tells that a build found nothing to do since the last one that was published. */
export async function tellNothingNew(
  { name, report }: Command,
  sql: Sql,
  runId: string,
  { fingerprint, landedIn: landed, warnings }: { fingerprint: string; landedIn: bigint; warnings: number },
): Promise<void> {
  const message = 'Nothing new: neither the feed nor the project has changed since the last build.'
  await recordUnchanged(sql, { runId, command: name, fingerprint, isWhole: true }, message, landed)
  const standing = warnings > 0 ? ` Its ${warnings === 1 ? 'warning stands' : `${warnings} warnings stand`}.` : ''
  report.close([{ name: 'EndOfRunSummary', msg: message + standing, data: { status: 'unchanged' } }])
}

/** What is told of files that were refused in an earlier load. */
export function refusedBefore(files: number): string {
  return `${plural(files, 'file')} of the feed are refused, as before: see ops.files`
}
