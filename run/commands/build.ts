import { createHash } from 'node:crypto'
import { buildApart } from '../apart.ts'
import { shownOptions, writeRunResults } from '../artifacts.ts'
import { type Built, build, type Plan } from '../build.ts'
import { prepareCluster } from '../citus/prepare.ts'
import type { Session, Sql } from '../database.ts'
import { ProjectError } from '../errors.ts'
import { Interrupted } from '../failing.ts'
import { fingerprints } from '../fingerprint.ts'
import { concurrency, found } from '../frame.ts'
import { remember } from '../known.ts'
import { plural } from '../lines.ts'
import { type LiveLog, liveLog } from '../livelog.ts'
import { refusedFiles } from '../loadlines.ts'
import { withLock } from '../lock.ts'
import { compiledOf, writeManifest } from '../manifest.ts'
import { migrate } from '../migrate.ts'
import type { Node, Project } from '../node.ts'
import { tellNothingNew } from '../nothingnew.ts'
import type { Observer } from '../observer.ts'
import { type Command, type Opened, openProject, selected, withDatabase } from '../open.ts'
import { finishRun, hasLog, landedIn, lastPublished, type NodeResult, startRun } from '../record.ts'
import { compareErrors, compiledLine, headline, openErrors, type Refused, summaryOf } from '../summary.ts'
import { loadFeed } from './load.ts'

/** build, run and seed: one transaction over the selected nodes. Gives the exit code. */
export async function buildCommand(
  command: Command,
  kind: { types: Node['resourceType'][]; loads: boolean; isReplay?: boolean },
): Promise<number> {
  const { options, report } = command
  const opened = await openProject(command)
  const { nodes, isWhole } = await selected(command, opened, kind.types)
  return withDatabase(command, async (sql, url) => {
    const onWait = (holder: string) => report.note(`Waiting for another build or load: ${holder}`)
    return withLock(sql, { wait: options.wait !== false, onWait }, async session => {
      for (const name of await migrate(sql, url, opened.project.dir)) report.note(`Applied migration ${name}`)
      const onCitus = await prepareCluster(sql, session, opened.project, report)
      const withLog = await hasLog(sql)
      if (withLog && options.atomic === false)
        throw new ProjectError('--no-atomic is not for a project with landing tables: readers would see a mixture of two builds', {
          hint: 'Leave it out.',
        })
      const loaded = kind.loads && withLog ? await loadFeed(command, opened.project, sql, session) : null
      const isRefused = loaded !== null && refusedFiles(loaded).length > 0 && Boolean(options.warnError)
      const before = kind.isReplay && withLog ? await openErrors(sql) : undefined
      if (before) {
        const { rejudge } = await import('../../loaders/rejudge.ts')
        const changed = await rejudge(sql)
        if (changed > 0) report.note(`${plural(changed, 'record')} ${changed === 1 ? 'has' : 'have'} another verdict by the JSON Schema`)
      }
      const run = { command, opened, nodes, before, isWhole: isWhole && command.name === 'build', sql, session, withLog, onCitus }
      if (loaded && run.isWhole && !options.fullRefresh && !options.acceptShrink && !nodes.some(isSnapshot) && (await isNothingNew(run)))
        return isRefused ? 1 : 0
      const code = await publish(run)
      return isRefused ? Math.max(code, 1) : code
    })
  })
}

// What a snapshot reads may change without any landing.
function isSnapshot({ resourceType }: Node): boolean {
  return resourceType === 'snapshot'
}

interface Run {
  command: Command
  /** Of a replay: the open errors that there were. */
  before?: Refused[] | undefined
  opened: Opened
  nodes: Node[]
  isWhole: boolean
  sql: Sql
  session: Session
  withLog: boolean
  onCitus: boolean
}

// The last that was published is this very project on this very landing: there is nothing to do, and no transaction is opened.
async function isNothingNew({ command, opened, sql }: Run): Promise<boolean> {
  const last = await lastPublished(sql)
  const isSame = last?.isWhole && last.fingerprint === projectFingerprint(opened.project) && last.landedIn === (await landedIn(sql))
  if (!isSame) return false
  remember(command, opened, { fingerprint: last.fingerprint, found: found(opened.project) })
  await tellNothingNew(command, sql, opened.project.invocationId, last)
  return true
}

