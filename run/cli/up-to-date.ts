import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type { Sql } from '../database/driver.ts'
import { ifFree } from '../database/lock.ts'
import { pendingMigrations } from '../database/migrate.ts'
import type { Alert } from '../execute/feed-state.ts'
import { feedParts } from '../execute/summary.ts'
import { hasLog, type LastPublished, landedIn, lastPublished, logUnchanged, wasWell } from '../history/run-log.ts'
import { running } from '../report/dbt-lines.ts'
import type { Command } from './command.ts'
import { withDatabase } from './open-database.ts'
import { recall } from './parse-cache.ts'

/**
 * Finds out, without reading the project, that a build has nothing to do: the last publish was of this project on this landing, and the
 * ledger knows the whole feed. Gives the exit code; undefined, with nothing reported, when a build must check further.
 */
export async function nothingNew(command: Command): Promise<number | undefined> {
  const { options, report, extension } = command
  const known = options.warnError ? undefined : recall(command)
  if (!known || !extension) return undefined
  const dir = path.resolve(options.projectDir)
  return withDatabase(command, sql =>
    ifFree(sql, async session => {
      // In parallel: the driver sends them without waiting for answers in between.
      const [pending, withLog, isCluster] = await Promise.all([pendingMigrations(session, dir), hasLog(session), hasCitus(session)])
      // A build on a cluster checks its nodes first: one may still have to complete the last commit.
      if (pending.length > 0 || !withLog || isCluster) return undefined
      const [last, landed] = await Promise.all([lastPublished(session), landedIn(session)])
      if (!last?.isWhole || last.fingerprint !== known.fingerprint || last.landedIn !== landed) return undefined
      const unchanged = await extension.findUnchanged(command, session)
      if (!unchanged) return undefined

      report.event(running(), true)
      report.logTo(known.logFolder)
      report.event(known.found, true)
      unchanged.tell()
      return tellNothingNew(command, session, randomUUID(), last)
    }),
  )
}

async function hasCitus(sql: Sql): Promise<boolean> {
  return (await sql`select from pg_extension where extname = 'citus'`).length > 0
}

/** Logs and reports that nothing has changed since the last publish, with the remaining alerts of the feed. Gives the exit code. */
export async function tellNothingNew(
  { name, options, report, extension, outcome }: Command,
  sql: Sql,
  runId: string,
  { fingerprint, landedIn: landed, warnings, alerts: standing, publishedAt }: LastPublished,
): Promise<number> {
  const age = await extension?.feedAge(sql)
  const alerts = [...(standing as Alert[]).filter(({ name }) => name !== 'UnchangedFeed'), ...(age?.alerts ?? [])]
  const message = 'Nothing new: neither the feed nor the project has changed since the last build.'
  if (outcome) Object.assign(outcome, { runId, alerts, through: age?.through, wasWell: await wasWell(sql, name) })
  await logUnchanged(sql, { runId, command: name, fingerprint, isWhole: true }, { message, landedIn: landed, alerts })
  const warned = warnings > 0 ? ` Its ${warnings === 1 ? 'warning is still open' : `${warnings} warnings are still open`}.` : ''
  for (const alert of alerts) report.alert(alert)
  report.close([
    { name: 'EndOfRunSummary', msg: message + warned, data: { status: 'unchanged' } },
    ...feedParts({ through: age?.through ?? null, alerts }, publishedAt),
  ])
  return options.warnError && alerts.length > 0 ? 1 : 0
}
