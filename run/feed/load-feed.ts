import { type LoadReport, load } from '../../loaders/load.ts'
import type { Command, Loaded } from '../cli/command.ts'
import type { Session, Sql } from '../database/driver.ts'
import { Interrupted } from '../execute/interrupted.ts'
import type { Project } from '../manifest/node.ts'
import type { FeedPlan } from '../preview/plan.ts'
import { dataFolder } from './data-folder.ts'
import { refuseUnmigrated } from './declared-columns.ts'
import { loadLines, refusedBefore, refusedFiles } from './load-lines.ts'
import { loadLog } from './load-log.ts'
import { shownFiles } from './shown-files.ts'

/** Lands the feed, with a progress bar and a line for what is new; inside the transaction of the session when it is in one. */
export async function loadFeed(
  { name, options, report, signal }: Command,
  project: Pick<Project, 'dir' | 'invocationId'>,
  sql: Sql,
  session: Session,
  isInside = false,
): Promise<LoadReport> {
  await refuseUnmigrated(sql)
  const dataDir = dataFolder(options, project.dir)
  const bar = report.bar('Loading')
  const live = isInside ? undefined : loadLog(sql, { loadId: project.invocationId, command: name, folder: dataDir })
  try {
    const loaded = await load(sql, dataDir, {
      prune: options.prune ?? false,
      session,
      isInside,
      isShown: await shownFiles(sql),
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
    // Files that were refused before are reported again only when the feed has changed.
    if (loaded.changed)
      for (const { path: file, reason } of refused) report.warn({ name: 'RefusedFile', message: `Refused ${file}: ${reason}` })
    else if (refused.length > 0) report.warn({ name: 'RefusedFile', message: refusedBefore(refused.length) })
    return loaded
  } finally {
    bar.stop()
  }
}

/** Like loadFeed(), with the result as a build or a plan reports it. */
export async function loadForBuild(...given: Parameters<typeof loadFeed>): Promise<Loaded> {
  const loaded = await loadFeed(...given)
  return { feed: feedOf(loaded), hasRefused: refusedFiles(loaded).length > 0 }
}

function feedOf({ loads }: LoadReport): FeedPlan[] {
  return loads
    .filter(({ files, unchanged, pruned }) => files > unchanged || pruned > 0)
    .map(({ batch, entity, files, unchanged, read, refused, pruned }) => ({
      batch,
      entity,
      files: files - unchanged,
      records: read,
      refused,
      pruned,
    }))
}
