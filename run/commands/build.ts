import { createHash } from 'node:crypto'
import { compiledOf, writeManifest } from '../artifacts/manifest.ts'
import { writeRunResults } from '../artifacts/run-results.ts'
import { unwritable } from '../base/error-hints.ts'
import { ProjectError } from '../base/errors.ts'
import type { Command } from '../cli/command.ts'
import { type Deferred, deferredTo } from '../cli/deferral.ts'
import { whileLocked, withDatabase } from '../cli/open-database.ts'
import { type Opened, openProject } from '../cli/open-project.ts'
import { shownOptions } from '../cli/options.ts'
import { remember } from '../cli/parse-cache.ts'
import { prepareDatabase } from '../cli/prepare-database.ts'
import { endWithoutNodes, selected } from '../cli/selection.ts'
import { tellNothingNew } from '../cli/up-to-date.ts'
import type { Session, Sql } from '../database/driver.ts'
import { asTable, fetchRows } from '../database/rows.ts'
import { build } from '../execute/build.ts'
import { buildNonAtomic } from '../execute/build-non-atomic.ts'
import type { FeedState } from '../execute/feed-state.ts'
import { Interrupted } from '../execute/interrupted.ts'
import type { Built, Plan } from '../execute/plan.ts'
import { compareErrors, compiledLine, headline, type Refused, summaryOf } from '../execute/summary.ts'
import { definitions, fingerprintOf } from '../graph/definition.ts'
import { type LiveLog, liveLog } from '../history/live-run-log.ts'
import { finishRun, hasLog, landedIn, lastPublished, startRun, wasWell } from '../history/run-log.ts'
import { isReport, type Node, type Project } from '../manifest/node.ts'
import type { NodeResult } from '../manifest/result.ts'
import type { Observer } from '../materialize/context.ts'
import { concurrency, found } from '../report/dbt-lines.ts'
import { canFreeze } from '../reports/freeze.ts'

/**
 * build, run and seed: one transaction over the selected nodes. Gives the exit code. `prepare` runs before it, under the lock, and gives
 * the open errors with which the summary compares.
 */
export async function buildCommand(
  command: Command,
  kind: { types: Node['resourceType'][]; loads: boolean; prepare?: (sql: Sql) => Promise<Refused[]> },
): Promise<number> {
  const { options, report } = command
  const opened = await openProject(command)
  const { nodes, isWhole } = await selected(command, opened, kind.types)
  if (nodes.length === 0 && !isWhole) return endWithoutNodes(command, opened)
  return withDatabase(command, async sql => {
    return whileLocked(command, sql, async session => {
      const onCitus = await prepareDatabase({ sql, session, report }, opened.project, async () => opened.project)
      const withLog = await hasLog(sql)
      if (withLog && options.atomic === false)
        throw new ProjectError('--no-atomic is not supported in a project with landing tables: readers would see a mixture of two builds', {
          hint: 'Leave it out.',
        })
      const loaded = kind.loads && withLog ? await command.extension?.load(command, opened.project, sql, session) : undefined
      const isRefused = loaded?.hasRefused && Boolean(options.warnError)
      if (isRefused) command.outcome?.causes?.push(refusedFile)
      if (withLog && !kind.loads) await command.extension?.refuseOtherSeeds(command, sql)
      const before = withLog ? await kind.prepare?.(sql) : undefined
      const read = await deferredTo(command, opened, nodes, session)
      const run = { command, opened, read, nodes, before, isWhole: isWhole && command.name === 'build', sql, session, withLog, onCitus }
      const unchanged = loaded && run.isWhole && isRepeatable(run) ? await nothingNew(run) : undefined
      if (unchanged !== undefined) return isRefused ? Math.max(unchanged, 1) : unchanged
      const code = await publish(run)
      return isRefused ? Math.max(code, 1) : code
    })
  })
}

const refusedFile = {
  name: 'RefusedFile',
  text: 'Files of the feed were refused, and --warn-error is set',
  next: 'select batch, path, reason from ops.refused_files shows which and why.',
  below: [],
}

