import { stripVTControlCharacters } from 'node:util'
import type { Node, UnitTest } from '../manifest/node.ts'
import type { NodeResult } from '../manifest/result.ts'
import type { Level } from './format.ts'

/** An event of dbt's structured log, whose readers use `name` or `code`. */
export interface Event {
  name: keyof typeof CODES
  msg: string
  data?: Record<string, unknown>
  level?: Level
  /** In a summary: no blank line before it. */
  isNear?: boolean
}

/** dbt's codes of the equivalent events. */
export const CODES = {
  MainReportVersion: 'A001',
  FoundStats: 'W006',
  Note: 'Z050',
  Warning: 'Z045',
  Error: 'Z046',
  Formatting: 'Z017',
  ConcurrencyLine: 'Q027',
  LogStartLine: 'Q011',
  LogModelResult: 'Q012',
  LogTestResult: 'Q007',
  LogSeedResult: 'Q016',
  LogSnapshotResult: 'Q015',
  LogFreshnessResult: 'Q018',
  LogHookEndLine: 'Q033',
  SkippingDetails: 'Q034',
  NodeStart: 'Q024',
  NodeFinished: 'Q025',
  FinishedRunningStats: 'E047',
  EndOfRunSummary: 'Z030',
  RunResultError: 'Z024',
  RunResultFailure: 'Z022',
  RunResultWarning: 'Z021',
  StatsLine: 'Z023',
  Summary: 'Z050',
  FeedAlert: 'Z048',
}

/** A line of the JSON log: `info` and `data`, as in dbt. */
export function jsonLine({ name, msg, data = {}, level = 'info' }: Event, invocationId: string, now = new Date()): string {
  const isNode = 'node_info' in data
  const info = {
    category: '',
    code: CODES[name],
    extra: {},
    invocation_id: invocationId,
    level,
    msg: stripVTControlCharacters(msg),
    name,
    pid: process.pid,
    thread: isNode ? 'Thread-1' : 'MainThread',
    ts: now.toISOString(),
  }
  return JSON.stringify({ data, info })
}

/** dbt's `node_info`: the node of an event, and its status. */
export function nodeInfo(node: Node, result?: NodeResult, startedAt?: Date): Record<string, unknown> {
  return {
    materialized: String(node.config.materialized ?? STANDARD[node.resourceType] ?? 'view'),
    meta: node.meta,
    node_checksum: node.checksum,
    node_finished_at: result?.finishedAt.toISOString() ?? '',
    node_name: node.name,
    node_path: node.path.split('/').slice(1).join('/') || node.path,
    node_relation: { alias: node.alias, database: node.database, relation_name: node.relationName ?? '', schema: node.schema },
    node_started_at: (result?.startedAt ?? startedAt)?.toISOString() ?? '',
    node_status: result?.status ?? 'started',
    resource_type: node.resourceType,
    unique_id: node.uniqueId,
  }
}

/** `data` of the event at a node's end. */
export function endData(result: NodeResult, index: number, total: number, description: string): Record<string, unknown> {
  const { node, status, startedAt, finishedAt, message, inserted, updated, deleted, unchanged, failures } = result
  const shared = {
    description,
    index,
    execution_time: (finishedAt.getTime() - startedAt.getTime()) / 1000,
    status: status === 'success' ? message : status,
    node_info: nodeInfo(node, result),
  }
  if (node.resourceType !== 'test' && node.resourceType !== 'unit_test')
    return { ...shared, total, ...(inserted === null ? {} : { rows: { inserted, updated, deleted, unchanged } }) }
  const attached = node.test?.attachedTo ?? (node as UnitTest).dependsOn[0]
  return { ...shared, name: node.name, num_models: total, num_failures: failures ?? 0, ...(attached ? { attached_node: attached } : {}) }
}

/** The name of the event at a node's end. */
export function endName({ node, status }: NodeResult): Event['name'] {
  if (status === 'skipped') return 'SkippingDetails'
  return ENDS[node.resourceType] ?? 'LogModelResult'
}

const STANDARD: Partial<Record<Node['resourceType'], string>> = {
  test: 'test',
  unit_test: 'unit',
  seed: 'seed',
  snapshot: 'snapshot',
  report: 'report',
}
const ENDS: Partial<Record<Node['resourceType'], Event['name']>> = {
  test: 'LogTestResult',
  unit_test: 'LogTestResult',
  seed: 'LogSeedResult',
  snapshot: 'LogSnapshotResult',
}
