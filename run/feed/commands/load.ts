import { ProjectError } from '../../base/errors.ts'
import { findCluster } from '../../citus/cluster.ts'
import { prepareCluster } from '../../citus/prepare.ts'
import type { Command } from '../../cli/command.ts'
import { withDatabase } from '../../cli/open-database.ts'
import { openFolder, openPartly } from '../../cli/open-project.ts'
import { withLock } from '../../database/lock.ts'
import { migrate } from '../../database/migrate.ts'
import { hasLog } from '../../history/run-log.ts'
import { loadFeed } from '../load-feed.ts'
import { loadLines, refusedFiles } from '../load-lines.ts'

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
