import { shownOptions, writeRunResults } from '../artifacts.ts'
import { build } from '../build.ts'
import { findCluster } from '../citus/cluster.ts'
import { concurrency, tally } from '../frame.ts'
import { withLock } from '../lock.ts'
import { compiledOf, writeManifest } from '../manifest.ts'
import { refusePending } from '../migrate.ts'
import { type Command, openProject, selected, withDatabase } from '../open.ts'
import { planLines } from '../planlines.ts'
import { createPlanned } from '../planned.ts'
import { hasLog } from '../record.ts'
import { planOf, showProblems } from './build.ts'
import { loadFeed } from './load.ts'

/**
 * plan: a whole build for real, new feed files too, in one transaction that is rolled back; prints what would change, be refused and fail.
 * Gives 1 when the build would not be published.
 */
export async function planCommand(command: Command): Promise<number> {
  const { options, report } = command
  const opened = await openProject(command)
  const { project, targetPath } = opened
  const { nodes } = await selected(command, opened, ['model', 'seed', 'snapshot', 'test', 'unit_test'])
  return withDatabase(command, async sql => {
    const onWait = (holder: string) => report.note(`Waiting for another build or load: ${holder}`)
    return withLock(sql, { wait: options.wait !== false, onWait }, async session => {
      await refusePending(sql, project.dir)
      const onCitus = (await findCluster(sql, project.citus)) !== null
      const withLog = await hasLog(sql)
      const began = performance.now()
      const { observer, planned } = createPlanned({
        nodes,
        hasLog: withLog,
        most: options.limit ?? 20,
        land: withLog && options.load !== false ? inside => loadFeed(command, project, sql, inside, true) : null,
      })
      report.event(concurrency(project, nodes))
      report.opens(nodes)
      const built = await build(session, sql, { ...planOf(command, opened, nodes, withLog), onCitus, isTrial: true, observer }, report)
      const seconds = (performance.now() - began) / 1000
      const isFailed = built.status === 'failed'
      writeRunResults(targetPath, project, built.results, {
        command: 'plan',
        args: { ...shownOptions(options), outcome: isFailed ? 'failed' : 'planned' },
        elapsedSeconds: seconds,
      })
      await writeManifest(targetPath, project, compiledOf(built.results))
      showProblems(command, built, opened.targetName)
      const found = planned(built)
      if (options.output === 'json') report.result(JSON.stringify(found, null, 2))
      else {
        const data = { status: built.status, plan: found }
        report.close([{ name: 'EndOfRunSummary', msg: planLines(found, seconds).join('\n').trim(), data }, tally(built.results)])
      }
      return isFailed ? 1 : 0
    })
  })
}
