import type { Alert } from '../execute/feed-state.ts'
import type { NodeResult } from '../manifest/result.ts'

/** The details of a command for the message about its end; all optional, as it may fail at any point. */
export interface Outcome {
  /** From ops.runs. */
  runId?: string
  /** Whether the previous run, in the database, needed no attention; undefined where it was not read. */
  wasWell?: boolean
  /** The last day of data. */
  through?: string | null
  results?: NodeResult[]
  alerts?: Alert[]
  /** Causes that only the command knows. */
  causes?: Cause[]
}

/** A reason for attention. Contains no values of the feed, as the message leaves the company. */
export interface Cause {
  /** Stable, for programs: the name of an alert or of an event, or `NodeFailed`, `StaleSource`, `RefusedFile`, `Error`. */
  name: string
  /** What happened, in one line. */
  text: string
  /** The next step, or where to look. */
  next: string
  /** Names of nodes that failed or were skipped because of it. */
  below: string[]
}
