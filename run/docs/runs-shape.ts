/** The run log. */
export interface DocsRuns {
  /** The last 60, oldest first. */
  runs: DocsRun[]
  /** Nodes and tests of the last 8 runs that did anything, by run id, for the Gantt chart. */
  timelines: Record<string, DocsSpan[]>
}

/** A build, run, seed or test. */
export interface DocsRun {
  runId: string
  command: string
  status: string
  startedAt: string
  finishedAt: string | null
  seconds: number | null
  isWhole: boolean
  message: string | null
  models: number
  inserted: number
  updated: number
  deleted: number
  tests: { pass: number; warn: number; fail: number; error: number; skipped: number }
}

/** A bar of the Gantt chart: seconds from the start of its run. */
export interface DocsSpan {
  node: string
  name: string
  resourceType: string
  status: string
  from: number
  to: number
  inserted: number | null
  updated: number | null
  deleted: number | null
  message: string | null
}
