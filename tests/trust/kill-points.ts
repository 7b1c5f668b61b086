import type { Phase } from './phases.ts'
import type { Victim } from './server-processes.ts'

/** A kill -9 of a process other than the runner, at a point within a phase determined by its number and the seed. */
export interface Point {
  number: number
  phase: Exclude<Phase, 'none'> | 'db start' | 'extract'
  whom: Victim
  /** The write of the phase after which it strikes, as a share of all, and the delay after it in milliseconds. */
  share: number
  after: number
}

/** The findings after a point and a repetition of the same command. */
export interface Verdict {
  point: Point
  /** The runner's phase at the kill; undefined where no process was killed. */
  hit: string | undefined
  faults: string[]
}
