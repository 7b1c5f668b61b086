import { ProjectError } from '../base/errors.ts'
import type { Session, Sql } from './driver.ts'
import { lostConnection } from './errors.ts'

/** How to take the lock: wait for its holder (`onWait` is told once), or fail at once. */
export interface LockOptions {
  wait: boolean
  onWait?: (holder: string) => void
}

/**
 * Runs the work while holding the lock "one build or load at a time", on the session that holds it, so that the work cannot outlive its
 * lock. The lock ends with the session, and so with the process, however that ends.
 * The session has no `sql.begin`: use its statements `begin` and `commit`.
 */
export async function withLock<T>(sql: Sql, { wait, onWait }: LockOptions, work: (session: Session) => Promise<T>): Promise<T> {
  return holding(
    sql,
    buildOrLoad,
    async session => {
      if (await tryLock(session, buildOrLoad)) return
      const holder = await holderOf(session, buildOrLoad)
      if (!wait) {
        const hint = 'Wait for it to end, or run without --no-wait to queue behind it.'
        throw new ProjectError(`Another build or load is running: ${holder}`, { hint, code: 'locked' })
      }
      onWait?.(holder)
      await session`select pg_advisory_lock(${buildOrLoad[0]}, ${buildOrLoad[1]})`
    },
    work,
  )
}

/** Whether an error says that another build or load is running. */
export function isLocked(error: unknown): boolean {
  return error instanceof ProjectError && error.code === 'locked'
}

/** Runs the work while holding the same lock, if it is free at this moment; otherwise gives undefined at once. */
export async function ifFree<T>(sql: Sql, work: (session: Session) => Promise<T>): Promise<T | undefined> {
  const session = await sql.reserve()
  try {
    if (!(await tryLock(session, buildOrLoad))) return undefined
    try {
      return await work(session)
    } finally {
      await unlock(session, buildOrLoad)
    }
  } finally {
    session.release()
  }
}

/** Whether a build or load is running on this database. */
export async function isBuildingOrLoading(sql: Sql): Promise<boolean> {
  return (await holders(sql, buildOrLoad)).length > 0
}

/**
 * Runs the work while no other process migrates this database. It needs a lock of its own, as a build migrates while it holds the other.
 */
export async function whileMigrating<T>(sql: Sql, work: (session: Session) => Promise<T>): Promise<T> {
  return holding(sql, migrating, async session => void (await session`select pg_advisory_lock(${migrating[0]}, ${migrating[1]})`), work)
}

type Key = readonly [number, number]

// Advisory locks are numbers that all programs on a database share. Ours are words on a phone keypad: DESK (3375) is
// the project, LEDGER (533437) a build or load, MIGRATION (644728466) the migrations. They count per database.
const buildOrLoad: Key = [3375, 533437]
const migrating: Key = [3375, 644728466]

async function holding<T>(
  sql: Sql,
  key: Key,
  take: (session: Session) => Promise<void>,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await sql.reserve()
  let isGone = false
  try {
    await noticeDeadClients(session)
    await take(session)
    try {
      return await work(session)
    } catch (error) {
      // The driver waits forever for an answer from a connection that is lost; its lock went with it.
      isGone = lostConnection(error) !== undefined
      throw error
    } finally {
      if (!isGone) await unlock(session, key)
    }
  } finally {
    if (!isGone) session.release()
  }
}

// Failed work may have left a failed transaction, in which nothing can be selected. A lost session has lost its lock already; the work's
// own error matters more.
async function unlock(session: Session, key: Key): Promise<void> {
  const once = () => session`select pg_advisory_unlock(${key[0]}, ${key[1]})`
  await once()
    .catch(() => session`rollback`.then(once))
    .catch(() => {})
}

async function tryLock(session: Session, key: Key): Promise<boolean> {
  const [row] = await session<{ taken: boolean }[]>`select pg_try_advisory_lock(${key[0]}, ${key[1]}) as taken`
  return row!.taken
}

// A server learns that its client died only when it next writes to it, so a killed build would hold the lock until its
// long statement ends. Not all platforms can look earlier; where not, nothing is lost but that.
async function noticeDeadClients(session: Session): Promise<void> {
  await session`select set_config('client_connection_check_interval', '2s', false)`.catch(() => {})
}

async function holderOf(session: Session, key: Key): Promise<string> {
  const [holder] = await holders(session, key)
  if (!holder) return 'its session has just ended'
  const { pid, name, client, since } = holder
  return `${name || 'a session without a name'}, server process ${pid}, from ${client ?? 'this machine'}, connected since ${since ?? 'an unknown time'}`
}

async function holders(sql: Session | Sql, key: Key) {
  return sql<{ pid: number; name: string | null; client: string | null; since: string | null }[]>`
    select
        pg_locks.pid,
        pg_stat_activity.application_name as name,
        host(pg_stat_activity.client_addr) as client,
        to_char(pg_stat_activity.backend_start, 'YYYY-MM-DD HH24:MI:SS "UTC"') as since
    from pg_locks
    inner join pg_stat_activity on pg_locks.pid = pg_stat_activity.pid
    where pg_locks.locktype = 'advisory'
        and pg_locks.granted
        and pg_locks.database = (select oid from pg_database where datname = current_database())
        and pg_locks.classid::bigint = ${key[0]}
        and pg_locks.objid::bigint = ${key[1]}
        and pg_locks.objsubid = 2
  `
}
