import { createHash } from 'node:crypto'
import path from 'node:path'
import { type LoadReport, load } from '../../loaders/load.ts'
import { rejudge } from '../../loaders/rejudge.ts'
import { buildApart } from '../apart.ts'
import { shownOptions, writeRunResults } from '../artifacts.ts'
import { type Built, build } from '../build.ts'
import type { Session, Sql } from '../database.ts'
import { ProjectError } from '../errors.ts'
import { Interrupted } from '../failing.ts'
import { fingerprints } from '../fingerprint.ts'
import { plural } from '../lines.ts'
import { loadLines, refusedFiles } from '../loadlines.ts'
import { withLock } from '../lock.ts'
import { compiledOf, writeManifest } from '../manifest.ts'
import { migrate, pendingMigrations } from '../migrate.ts'
import type { Node, Project } from '../node.ts'
import { type Command, type Opened, openProject, selected, withDatabase } from '../open.ts'
import { finishRun, hasLog, landedIn, lastPublished, type NodeResult, startRun } from '../record.ts'
import { compareErrors, openErrors, type Refused, summaryOf } from '../summary.ts'

/** build, run, seed and plan: one transaction over the selected nodes. Gives the exit code. */
export async function buildCommand(
  command: Command,
  kind: { types: Node['resourceType'][]; loads: boolean; isTrial?: boolean; isReplay?: boolean },
): Promise<number> {
  const { options, report } = command
  const opened = await openProject(command)
  const { nodes, isWhole } = await selected(command, opened, kind.types)
  return withDatabase(command, async (sql, url) => {
    const onWait = (holder: string) => report.note(`Waiting for another build or load: ${holder}`)
    return withLock(sql, { wait: options.wait !== false, onWait }, async session => {
      if (kind.isTrial) await refusePending(sql, opened.project)
      else for (const name of await migrate(sql, url, opened.project.dir)) report.note(`Applied migration ${name}`)
      const withLog = await hasLog(sql)
      if (withLog && options.atomic === false)
        throw new ProjectError('--no-atomic is not for a project with landing tables: readers would see a mixture of two builds', {
          hint: 'Leave it out.',
        })
      const loaded = kind.loads && withLog ? await loadFeed(command, opened.project, sql, session) : null
      const isRefused = loaded !== null && refusedFiles(loaded).length > 0 && Boolean(options.warnError)
      const before = kind.isReplay && withLog ? await openErrors(sql) : undefined
      if (before) {
        const changed = await rejudge(sql)
        if (changed > 0) report.note(`${plural(changed, 'record')} ${changed === 1 ? 'has' : 'have'} another verdict by the JSON Schema`)
      }
      const run = { command, opened, nodes, before, isWhole: isWhole && command.name === 'build', sql, session, withLog }
      if (loaded && run.isWhole && !options.fullRefresh && !options.acceptShrink && !nodes.some(isSnapshot) && (await isNothingNew(run)))
        return isRefused ? 1 : 0
      const code = await publish(run, kind.isTrial ?? false)
      return isRefused ? Math.max(code, 1) : code
    })
  })
}

/** load: lands new and changed feed files, nothing else. */
export async function loadCommand(command: Command): Promise<number> {
  const { options, report } = command
  const opened = await openProject(command)
  return withDatabase(command, async (sql, url) =>
    withLock(
      sql,
      { wait: options.wait !== false, onWait: holder => report.note(`Waiting for another build or load: ${holder}`) },
      async session => {
        for (const name of await migrate(sql, url, opened.project.dir)) report.note(`Applied migration ${name}`)
        if (!(await hasLog(sql)))
          throw new ProjectError('This project has no landing tables', {
            hint: 'They are made by migrations/; a plain dbt project has nothing to load into.',
          })
        const loaded = await loadFeed(command, opened.project, sql, session)
        report.result(loadLines(loaded).join('\n'))
        return options.warnError && refusedFiles(loaded).length > 0 ? 1 : 0
      },
    ),
  )
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
}

