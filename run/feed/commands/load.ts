import { ProjectError } from '../../base/errors.ts'
import type { Command } from '../../cli/command.ts'
import { whileLocked, withDatabase } from '../../cli/open-database.ts'
import { openFolder, openPartly } from '../../cli/open-project.ts'
import { prepareDatabase } from '../../cli/prepare-database.ts'
import { hasLog } from '../../history/run-log.ts'
import { loadFeed } from '../load-feed.ts'
import { loadLines, refusedFiles } from '../load-lines.ts'
import { undatedAfterLoad } from '../undated.ts'

/** load: lands new and changed feed files and nothing else; it works with models that have mistakes, too. */
export async function loadCommand(command: Command): Promise<number> {
  const { options, report } = command
  const project = await openFolder(command)
  return withDatabase(command, async sql =>
    whileLocked(command, sql, async session => {
      // On a cluster the project says beside its models how landing tables are distributed; elsewhere the models may have mistakes.
      await prepareDatabase({ sql, session, report }, project, async () => (await openPartly(command)).project)
      if (!(await hasLog(sql)))
        throw new ProjectError('This project has no landing tables', {
          hint: 'Landing tables are created by migrations/; a plain dbt project has nothing to load into.',
        })
      const loaded = await loadFeed(command, project, sql, session)
      report.result(loadLines(loaded).join('\n'))
      const alerts = await undatedAfterLoad(command, sql)
      for (const { message, hint } of alerts) report.warn({ message, hint })
      return options.warnError && refusedFiles(loaded).length + alerts.length > 0 ? 1 : 0
    }),
  )
}