// Whether the same build would then have nothing to do: false with snapshots, whose sources change without a landing, and with flags.
function isRepeatable({ command, opened, nodes }: Pick<Run, 'command' | 'opened' | 'nodes'>): boolean {
  const isAsked = command.options.fullRefresh || Object.values(opened.project.flags.own).some(Boolean)
  return !isAsked && !nodes.some(({ resourceType }) => resourceType === 'snapshot')
}

interface Run {
  command: Command
  /** For a replay: the open errors before it. */
  before?: Refused[] | undefined
  opened: Opened
  /** The project as its nodes are read: without --defer the same. */
  read: Deferred
  nodes: Node[]
  isWhole: boolean
  sql: Sql
  session: Session
  withLog: boolean
  onCitus: boolean
}

// The last publish was of this very project on this very landing: there is nothing to do, and no transaction is opened.
async function nothingNew({ command, opened, sql }: Run): Promise<number | undefined> {
  const last = await lastPublished(sql)
  const isSame = last?.isWhole && last.fingerprint === projectFingerprint(opened.project) && last.landedIn === (await landedIn(sql))
  if (!isSame) return undefined
  remember(command, opened, { fingerprint: last.fingerprint, found: found(opened.project) })
  return tellNothingNew(command, sql, opened.project.invocationId, last)
}

async function publish({ command, opened, read, nodes, before, isWhole, sql, session, withLog, onCitus }: Run): Promise<number> {
  const { options, report } = command
  const { project, targetPath, targetName } = opened
  const runId = project.invocationId
  const began = performance.now()
  const live = withLog ? liveLog(sql, runId) : undefined
  const outcome = command.outcome ?? {}
  if (withLog) Object.assign(outcome, { runId, wasWell: await wasWell(sql, command.name) })
  const number = withLog ? await startRun(sql, { runId, command: command.name, fingerprint: projectFingerprint(project), isWhole }) : ''
  const done = async (status: 'published' | 'failed' | 'interrupted', message: string, results: NodeResult[], landed: bigint | null) => {
    const invocation = {
      command: command.name,
      args: { ...shownOptions(command.options), outcome: status },
      elapsedSeconds: (performance.now() - began) / 1000,
    }
    // The log first: the nodes are published whether or not artifacts can be written.
    await live?.flush()
    if (withLog) await finishRun(sql, runId, { status, message, landedIn: landed, results, alerts: feed?.alerts ?? null })
    isLogged = true
    writeRunResults(targetPath, project, results, invocation)
    await writeManifest(targetPath, project, compiledOf(results))
  }
  report.event(concurrency(project, nodes))
  report.opens(nodes)
  let isLogged = false
  let feed: FeedState | undefined
  const watchFeed = async (inside: Session): Promise<void> => {
    if (withLog && command.name === 'build') feed = await command.extension?.feedState(inside, project.startedAt)
  }
  try {
    const built = await (options.atomic === false ? buildNonAtomic : build)(
      session,
      sql,
      {
        ...planOf(command, read, nodes, withLog),
        deferred: read.deferred,
        stamp: number,
        ...(await freezingOf(command, opened, nodes, sql)),
        onCitus,
        isAtomic: options.atomic !== false,
        observer: told(live, watchFeed),
      },
      report,
    )
    showProblems(command, built, targetName)
    const refused = before ? compareErrors(before, (await command.extension?.openErrors(sql)) ?? []) : []
    Object.assign(outcome, { results: built.results, alerts: feed?.alerts, through: feed?.through })
    const isFailed = built.status === 'failed' || built.status === 'partial'
    const publishedAt = isFailed ? null : new Date()
    const parts = summaryOf(built, (performance.now() - began) / 1000, { feed, publishedAt, refused }, targetName)
    await done(isFailed ? 'failed' : 'published', headline(built).msg, built.results, built.landedIn)
    for (const alert of feed?.alerts ?? []) report.alert(alert)
    if (options.show) await showSeeds(command, sql, built.results, options.show)
    report.close(parts)
    if (!isFailed && isWhole && isRepeatable({ command, opened, nodes }))
      remember(command, opened, { fingerprint: projectFingerprint(project), found: found(project) })
    return isFailed || (options.warnError && feed?.alerts.length) ? 1 : 0
  } catch (error) {
    if (isLogged) throw error
    const isInterrupted = error instanceof Interrupted
    const message = isInterrupted ? 'Exited because of keyboard interrupt' : (unwritable(error) ?? (error as Error)).message
    await done(isInterrupted ? 'interrupted' : 'failed', message, isInterrupted ? error.results : [], null).catch(() => {})
    throw error
  }
}

