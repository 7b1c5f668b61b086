import { ProjectError } from '../base/errors.ts'
import { inOneLine } from '../base/sanitize.ts'
import type { Command } from '../cli/command.ts'
import { withDatabase } from '../cli/open-database.ts'
import { findRuns, type ListedNode, type ListedRun, listRuns, nodesOf } from '../history/run-list.ts'
import { hasLog } from '../history/run-log.ts'
import { aligned, numberText, plural } from '../report/format.ts'

/** runs: lists the last runs, newest first; `runs ID` the nodes of one. Gives the exit code. */
export async function runsCommand(command: Command, [id]: string[]): Promise<number> {
  const { options, report } = command
  return withDatabase(command, async sql => {
    if (!(await hasLog(sql))) {
      report.note('There are no runs yet: run a build first. A plain dbt project without the migrations of Deskledger has no run log.')
      return 0
    }
    if (id === undefined) {
      const runs = await listRuns(sql, options.limit ?? 20)
      if (options.output === 'json') report.result(JSON.stringify(runs, null, 2))
      else if (runs.length === 0) report.note('There are no runs yet: run a build first.')
      else report.result(aligned([HEADER, ...runs.map(cellsOf)]).join('\n'))
      return 0
    }
    const run = oneOf(await findRuns(sql, id), id)
    const nodes = await nodesOf(sql, run.run_id)
    if (options.output === 'json') report.result(JSON.stringify({ ...run, nodes }, null, 2))
    else report.result([...headOf(run), ...(nodes.length > 0 ? ['', ...aligned([NODE_HEADER, ...nodes.map(nodeCells)])] : [])].join('\n'))
    return 0
  })
}

function oneOf(runs: ListedRun[], id: string): ListedRun {
  const [run, other] = runs
  if (!run) throw new ProjectError(`No run has an id that begins with '${id}'`, { hint: 'npx tsx run.ts runs lists the last ones.' })
  if (other)
    throw new ProjectError(`Several runs have ids that begin with '${id}'`, {
      hint: `Give more characters: ${run.run_id} or ${other.run_id}.`,
    })
  return run
}

const HEADER = ['RUN', 'STARTED (UTC)', 'COMMAND', 'STATUS', 'TOOK', 'WHAT']
const NODE_HEADER = ['STATUS', 'TOOK', 'NODE', 'WHAT']

function cellsOf(run: ListedRun): string[] {
  return [run.run_id.slice(0, 8), clock(run.started_at), run.command, run.status, took(run.seconds), whatOf(run)]
}

// What a run published, or why it did not.
function whatOf({ status, rows_changed: rows, failed, message, alerts }: ListedRun): string {
  const [first, ...others] = failed
  if (status === 'failed' && first) return `${nameOf(first)} failed${others.length > 0 ? `, and ${numberText(others.length)} more` : ''}`
  const looks = alerts.length > 0 ? `; ${plural(alerts.length, 'alert')} about the feed` : ''
  if (status === 'published') return `${plural(rows, 'row')} changed${looks}`
  if (status === 'unchanged') return `nothing new${looks}`
  return inOneLine(message ?? '').slice(0, 100)
}

function headOf(run: ListedRun): string[] {
  return [
    `Run ${run.run_id}: ${run.command}, ${run.status}`,
    `started ${clock(run.started_at)} UTC, took ${took(run.seconds)}`,
    ...(run.message ? [inOneLine(run.message)] : []),
    ...run.alerts.map(({ name, message }) => `${name}: ${inOneLine(message)}`),
  ]
}

function nodeCells({ unique_id: id, status, seconds, failures, message, ...rows }: ListedNode): string[] {
  const changed = [rows.rows_inserted, rows.rows_updated, rows.rows_deleted].map(count => count ?? 0)
  const isBad = ['error', 'fail', 'warn'].includes(status)
  const counts = changed.some(Boolean) ? `+${numberText(changed[0]!)} ~${numberText(changed[1]!)} -${numberText(changed[2]!)}` : ''
  const what = isBad
    ? [failures ? plural(failures, 'failure') : '', inOneLine(message?.split('\n')[0] ?? '')].filter(Boolean).join(': ')
    : counts
  return [status, took(seconds), `${id.split('.')[0]} ${nameOf(id)}`, what.slice(0, 120)]
}

// The third part of `test.project.name.hash`.
function nameOf(uniqueId: string): string {
  return uniqueId.split('.')[2] ?? uniqueId
}

function clock(time: string): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ')
}

function took(seconds: number | null): string {
  if (seconds === null) return ''
  return seconds < 100 ? `${seconds.toFixed(1)}s` : `${Math.floor(seconds / 60)}m ${Math.round(seconds % 60)}s`
}
