import type { Phase } from './phases.ts'
import type { Victim } from './server-processes.ts'

/** A kill -9 of something beside the runner, at a point within a phase that its number and the seed decide. */
export interface Point {
  number: number
  phase: Exclude<Phase, 'none'> | 'db start' | 'extract'
  whom: Victim
  /** Of the phase's writes to the database the one after which it strikes, as a part of all, and milliseconds after it. */
  share: number
  after: number
}

/** What was found after a point and the same command again. */
export interface Verdict {
  point: Point
  /** The phase that the runner was in when the kill came; undefined where nobody was killed. */
  hit: string | undefined
  faults: string[]
}
