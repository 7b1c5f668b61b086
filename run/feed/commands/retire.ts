import { ProjectError } from '../../base/errors.ts'
import type { Command } from '../../cli/command.ts'
import { whileLocked, withDatabase } from '../../cli/open-database.ts'
import { openProject } from '../../cli/open-project.ts'
import { refusePending } from '../../database/migrate.ts'
import { fingerprints } from '../../graph/definition.ts'
import { ancestors } from '../../graph/order.ts'
import { hasLog, landedIn, publishedNodes } from '../../history/run-log.ts'
import { numberText, plural } from '../../report/format.ts'
import { findRetirable, modelOf, retire } from '../retention.ts'

/**
 * clean --landing: finds landed records of old batches that no table needs. Reports them; with --apply deletes them. Gives the exit code.
 */
export async function retireCommand(command: Command): Promise<number> {
  const { options, report } = command
  const { keep, apply = false } = options
  if (keep === undefined || keep < 1)
    throw new ProjectError('clean --landing needs the number of batches to keep', { hint: 'For example: --keep 90.' })
  const { project } = await openProject(command)
  return withDatabase(command, sql =>
    whileLocked(command, sql, async session => {
      await refusePending(sql, project.dir)
      if (!(await hasLog(sql))) throw new ProjectError('This project has no landing tables')
      // Only records that the present rules have judged are known to be of no use.
      const [published, now, landed] = [await publishedNodes(sql), fingerprints(project), await landedIn(sql)]
      for (const name of Object.keys(modelOf)) {
        const id = `model.${project.name}.${name}`
        const node = published.get(id)
        const isPresent = [id, ...ancestors(project, [id])].every(one => published.get(one)?.fingerprint === now.get(one))
        if (!isPresent || node === undefined || node.landedIn < landed)
          throw new ProjectError(`${name} is out of date: records have landed or models have changed since it was built`, {
            hint: 'Run `npx tsx run.ts build` first.',
          })
      }
      await session`begin isolation level repeatable read`
      try {
        const found = await findRetirable(session, keep)
        for (const { entity, batches, records, landed: all } of found)
          report.result(
            `${entity.padEnd(12)}  ${records === 0 ? 'nothing to remove' : `${numberText(records)} of ${plural(all, 'record')} in ${`${numberText(batches)} old ${batches === 1 ? 'batch' : 'batches'}`}`}`,
          )
        const total = found.reduce((sum, { records }) => sum + records, 0)
        if (apply && total > 0) await retire(session)
        await session.unsafe(apply ? 'commit' : 'rollback')
        if (total === 0) return 0
        report.note(
          apply
            ? `Removed ${plural(total, 'record')}. Next: npx tsx run.ts build`
            : 'Nothing was removed; --apply removes them. This cannot be undone: later corrections of these batches, and changed models, are processed without them.',
        )
        return 0
      } catch (error) {
        await session`rollback`.catch(() => {})
        throw error
      }
    }),
  )
}
