import type { FigureOutcome } from './figure.ts'
import type { Node } from './node.ts'

/** What became of a node, as ops.run_nodes and run_results.json tell it. */
export interface NodeResult {
  node: Node
  status: 'success' | 'error' | 'skipped' | 'pass' | 'warn' | 'fail'
  startedAt: Date
  finishedAt: Date
  /** As in dbt's lines: `MERGE 3`, `PASS`. */
  message: string
  inserted: number | null
  updated: number | null
  deleted: number | null
  unchanged: number | null
  failures: number | null
  compiled: string | null
  /** Why it failed. */
  error?: unknown
  /** Of a skipped node: the node that failed. */
  because?: string
  /** Nothing of it and of what it reads has changed: it was not run again, and the rest tells of the last time. */
  isReused?: boolean
  /** Of a report that ran. */
  figures?: FigureOutcome[]
  /** Where the rows of a failed test are, with store_failures. */
  storedIn?: string
}

/** A result with nothing in it yet. */
export function empty(node: Node): NodeResult {
  const now = new Date()
  const none = { inserted: null, updated: null, deleted: null, unchanged: null, failures: null, compiled: null }
  return { node, status: 'success', startedAt: now, finishedAt: now, message: '', ...none }
}

/** Whether a result lets a run be published. */
export function isGood({ status }: NodeResult): boolean {
  return status === 'success' || status === 'pass' || status === 'warn'
}

/** Whether a result is a step that is counted, told and in run_results.json: an ephemeral model is one only when it failed. */
export function isStep({ node, status }: NodeResult): boolean {
  return node.config.materialized !== 'ephemeral' || status === 'error'
}
