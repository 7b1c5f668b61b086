import { compiledOf, writeManifest } from '../artifacts/manifest.ts'
import { writeRunResults } from '../artifacts/run-results.ts'
import { useCluster } from '../citus/prepare.ts'
import type { Command } from '../cli/command.ts'
import { whileLocked, withDatabase } from '../cli/open-database.ts'
import { openProject } from '../cli/open-project.ts'
import { shownOptions } from '../cli/options.ts'
import { endWithoutNodes, selected } from '../cli/selection.ts'
import { refusePending } from '../database/migrate.ts'
import { build } from '../execute/build.ts'
import { hasLog } from '../history/run-log.ts'
import { createPlanned } from '../preview/plan.ts'
import { planLines } from '../preview/plan-lines.ts'
import { concurrency, tally } from '../report/dbt-lines.ts'
import { BUILT, planOf, showProblems } from './build.ts'
import { asksForPages, writePlan } from './change-pages.ts'

/**
 * plan: runs a whole build, including new feed files, in one transaction that is rolled back; prints what would change, be refused and
 * fail. Gives 1 when the build would not be published.
 */
export async function planCommand(command: Command): Promise<number> {
  const { options, report } = command
  const opened = await openProject(command)
  const { project, targetPath } = opened
  const { nodes, isWhole } = await selected(command, opened, BUILT)
  if (nodes.length === 0 && !isWhole) return endWithoutNodes(command, opened)
  return withDatabase(command, async sql => {
    return whileLocked(command, sql, async session => {
      await refusePending(sql, project.dir)
      const onCitus = await useCluster(sql, project.citus)
      const withLog = await hasLog(sql)
      const extension = withLog ? command.extension : undefined
      const began = performance.now()
      const { observer, planned } = createPlanned({
        nodes,
        most: options.limit ?? 20,
        examples: asksForPages(command) ? 5 : 0,
        load: extension && options.load !== false ? async inside => (await extension.load(command, project, sql, inside, true)).feed : null,
        feedState: extension ? inside => extension.feedState(inside, project.startedAt) : null,
        errorChanges: extension?.errorChanges ?? null,
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
      // The text output already contains the alerts.
      if (!options.quiet) for (const alert of found.state?.alerts ?? []) report.alert(alert)
      if (options.output === 'json') report.result(JSON.stringify(found, null, 2))
      else {
        const data = { status: built.status, plan: found }
        report.close([{ name: 'EndOfRunSummary', msg: planLines(found, seconds).join('\n').trim(), data }, tally(built.results)], true)
      }
      if (asksForPages(command)) await writePlan(command, opened, sql, found)
      return isFailed || (options.warnError && found.state?.alerts.length) ? 1 : 0
    })
  })
}
