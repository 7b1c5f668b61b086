import { cancelling } from '../database/cancel.ts'
import type { Session, Sql } from '../database/driver.ts'
import { lostConnection } from '../database/errors.ts'
import type { NodeResult } from '../manifest/result.ts'

/** Ctrl-C: everything was left as it was. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  /** The results until then, all of which are rolled back. */
  readonly results: NodeResult[]

  constructor(results: NodeResult[] = []) {
    super('Interrupted')
    this.results = results
  }
}

/**
 * Runs the work of a transaction, and rolls it back on any error. The signal cancels the current statement. Throws `Interrupted` after the
 * signal, a ProjectError where the connection was lost, else the error itself.
 */
export async function interruptible<T>(
  session: Session,
  log: Sql,
  { signal, results }: { signal: AbortSignal; results: NodeResult[] },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await cancelling(log, [session], signal, work)
  } catch (error) {
    const lost = lostConnection(error)
    if (!lost) await session`rollback`.catch(() => {})
    throw signal.aborted ? new Interrupted(results) : (lost ?? error)
  }
}
