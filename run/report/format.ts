import { isReport, type Node, type UnitTest } from '../manifest/node.ts'
import type { NodeResult } from '../manifest/result.ts'

/** The log level of a line. */
export type Level = 'debug' | 'info' | 'warn' | 'error' | 'none'

/** `1 of 5 START sql view model staging.stg_agents ........ [RUN]` */
export function startLine(node: Node, index: number, total: number): string {
  return padded(`${index} of ${total} START ${describeNode(node)}`, 'RUN', Number.POSITIVE_INFINITY)
}

/**
 * `1 of 5 OK created sql view model staging.stg_agents … [CREATE VIEW in 0.10s]` and its level, debug for a skipped unchanged node; cut to
 * `columns` of a narrow terminal.
 */
export function endLine(
  result: NodeResult,
  index: number,
  total: number,
  columns = Number.POSITIVE_INFINITY,
): { text: string; level: Level } {
  const { node, status, failures, isReused } = result
  const seconds = ((result.finishedAt.getTime() - result.startedAt.getTime()) / 1000).toFixed(2)
  const isTest = node.resourceType === 'test' || node.resourceType === 'unit_test'
  const name = titleOf(node)
  const count = failures === null ? '' : ` ${failures}`
  const made = node.resourceType === 'snapshot' ? relation(node) : describeNode(node)
  const parts: Record<NodeResult['status'], [string, string]> = {
    success: [`OK ${done(node)} ${made}`, `${rowsText(result) || result.message} in ${seconds}s`],
    pass: [`PASS ${name}`, `PASS in ${seconds}s`],
    warn: [`WARN${count} ${isReport(node) ? made : name}`, `WARN${count} in ${seconds}s`],
    fail: [`FAIL${count} ${name}`, `FAIL${count} in ${seconds}s`],
    error: [isTest ? `ERROR ${name}` : `ERROR ${doing(node)} ${made}`, `ERROR in ${seconds}s`],
    skipped: [isTest ? `SKIP test ${name}` : `SKIP ${isReport(node) ? made : `relation ${relation(node)}`}`, 'SKIP'],
  }
  const [text, bracket] = isReused && status !== 'warn' ? [`REUSED ${isTest ? name : made}`, 'REUSED'] : parts[status]
  const level = status === 'fail' || status === 'error' ? 'error' : status === 'warn' ? 'warn' : isReused ? 'debug' : 'info'
  return { text: padded(`${index} of ${total} ${text}`, bracket, columns), level }
}

/** `1 of 2 OK hook: shop.on-run-start.0 … [OK in 0.01s]` */
export function hookLine(name: string, index: number, total: number, status: 'OK' | 'ERROR', seconds: number): string {
  return padded(`${index} of ${total} ${status} hook: ${name}`, `${status} in ${seconds.toFixed(2)}s`, Number.POSITIVE_INFINITY)
}

/** `3 inserted, 1 deleted, 994 unchanged`; '' for nodes without counted rows. */
export function rowsText({
  inserted,
  updated,
  deleted,
  unchanged,
}: Pick<NodeResult, 'inserted' | 'updated' | 'deleted' | 'unchanged'>): string {
  if (inserted === null) return ''
  const parts = Object.entries({ inserted, updated, deleted, unchanged }).filter(([, n]) => n)
  return parts.length === 0 ? '0 rows' : parts.map(([word, n]) => `${numberText(n ?? 0)} ${word}`).join(', ')
}

/** `1,204` for 1204. */
export function numberText(n: number | bigint): string {
  return n.toLocaleString('en-US')
}

/** `1 model`, `2 models`, `2 analyses`. */
export function plural(n: number, noun: string): string {
  return `${numberText(n)} ${n === 1 ? noun : `${noun.replace(/is$/, 'e')}s`}`
}

/** Formats rows of cells as lines, with columns as wide as their widest cell. */
export function aligned(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}

/** `core.agents`. */
export function relation(node: Node): string {
  return `${node.schema}.${node.alias}`
}

/** `sql view model staging.stg_agents`, `test unique_agents_agent_id`. */
export function describeNode(node: Node): string {
  if (node.resourceType === 'seed') return `seed file ${relation(node)}`
  if (node.resourceType === 'snapshot') return `snapshot ${relation(node)}`
  if (node.resourceType === 'test') return `test ${node.name}`
  if (node.resourceType === 'unit_test') return `unit_test ${titleOf(node)}`
  if (node.resourceType === 'report') return `report ${node.name}`
  return `sql ${String(node.config.materialized ?? 'view')} model ${relation(node)}`
}

// As in dbt, a unit test is shown with its model first.
function titleOf(node: Node): string {
  return node.resourceType === 'unit_test' ? `${(node as UnitTest).model}::${node.name}` : node.name
}

function done(node: Node): string {
  return { seed: 'loaded', snapshot: 'snapshotted', report: 'ran' }[node.resourceType as string] ?? 'created'
}

function doing(node: Node): string {
  return { seed: 'loading', snapshot: 'snapshotting', report: 'running' }[node.resourceType as string] ?? 'creating'
}

// Padded with dots to 80 characters, as in dbt; on a narrower terminal the brackets stay visible.
export function padded(text: string, bracket: string, columns: number): string {
  const width = Math.max(20, Math.min(80, columns - bracket.length - 3))
  const shown = columns - bracket.length - 3 < text.length + 1 ? `${text.slice(0, width - 2)}…` : text
  return `${`${shown} `.padEnd(width, '.')} [${bracket}]`
}