async function publish({ command, opened, nodes, before, isWhole, sql, session, withLog, onCitus }: Run): Promise<number> {
  const { options, report } = command
  const { project, targetPath, targetName } = opened
  const runId = project.invocationId
  const began = performance.now()
  const live = withLog ? liveLog(sql, runId) : undefined
  if (withLog) await startRun(sql, { runId, command: command.name, fingerprint: projectFingerprint(project), isWhole })
  const done = async (status: 'published' | 'failed' | 'interrupted', message: string, results: NodeResult[], landed: bigint | null) => {
    const invocation = {
      command: command.name,
      args: { ...shownOptions(command.options), outcome: status },
      elapsedSeconds: (performance.now() - began) / 1000,
    }
    writeRunResults(targetPath, project, results, invocation)
    await writeManifest(targetPath, project, compiledOf(results))
    await live?.flush()
    if (withLog) await finishRun(sql, runId, { status, message, landedIn: landed, results })
  }
  report.event(concurrency(project, nodes))
  report.opens(nodes)
  try {
    const built = await (options.atomic === false ? buildApart : build)(
      session,
      sql,
      { ...planOf(command, opened, nodes, withLog), onCitus, isApart: options.atomic === false, ...(live ? { observer: told(live) } : {}) },
      report,
    )
    showProblems(command, built, targetName)
    const open = withLog && command.name === 'build' ? await openErrors(sql) : []
    const refused = before ? compareErrors(before, open) : open
    const parts = summaryOf(built, (performance.now() - began) / 1000, refused, targetName)
    const isFailed = built.status === 'failed' || built.status === 'partial'
    await done(isFailed ? 'failed' : 'published', headline(built).msg, built.results, built.landedIn)
    report.close(parts)
    if (!isFailed && isWhole && !options.fullRefresh && !options.acceptShrink && !nodes.some(isSnapshot))
      remember(command, opened, { fingerprint: projectFingerprint(project), found: found(project) })
    return isFailed ? 1 : 0
  } catch (error) {
    const isInterrupted = error instanceof Interrupted
    const message = isInterrupted ? 'Exited because of keyboard interrupt' : (error as Error).message
    await done(isInterrupted ? 'interrupted' : 'failed', message, isInterrupted ? error.results : [], null).catch(() => {})
    throw error
  }
}

/** A build of some nodes as the command line asks for it. */
export function planOf({ options, signal }: Command, { project, targetPath }: Opened, nodes: Node[], withLog: boolean): Plan {
  return {
    project,
    nodes,
    targetPath,
    fingerprints: fingerprints(project),
    hasLog: withLog,
    fullRefresh: options.fullRefresh ?? false,
    failFast: options.failFast ?? false,
    storeFailures: options.storeFailures ?? false,
    warnError: options.warnError ?? false,
    isTrial: false,
    signal,
  }
}

/** sha256 over all that decides what a build makes: nodes, tests, hooks, and where it goes. */
export function projectFingerprint(project: Project): string {
  // Tests, and what is written to the database besides rows: grants and descriptions.
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
    [...fingerprints(project)].sort(),
    nodes,
    unitTests,
    hooks,
    project.vars,
    project.target.database,
    project.target.schema,
  ])
  return createHash('sha256').update(text).digest('hex')
}

function told(live: LiveLog): Observer {
  return {
    building: async (_, node) => live.began(node),
    built: async (_, result) => live.ended(result),
  }
}

/** What failed, each with its place, and where its SQL is when it was written to a folder. */
export function showProblems(
  { report }: Pick<Command, 'report'>,
  { results, problems }: Pick<Built, 'results' | 'problems'>,
  folder?: string,
): void {
  for (const result of results) if (result.error) report.fail(result.error, folder === undefined ? [] : compiledLine(result, folder))
  for (const problem of problems) report.fail(problem)
}
