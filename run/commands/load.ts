import path from 'node:path'
import { type LoadReport, load } from '../../loaders/load.ts'
import { findCluster } from '../citus/cluster.ts'
import { prepareCluster } from '../citus/prepare.ts'
import type { Session, Sql } from '../database.ts'
import { ProjectError } from '../errors.ts'
import { Interrupted } from '../failing.ts'
import { loadLines, refusedFiles } from '../loadlines.ts'
import { loadLog } from '../loadlog.ts'
import { withLock } from '../lock.ts'
import { migrate } from '../migrate.ts'
import type { Project } from '../node.ts'
import { refusedBefore } from '../nothingnew.ts'
import { type Command, openFolder, openPartly, withDatabase } from '../open.ts'
import { hasLog } from '../record.ts'

/** load: lands new and changed feed files, nothing else: the models may be anything. */
export async function loadCommand(command: Command): Promise<number> {
  const { options, report } = command
  const project = await openFolder(command)
  return withDatabase(command, async (sql, url) =>
    withLock(
      sql,
      { wait: options.wait !== false, onWait: holder => report.note(`Waiting for another build or load: ${holder}`) },
      async session => {
        for (const name of await migrate(sql, url, project.dir)) report.note(`Applied migration ${name}`)
        if (!(await hasLog(sql)))
          throw new ProjectError('This project has no landing tables', {
            hint: 'They are made by migrations/; a plain dbt project has nothing to load into.',
          })
        // Where landing lies is said beside the models; those may still be anything.
        if (await findCluster(sql, project.citus)) await prepareCluster(sql, session, (await openPartly(command)).project, report)
        const loaded = await loadFeed(command, project, sql, session)
        report.result(loadLines(loaded).join('\n'))
        return options.warnError && refusedFiles(loaded).length > 0 ? 1 : 0
      },
    ),
  )
}

/** Lands the feed, with a progress bar and a line for what is new; inside the transaction of the session when it is in one. */
export async function loadFeed(
  { name, options, report, signal }: Command,
  project: Pick<Project, 'dir' | 'invocationId'>,
  sql: Sql,
  session: Session,
  isInside = false,
): Promise<LoadReport> {
  const folder = options.data ?? process.env.DATA_DIR ?? 'data'
  const bar = report.bar('Loading')
  const dataDir = path.resolve(project.dir, folder)
  const live = isInside ? undefined : loadLog(sql, { loadId: project.invocationId, command: name, folder: dataDir })
  try {
    const loaded = await load(sql, dataDir, {
      prune: options.prune ?? false,
      session,
      isInside,
      signal,
      onProgress: progress => {
        bar.update(progress.bytes, progress.totalBytes, progress.path)
        live?.progress(progress)
      },
    }).catch(async error => {
      await live?.finish({ status: signal.aborted ? 'interrupted' : 'failed', message: (error as Error).message })
      throw signal.aborted ? new Interrupted() : error
    })
    await live?.finish({ report: loaded })
    if (signal.aborted) throw new Interrupted()
    bar.stop()
    // load itself gives these lines as its result.
    if (name !== 'load') for (const line of loadLines(loaded)) report.note(line)
    for (const message of loaded.notices) report.note(message)
    const refused = refusedFiles(loaded)
    // What was refused before is told again only when the feed has moved.
    if (loaded.changed) for (const { path: file, reason } of refused) report.warn({ message: `Refused ${file}: ${reason}` })
    else if (refused.length > 0) report.warn({ message: refusedBefore(refused.length) })
    return loaded
  } finally {
    bar.stop()
  }
}