async function loadFeed({ name, options, report, signal }: Command, project: Project, sql: Sql, session: Session): Promise<LoadReport> {
  const folder = options.data ?? process.env.DATA_DIR ?? 'data'
  const bar = report.bar('Loading')
  const [backend] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`
  const cancel = () => void sql`select pg_cancel_backend(${backend!.pid})`.catch(() => {})
  signal.addEventListener('abort', cancel)
  try {
    const loaded = await load(sql, path.resolve(project.dir, folder), {
      prune: options.prune ?? false,
      session,
      signal,
      onProgress: ({ bytes, totalBytes, path: file }) => bar.update(bytes, totalBytes, file),
    }).catch(error => {
      throw signal.aborted ? new Interrupted() : error
    })
    if (signal.aborted) throw new Interrupted()
    bar.stop()
    // load itself gives these lines as its result.
    if (name !== 'load') for (const line of loadLines(loaded)) report.note(line)
    for (const message of loaded.notices) report.note(message)
    const refused = refusedFiles(loaded)
    // What was refused before is told again only when the feed has moved.
    if (loaded.changed) for (const { path: file, reason } of refused) report.warn({ message: `Refused ${file}: ${reason}` })
    else if (refused.length > 0)
      report.warn({ message: `${plural(refused.length, 'file')} of the feed are refused, as before: see ops.files` })
    return loaded
  } finally {
    signal.removeEventListener('abort', cancel)
    bar.stop()
  }
}

// The last that was published is this very project on this very landing: there is nothing to do, and no transaction is opened.
async function isNothingNew({ command, opened, sql }: Run): Promise<boolean> {
  const last = await lastPublished(sql)
  const isSame = last?.isWhole && last.fingerprint === projectFingerprint(opened.project) && last.landedIn === (await landedIn(sql))
  if (!isSame) return false
  await startRun(sql, { runId: opened.project.invocationId, command: command.name, fingerprint: last.fingerprint, isWhole: true })
  const message = 'Nothing new: neither the feed nor the project has changed since the last build.'
  await finishRun(sql, opened.project.invocationId, { status: 'unchanged', message, landedIn: last.landedIn, results: [] })
  const standing = last.warnings > 0 ? ` Its ${last.warnings === 1 ? 'warning stands' : `${last.warnings} warnings stand`}.` : ''
  command.report.close([message + standing], { status: 'unchanged' })
  return true
}

async function publish({ command, opened, nodes, before, isWhole, sql, session, withLog }: Run, isTrial: boolean): Promise<number> {
  const { options, report, signal } = command
  const { project, targetPath, targetName } = opened
  const runId = project.invocationId
  const began = performance.now()
  if (withLog && !isTrial) await startRun(sql, { runId, command: command.name, fingerprint: projectFingerprint(project), isWhole })
  const done = async (status: 'published' | 'failed' | 'interrupted', message: string, results: NodeResult[], landed: bigint | null) => {
    const invocation = {
      command: command.name,
      args: { ...shownOptions(command.options), outcome: status },
      elapsedSeconds: (performance.now() - began) / 1000,
    }
    await writeRunResults(targetPath, project, results, invocation)
    await writeManifest(targetPath, project, compiledOf(results))
    if (withLog && !isTrial) await finishRun(sql, runId, { status, message, landedIn: landed, results })
  }
  try {
    const built = await (options.atomic === false ? buildApart : build)(
      session,
      sql,
      {
        project,
        nodes,
        targetPath,
        fingerprints: fingerprints(project),
        hasLog: withLog,
        fullRefresh: options.fullRefresh ?? false,
        failFast: options.failFast ?? false,
        storeFailures: options.storeFailures ?? false,
        warnError: options.warnError ?? false,
        isTrial,
        isApart: options.atomic === false,
        signal,
      },
      report,
    )
    showProblems(command, built)
    const open = withLog && command.name === 'build' ? await openErrors(sql) : (built.refused ?? [])
    const refused = before ? compareErrors(before, open) : open
    const lines = summaryOf(built, (performance.now() - began) / 1000, refused, targetName)
    const isFailed = built.status === 'failed' || built.status === 'partial'
    await done(isFailed ? 'failed' : 'published', lines[1] ?? '', built.results, built.landedIn)
    report.close(lines, { status: built.status })
    return isFailed ? 1 : 0
  } catch (error) {
    const isInterrupted = error instanceof Interrupted
    const message = isInterrupted ? 'Exited because of keyboard interrupt' : (error as Error).message
    await done(isInterrupted ? 'interrupted' : 'failed', message, isInterrupted ? error.results : [], null).catch(() => {})
    throw error
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

function showProblems({ report }: Command, { results, problems }: Built): void {
  for (const { error } of results) if (error) report.fail(error)
  for (const problem of problems) report.fail(problem)
}

async function refusePending(sql: Sql, project: Project): Promise<void> {
  const pending = await pendingMigrations(sql, project.dir)
  if (pending.length === 0) return
  throw new ProjectError(
    `The database lacks ${pending.length === 1 ? 'a migration' : `${pending.length} migrations`}: ${pending.map(({ name }) => name).join(', ')}`,
    {
      hint: 'A plan changes nothing, so it applies none: run `npx tsx run.ts load` first.',
    },
  )
}
