import type { Session, Sql } from './driver.ts'

/** Runs the work; the signal, where there is one, cancels what the sessions are running then, over another connection of `sql`. */
export async function cancelling<T>(sql: Sql, sessions: Session[], signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const backends = await Promise.all(sessions.map(backendOf))
  const cancel = () => backends.forEach(pid => void sql`select pg_cancel_backend(${pid})`.catch(() => {}))
  signal?.addEventListener('abort', cancel)
  try {
    return await work()
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

async function backendOf(session: Session): Promise<number> {
  const [row] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`
  return row!.pid
}
