import path from 'node:path'
import { createDoubts } from '../citus/uncertain-commit.ts'
import { type Address, addressOfUrl } from '../database/address.ts'
import { checkServer, connect, explainConnection, refuseReadOnly } from '../database/connection.ts'
import type { Session, Sql } from '../database/driver.ts'
import { connectionLost, isUnreachable, lostConnection } from '../database/errors.ts'
import { withLock } from '../database/lock.ts'
import { embeddedAddress, superuser } from '../embedded/embedded-address.ts'
import type { Target } from '../manifest/node.ts'
import type { Command } from './command.ts'
import type { Options } from './options.ts'
import { repeating } from './retry.ts'

/** The database of a command: DATABASE_URL, else the target of profiles.yml, else (without an address) the embedded server. */
export async function connectionOf(options: Options): Promise<{ address: Address | undefined; target: Partial<Target> }> {
  const { readProfile } = await import('../project/profile.ts')
  const profile = await readProfile(options)
  const schema = process.env.DBT_SCHEMA
  const url = process.env.DATABASE_URL
  const address = url ? addressOfUrl(url) : profile?.address()
  // Relation names are printed with their database, so it must be known before connecting.
  const { host, port, user, database } = address ?? { host: '127.0.0.1', port: 5432, user: superuser, database: superuser }
  return { address, target: { host, port, user, database, ...profile?.target, ...(schema ? { schema } : {}) } }
}

/**
 * Runs work on the database of the command line, or on the embedded server, which stops afterwards unless another process holds it. After a
 * lost connection or another transient error the work is repeated from its start.
 */
export async function withDatabase<T>(command: Command, work: (sql: Sql) => Promise<T>): Promise<T> {
  // With --no-atomic a part of the work is already committed.
  return repeating(() => once(command, work), { ...command, ...(command.options.atomic === false ? { pauses: [] } : {}) })
}

export async function once<T>(command: Command, work: (sql: Sql) => Promise<T>): Promise<T> {
  const { address: given } = await connectionOf(command.options)
  const embedded = given ? null : await (await import('../embedded/server.ts')).startEmbedded(path.resolve(command.options.projectDir))
  const address = given ?? embeddedAddress(embedded!.url)
  const doubts = createDoubts()
  const sql = connect(address, { application: `deskledger ${command.name}`, onNotice: doubts.onNotice })
  let wasReached = false
  try {
    const { warnings } = await checkServer(sql, address)
    wasReached = true
    for (const message of warnings) command.report.warn({ message })
    const result = await work(sql)
    doubts.check()
    return result
  } catch (error) {
    if (command.signal.aborted) throw error
    const gone = wasReached && isUnreachable(error) ? connectionLost((error as Error).message) : undefined
    const explained = lostConnection(error) ?? gone ?? explainConnection(error, address)
    throw explained && explained !== error ? Object.assign(explained, { cause: error }) : error
  } finally {
    await sql.end({ timeout: 1 }).catch(() => {})
    await embedded?.close()
  }
}

/**
 * Runs work that writes while no other build or load runs: waits for the other one and reports that, or ends at once with --no-wait. Throws
 * a ProjectError where the server is read-only.
 */
export async function whileLocked<T>({ options, report }: Command, sql: Sql, work: (session: Session) => Promise<T>): Promise<T> {
  await refuseReadOnly(sql)
  const onWait = (holder: string) => report.note(`Waiting for another build or load: ${holder}`)
  return withLock(sql, { wait: options.wait !== false, onWait }, work)
}
