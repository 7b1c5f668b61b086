import { DBT_VERSION, VERSION } from '../base/versions.ts'
import type { Node, Project } from '../manifest/node.ts'
import { isStep, type NodeResult } from '../manifest/result.ts'
import type { Event } from './events.ts'
import { plural } from './format.ts'

/** `Running with deskledger=0.1.0 (as dbt=1.12.3)`: the first line of a command. */
export function running(): Event {
  return {
    name: 'MainReportVersion',
    msg: `Running with deskledger=${VERSION} (as dbt=${DBT_VERSION})`,
    data: { version: `=${DBT_VERSION}`, log_version: 3, runner: 'deskledger', runner_version: VERSION },
  }
}

/** `Found 5 models, 3 seeds, 20 data tests, 2 macros`. */
export function found(project: Project): Event {
  const line = foundLine(project)
  return { name: 'FoundStats', msg: `Found ${line}`, data: { stat_line: line } }
}

/** `5 models, 3 seeds, 20 data tests`: the project's nodes by type. */
export function foundLine({
  nodes,
  sources,
  unitTests,
  reports,
  exposures,
  analyses,
  macros,
  name,
  onRunStart,
  onRunEnd,
}: Project): string {
  const count = (type: Node['resourceType']) => [...nodes.values()].filter(node => node.resourceType === type).length
  const own = [...macros.values()].filter(macro => macro.packageName === name).length
  const parts: [number, string][] = [
    [count('model'), 'model'],
    [count('seed'), 'seed'],
    [count('snapshot'), 'snapshot'],
    [count('test'), 'data test'],
    [unitTests.size, 'unit test'],
    [reports.size, 'report'],
    [sources.size, 'source'],
    [exposures.size, 'exposure'],
    [analyses.size, 'analysis'],
    [onRunStart.length + onRunEnd.length, 'project hook'],
    [own, 'macro'],
  ]
  const there = parts.filter(([n]) => n > 0).map(([n, noun]) => plural(n, noun))
  return there.length > 0 ? there.join(', ') : 'nothing'
}

/** `Concurrency: 1 threads (target='dev')`: a build is one session, whatever --threads is. */
export function concurrency(project: Project, nodes: Node[]): Event {
  const target = project.target.name
  return {
    name: 'ConcurrencyLine',
    msg: `Concurrency: 1 threads (target='${target}')`,
    data: { num_threads: 1, target_name: target, node_count: nodes.length },
  }
}

/** `Finished running 2 table models, 3 view models in 0 hours 0 minutes and 0.53 seconds (0.53s).` */
export function finished(all: NodeResult[], seconds: number): Event {
  const results = all.filter(isStep)
  const line = finishedLine(results)
  const execution = ` in ${Math.floor(seconds / 3600)} hours ${Math.floor((seconds % 3600) / 60)} minutes and ${(seconds % 60).toFixed(2)} seconds`
  return {
    name: 'FinishedRunningStats',
    msg: `Finished running ${line}${execution} (${seconds.toFixed(2)}s).`,
    data: { stat_line: line, execution, execution_time: seconds },
  }
}

/** `Completed with 1 error, 0 partial successes, and 0 warnings`, or the line for success. */
export function completed(results: NodeResult[], more = 0): Event {
  const count = (...statuses: NodeResult['status'][]) => results.filter(({ status }) => statuses.includes(status)).length
  const [errors, warnings] = [count('error', 'fail') + more, count('warn')]
  const msg =
    errors > 0
      ? `Completed with ${plural(errors, 'error')}, 0 partial successes, and ${plural(warnings, 'warning')}`
      : warnings > 0
        ? `Completed with ${plural(warnings, 'warning')}`
        : 'Completed successfully'
  return {
    name: 'EndOfRunSummary',
    msg,
    data: { num_errors: errors, num_warnings: warnings, num_partial_success: 0, keyboard_interrupt: false },
    level: errors > 0 ? 'error' : 'info',
  }
}

/**
 * dbt's last line: `Done. PASS=5 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=5`. A skipped unchanged node counts as reused; a warning from
 * an earlier run still counts as a warning.
 */
export function tally(all: NodeResult[]): Event {
  const results = all.filter(isStep)
  const count = (...statuses: NodeResult['status'][]) => results.filter(({ status }) => statuses.includes(status)).length
  const reused = results.filter(({ isReused, status }) => isReused && status !== 'warn').length
  const stats = {
    pass: count('success', 'pass') - reused,
    warn: count('warn'),
    error: count('error', 'fail'),
    skip: count('skipped'),
    noop: 0,
    reused,
    total: results.length,
  }
  const { pass, warn, error, skip, noop, total } = stats
  return {
    name: 'StatsLine',
    msg: `Done. PASS=${pass} WARN=${warn} ERROR=${error} SKIP=${skip} NO-OP=${noop} REUSED=${reused} TOTAL=${total}`,
    data: { stats },
  }
}

function finishedLine(results: NodeResult[]): string {
  const counts = new Map<string, number>()
  for (const { node } of results) {
    const noun = nounOf(node)
    counts.set(noun, (counts.get(noun) ?? 0) + 1)
  }
  return counts.size === 0 ? 'nothing' : [...counts].map(([noun, n]) => plural(n, noun)).join(', ')
}

function nounOf({ resourceType, config }: Node): string {
  if (resourceType === 'model') return `${String(config.materialized ?? 'view')} model`
  return { test: 'data test', unit_test: 'unit test' }[resourceType as string] ?? resourceType
}
