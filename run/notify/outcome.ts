import type { Alert } from '../execute/feed-state.ts'
import type { NodeResult } from '../manifest/result.ts'

/** What a command leaves for the message about its end; all of it is optional, as it may fail at any point. */
export interface Outcome {
  /** Of ops.runs. */
  runId?: string
  /** Whether the run before this one needed nobody, as the database has it; undefined where it was not asked. */
  wasWell?: boolean
  /** The last day of data. */
  through?: string | null
  results?: NodeResult[]
  alerts?: Alert[]
  /** What only the command itself knows. */
  causes?: Cause[]
}

/** Why a person is needed. No values of the feed are in it: the message leaves the house. */
export interface Cause {
  /** Stable, for programs: the name of an alert or of an event, or `NodeFailed`, `StaleSource`, `RefusedFile`, `Error`. */
  name: string
  /** What happened, in a line. */
  text: string
  /** What to do, or where to look. */
  next: string
  /** Names of what failed or was skipped because of it. */
  below: string[]
}
