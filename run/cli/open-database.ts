import path from 'node:path'
import { createDoubts } from '../citus/uncertain-commit.ts'
import { checkServer, connect, explainConnection } from '../database/connection.ts'
import type { Session, Sql } from '../database/driver.ts'
import { connectionLost, isUnreachable, lostConnection } from '../database/errors.ts'
import { withLock } from '../database/lock.ts'
import type { Target } from '../manifest/node.ts'
import type { Command } from './command.ts'
import type { Options } from './options.ts'
import { repeating } from './retry.ts'

/** Where a command works: DATABASE_URL, else the target of profiles.yml, else (without a url) the embedded server. */
export async function connectionOf(options: Options): Promise<{ url: string | undefined; target: Partial<Target> }> {
  const { readProfile } = await import('../project/profile.ts')
  const profile = await readProfile(options)
  const schema = process.env.DBT_SCHEMA
  const target = { ...profile?.target, ...(schema ? { schema } : {}) }
  return { url: databaseUrl() ?? profile?.url(), target }
}

/**
 * Runs work on the database: DATABASE_URL, or the embedded server, which is stopped after unless somebody holds it.
 * When the connection is lost, or for another reason that passes, the work is done again from its start.
 */
export async function withDatabase<T>(command: Command, work: (sql: Sql, url: string) => Promise<T>): Promise<T> {
  // With --no-atomic a part of the work is done already.
  return repeating(() => once(command, work), { ...command, ...(command.options.atomic === false ? { pauses: [] } : {}) })
}

export async function once<T>(command: Command, work: (sql: Sql, url: string) => Promise<T>): Promise<T> {
  const given = databaseUrl() ?? (await connectionOf(command.options)).url
  const server = given ? null : await (await import('../embedded/server.ts')).startEmbedded(path.resolve(command.options.projectDir))
  const url = given ?? server!.url
  const doubts = createDoubts()
  const sql = connect(url, { application: `deskledger ${command.name}`, onNotice: doubts.onNotice })
  let wasReached = false
  try {
    const { warnings } = await checkServer(sql, url)
    wasReached = true
    for (const message of warnings) command.report.warn({ message })
    const result = await work(sql, url)
    doubts.check()
    return result
  } catch (error) {
    if (command.signal.aborted) throw error
    const gone = wasReached && isUnreachable(error) ? connectionLost((error as Error).message) : undefined
    const explained = lostConnection(error) ?? gone ?? explainConnection(error, url)
    throw explained && explained !== error ? Object.assign(explained, { cause: error }) : error
  } finally {
    await sql.end({ timeout: 1 }).catch(() => {})
    await server?.close()
  }
}

/** DATABASE_URL when it is set. */
export function databaseUrl(): string | undefined {
  return process.env.DATABASE_URL || undefined
}
// Relation names are printed with the database in them, so it is known before anything connects.
export function targetOf(url: string | undefined): Partial<Target> {
  if (!url || !URL.canParse(url)) return { host: '127.0.0.1', user: 'deskledger', database: 'deskledger' }
  const { hostname: host, port, username, pathname } = new URL(url)
  const user = decodeURIComponent(username) || process.env.PGUSER || 'postgres'
  const database = decodeURIComponent(pathname.slice(1)) || user
  return { host, port: Number(port || 5432), user, database }
}

/** Runs work while no other build or load runs: waits for one that does and says so, or leaves at once with --no-wait. */
export function whileLocked<T>({ options, report }: Command, sql: Sql, work: (session: Session) => Promise<T>): Promise<T> {
  const onWait = (holder: string) => report.note(`Waiting for another build or load: ${holder}`)
  return withLock(sql, { wait: options.wait !== false, onWait }, work)
}
