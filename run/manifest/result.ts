import type { FigureOutcome } from './figure.ts'
import type { Node } from './node.ts'

/** The result of a node, for ops.run_nodes and run_results.json. */
export interface NodeResult {
  node: Node
  status: 'success' | 'error' | 'skipped' | 'pass' | 'warn' | 'fail'
  startedAt: Date
  finishedAt: Date
  /** As printed by dbt: `MERGE 3`, `PASS`. */
  message: string
  inserted: number | null
  updated: number | null
  deleted: number | null
  unchanged: number | null
  failures: number | null
  compiled: string | null
  /** The error of a failed node. */
  error?: unknown
  /** For a skipped node: the node that failed. */
  because?: string
  /** Nothing has changed in it or its parents: it was not run again, and the other fields are from the last run. */
  isReused?: boolean
  /** For a report that ran. */
  figures?: FigureOutcome[]
  /** The table with the rows of a failed test, with store_failures. */
  storedIn?: string
}

/** An empty result. */
export function empty(node: Node): NodeResult {
  const now = new Date()
  const none = { inserted: null, updated: null, deleted: null, unchanged: null, failures: null, compiled: null }
  return { node, status: 'success', startedAt: now, finishedAt: now, message: '', ...none }
}

/** Whether a run with this result may be published. */
export function isGood({ status }: NodeResult): boolean {
  return status === 'success' || status === 'pass' || status === 'warn'
}

/** Whether a result is a step that is counted, reported and written to run_results.json: an ephemeral model is one only when it failed. */
export function isStep({ node, status }: NodeResult): boolean {
  return node.config.materialized !== 'ephemeral' || status === 'error'
}
