import { setImmediate as breath } from 'node:timers/promises'
import type { Clock } from '../../loaders/extract/clock.ts'

/** A clock that advances only while the extractor waits. */
export interface TestClock extends Clock {
  /** Milliseconds of each wait. */
  waits: number[]
  pass(milliseconds: number): void
}

/** A clock that starts at an instant. */
export function testClock(start = '2026-01-05T05:00:00.000Z'): TestClock {
  let now = Date.parse(start)
  const waits: number[] = []
  return {
    waits,
    now: () => now,
    pass(milliseconds) {
      now += milliseconds
    },
    async sleep(milliseconds, signal) {
      signal.throwIfAborted()
      waits.push(milliseconds)
      now += milliseconds
      await breath()
      signal.throwIfAborted()
    },
  }
}
