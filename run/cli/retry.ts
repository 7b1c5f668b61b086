import { setTimeout as sleep } from 'node:timers/promises'
import { isAway, isRepeatable } from '../database/errors.ts'
import type { Report } from '../report/report.ts'

/**
 * Repeats work from its start after a transient failure: a lost connection, a conflict with another session (40001, 40P01), a server that
 * is full, starting or stopping (53300, 57P01-03). Waits before each repetition, longer each time. Errors of data, models and tests are
 * never repeated. The work must be repeatable: a build is one transaction, a load goes by files.
 */
export async function repeating<T>(
  work: () => Promise<T>,
  { report, signal, pauses = standard }: { report: Report; signal: AbortSignal; pauses?: number[] },
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await work()
    } catch (error) {
      const pause = pauses[failures]
      // A server that was reachable a moment ago is probably restarting.
      const isPassing = isRepeatable(error) || (failures > 0 && isAway(error))
      if (signal.aborted || !isPassing || pause === undefined) throw error
      report.warn({
        message: `${(error as Error).message.split('\n')[0]}. Retrying in ${pause / 1000} s, attempt ${failures + 1} of ${pauses.length}`,
      })
      await sleep(pause, undefined, { signal }).catch(() => {})
      if (signal.aborted) throw error
    }
  }
}

/** In milliseconds. A killed server is back within a few seconds, a restarted one within half a minute. */
const standard = [500, 1_000, 2_000, 4_000, 8_000, 16_000]