// Prints rows of each seed, in no order, as dbt's `seed --show` does.
async function showSeeds({ report }: Command, sql: Sql, results: NodeResult[], rows: number): Promise<void> {
  for (const { node, status } of results) {
    if (node.resourceType !== 'seed' || status !== 'success') continue
    const header = `Random sample of table: ${node.schema}.${node.alias}`
    const shown = await fetchRows(sql, `select * from ${node.relationName} order by random()`, rows)
    report.result(`${header}\n${'-'.repeat(header.length)}\n${asTable(shown)}`)
  }
}

/** The resource types that a build runs. */
export const BUILT: Node['resourceType'][] = ['model', 'seed', 'snapshot', 'test', 'unit_test', 'report']

/** The plan of a build of some nodes, from the command line. */
export function planOf({ options, signal }: Command, { project, targetPath }: Opened, nodes: Node[], withLog: boolean): Plan {
  return {
    project,
    nodes,
    targetPath,
    definitions: definitions(project),
    stamp: 'trial',
    hasLog: withLog,
    fullRefresh: options.fullRefresh ?? false,
    failFast: options.failFast ?? false,
    storeFailures: options.storeFailures ?? false,
    warnError: options.warnError ?? false,
    isTrial: false,
    signal,
  }
}

/** sha256 over everything that decides the result of a build: nodes, tests, hooks, and the target. */
export function projectFingerprint(project: Project): string {
  // Includes tests, grants and descriptions, as a build applies them, too. Reports count by their definitions, as their prose is not built.
  const nodes = [...project.nodes.values()].map(node => [
    node.uniqueId,
    node.checksum,
    node.raw,
    node.config,
    node.description,
    node.columns,
  ])
  const unitTests = [...project.unitTests.values()].map(({ uniqueId, checksum }) => [uniqueId, checksum])
  const hooks = [project.onRunStart, project.onRunEnd].map(list => list.map(hook => hook.sql))
  const text = JSON.stringify([
    fingerprintOf(definitions(project)),
    nodes,
    unitTests,
    hooks,
    project.vars,
    project.target.database,
    project.target.schema,
  ])
  return createHash('sha256').update(text).digest('hex')
}

// Figures run even where their results cannot be stored, so that mistakes in them are reported.
async function freezingOf({ extension, report }: Command, { project }: Opened, nodes: Node[], sql: Sql): Promise<Pick<Plan, 'freezing'>> {
  if (!nodes.some(isReport)) return {}
  if (!(await canFreeze(sql))) {
    const message =
      'The figures of reports are run, but not stored: this database has no tables ops.report_figures and ops.published_figures'
    report.warn({ message, hint: 'See them with: npx tsx run.ts show --select <report>' })
    return {}
  }
  const keep = Number(project.vars.kept_report_publishes ?? 10)
  if (!Number.isInteger(keep) || keep < 1)
    throw new ProjectError(
      `The variable kept_report_publishes must be a whole number of 1 or more, not '${project.vars.kept_report_publishes}'`,
      {
        place: { file: 'dbt_project.yml' },
      },
    )
  return { freezing: { keep, through: async session => (await extension?.feedAge(session))?.through ?? null } }
}

function told(live: LiveLog | undefined, end: (session: Session) => Promise<void>): Observer {
  return {
    building: async (_, node) => live?.began(node),
    built: async (_, result) => live?.ended(result),
    end,
  }
}

/** Reports failures, each with its place, and the file of its SQL where one was written. */
export function showProblems(
  { report }: Pick<Command, 'report'>,
  { results, problems }: Pick<Built, 'results' | 'problems'>,
  folder?: string,
): void {
  for (const result of results) if (result.error) report.fail(result.error, folder === undefined ? [] : compiledLine(result, folder))
  for (const problem of problems) report.fail(problem)
}
