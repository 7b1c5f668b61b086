import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { metadata } from '../artifacts/run-results.ts'
import { type FreshnessResult, freshnessLine, measure, thresholdOf } from '../check/source-freshness.ts'
import type { Command } from '../cli/command.ts'
import { withDatabase } from '../cli/open-database.ts'
import { openProject } from '../cli/open-project.ts'
import { selectedIds } from '../cli/selection.ts'
import { answering } from '../database/answers.ts'
import { Interrupted } from '../execute/interrupted.ts'
import type { Project } from '../manifest/node.ts'
import type { Cause } from '../notify/outcome.ts'
import { nodeInfo } from '../report/events.ts'

/** source freshness: measures the age of the newest row of each source with `freshness:`; writes sources.json. Gives the exit code. */
export async function freshnessCommand(command: Command): Promise<number> {
  const { options, report, signal } = command
  const { project, targetPath } = await openProject(command)
  const ids = await selectedIds(command, project, targetPath)
  const sources = [...project.sources.values()].filter(node => ids.has(node.uniqueId) && thresholdOf(node))
  const began = performance.now()
  return withDatabase(command, async sql => {
    const results: FreshnessResult[] = []
    for (const node of sources) {
      if (signal.aborted) throw new Interrupted()
      const result = await measure(project, node, { database: answering(sql) })
      results.push(result)
      report.event({
        name: 'LogFreshnessResult',
        level: result.status === 'pass' ? 'info' : result.status === 'warn' ? 'warn' : 'error',
        msg: freshnessLine(result, results.length, sources.length),
        data: { status: result.status, node_info: nodeInfo(node) },
      })
    }
    const file = path.resolve(options.output ?? path.join(targetPath, 'sources.json'))
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, `${JSON.stringify(sourcesOf(project, results, (performance.now() - began) / 1000), null, 2)}\n`)
    for (const { error } of results) if (error) report.fail(error)
    command.outcome?.causes?.push(...results.filter(({ status }) => status === 'error' || status === 'warn').map(staleCause))
    if (sources.length === 0) report.warn({ message: 'Nothing to do: no selected source has freshness with warn_after or error_after.' })
    const count = (...statuses: FreshnessResult['status'][]) => results.filter(({ status }) => statuses.includes(status)).length
    const failures = count('error', 'runtime error') + (options.warnError ? count('warn') : 0)
    const stats = { pass: count('pass'), warn: count('warn'), error: count('error', 'runtime error'), total: results.length }
    report.close([
      {
        name: 'StatsLine',
        msg: `Done. PASS=${stats.pass} WARN=${stats.warn} ERROR=${stats.error} TOTAL=${stats.total}`,
        data: { stats, status: failures > 0 ? 'failed' : 'passed' },
      },
    ])
    return failures > 0 ? 1 : 0
  })
}

function staleCause({ node, measured }: FreshnessResult): Cause {
  const name = `${node.sourceName}.${node.name}`
  const text = `${name} is stale: its newest rows are of ${measured?.maxLoadedAt}`
  return { name: 'StaleSource', text, next: 'Check the job that loads it.', below: [] }
}

/** sources.json, dbt's version 3, as an object. */
export function sourcesOf(project: Project, results: FreshnessResult[], elapsedSeconds: number): object {
  return { metadata: metadata(project, 'sources/v3'), results: results.map(entry), elapsed_time: elapsedSeconds }
}

function entry({ node, status, startedAt, finishedAt, measured, threshold, error }: FreshnessResult): object {
  if (!measured) return { unique_id: node.uniqueId, error: (error as Error).message, status: 'runtime error' }
  const { warn_after = null, error_after = null, filter = null } = threshold
  return {
    unique_id: node.uniqueId,
    max_loaded_at: isoOfPython(measured.maxLoadedAt),
    snapshotted_at: isoOfPython(measured.snapshottedAt),
    max_loaded_at_time_ago_in_s: measured.age,
    status,
    criteria: { warn_after, error_after, filter },
    // As dbt's adapter reports a query of one row.
    adapter_response: { _message: 'SELECT 1', code: 'SELECT', rows_affected: 1 },
    timing: [
      { name: 'compile', started_at: startedAt.toISOString(), completed_at: startedAt.toISOString() },
      { name: 'execute', started_at: startedAt.toISOString(), completed_at: finishedAt.toISOString() },
    ],
    thread_id: 'Thread-1',
    execution_time: (finishedAt.getTime() - startedAt.getTime()) / 1000,
  }
}

// Turns 2024-03-31T10:00:00.25Z into Python's 2024-03-31T10:00:00.250000+00:00.
function isoOfPython(time: string): string {
  return time.replace(/([.]\d+)?Z$/, (_, fraction?: string) => `${fraction?.padEnd(7, '0') ?? ''}+00:00`)
}
