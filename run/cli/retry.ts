import { setTimeout as sleep } from 'node:timers/promises'
import { isAway, isRepeatable } from '../database/errors.ts'
import type { Report } from '../report/report.ts'

/**
 * Does the work again from its start when it failed for a reason that passes: the connection was lost, another session was in the way
 * (40001, 40P01), the server was full, starting or stopping (53300, 57P01-03). Waits before each repetition, longer each time. An error
 * of data, of a model or of a test is never repeated. The work must be safe to do twice: a build is one transaction, a load goes by files.
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
      // A server that was there a moment ago is on its way back.
      const isPassing = isRepeatable(error) || (failures > 0 && isAway(error))
      if (signal.aborted || !isPassing || pause === undefined) throw error
      report.warn({
        message: `${(error as Error).message.split('\n')[0]}. Beginning again in ${pause / 1000} s, repetition ${failures + 1} of ${pauses.length}`,
      })
      await sleep(pause, undefined, { signal }).catch(() => {})
      if (signal.aborted) throw error
    }
  }
}

/** In milliseconds. A server that was killed is back within a few seconds, one that is restarted within half a minute. */
const standard = [500, 1_000, 2_000, 4_000, 8_000, 16_000]
