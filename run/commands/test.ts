import { compiledOf, writeManifest } from '../artifacts/manifest.ts'
import { writeRunResults } from '../artifacts/run-results.ts'
import { storeFailures } from '../check/stored-failures.ts'
import { testResults } from '../check/test-results.ts'
import { unitColumns } from '../check/unit-columns.ts'
import { isUnitTest, runUnitTest } from '../check/unit-tests.ts'
import { beginOnCitus } from '../citus/cluster.ts'
import { useCluster } from '../citus/prepare.ts'
import type { Command } from '../cli/command.ts'
import { deferredTo } from '../cli/deferral.ts'
import { withDatabase } from '../cli/open-database.ts'
import { type Opened, openProject } from '../cli/open-project.ts'
import { shownOptions } from '../cli/options.ts'
import { endWithoutNodes, selected } from '../cli/selection.ts'
import type { Sql } from '../database/driver.ts'
import { listRelations } from '../database/relations.ts'
import { interruptible } from '../execute/interrupted.ts'
import { contextOf } from '../execute/run-context.ts'
import { compiledLine, failureParts } from '../execute/summary.ts'
import { liveLog } from '../history/live-run-log.ts'
import { finishRun, hasLog, type RunStatus, startRun, wasWell } from '../history/run-log.ts'
import { isGood, type NodeResult } from '../manifest/result.ts'
import { completed, concurrency, finished, tally } from '../report/dbt-lines.ts'

/** test: runs the unit tests, then the data tests on what is published, in a read-only transaction. Gives the exit code. */
export async function testCommand(command: Command): Promise<number> {
  const { options, report, signal } = command
  const opened = await openProject(command)
  const { project, targetPath, targetName } = opened
  const { nodes, isWhole } = await selected(command, opened, ['test', 'unit_test'])
  if (nodes.length === 0 && !isWhole) return endWithoutNodes(command, opened)
  const began = performance.now()
  return withDatabase(command, async sql => {
    const { project: read } = await deferredTo(command, opened, nodes, sql)
    const session = await sql.reserve()
    const results: NodeResult[] = []
    const outcome = command.outcome ?? {}
    if (await hasLog(sql)) outcome.wasWell = await wasWell(sql, 'test')
    outcome.results = results
    const log = await logOf(sql, opened, isWhole)
    report.event(concurrency(project, nodes))
    report.opens(nodes)
    const done = (result: NodeResult): void => {
      results.push(result)
      log.live?.ended(result)
      report.ended(result, results.length, nodes.length)
    }
    try {
      await interruptible(session, sql, { signal, results }, async () => {
        const onCitus = await useCluster(session, project.citus)
        await session`begin isolation level repeatable read read only`
        if (onCitus) await beginOnCitus(session)
        const relations = await listRelations(session)
        const context = contextOf(session, { nodes, hasLog: false, fullRefresh: false, onCitus }, { relations }, report)
        const columns = unitColumns(session, read, context)
        const isStopped = () => Boolean(options.failFast) && !results.every(isGood)
        for (const node of nodes.filter(isUnitTest)) {
          if (isStopped()) break
          report.began({ node }, results.length + 1, nodes.length)
          done(await runUnitTest(session, node, { project: read, context, columns, targetPath }))
        }
        const dataTests = nodes.filter(node => !isUnitTest(node))
        const run = { project: read, context, storeFailures: options.storeFailures ?? false, warnError: options.warnError ?? false }
        for (let at = 0; at < dataTests.length && !isStopped(); at += group) {
          const some = dataTests.slice(at, at + group)
          for (const [i, node] of some.entries()) report.began({ node }, results.length + 1 + i, nodes.length)
          for (const { result, stored } of await testResults(session, some, run, targetPath)) {
            if (stored) result.storedIn = await storeFailures(sql, stored)
            done(result)
          }
        }
      })
    } catch (error) {
      await log.close(signal.aborted ? 'interrupted' : 'failed', (error as Error).message, results)
      throw error
    } finally {
      await session`rollback`.catch(() => {})
      session.release()
    }
    const isPassed = results.every(isGood)
    await log.close(isPassed ? 'tested' : 'failed', tally(results).msg, results)
    writeRunResults(targetPath, project, results, {
      command: 'test',
      args: shownOptions(command.options),
      elapsedSeconds: (performance.now() - began) / 1000,
    })
    await writeManifest(targetPath, project, compiledOf(results))
    for (const result of results) if (result.error) report.fail(result.error, compiledLine(result, targetName))
    report.close([
      finished(results, (performance.now() - began) / 1000),
      completed(results),
      ...failureParts(results, targetName),
      tally(results),
    ])
    return isPassed ? 0 : 1
  })
}

const group = 40

// Users with read-only rights can test, too, but without a log.
async function logOf(sql: Sql, { project: { invocationId: runId } }: Opened, isWhole: boolean) {
  const run = { runId, command: 'test', fingerprint: null, isWhole }
  const isLogged =
    (await hasLog(sql)) &&
    (await startRun(sql, run, false).then(
      () => true,
      () => false,
    ))
  const live = isLogged ? liveLog(sql, runId) : undefined
  return {
    live,
    async close(status: RunStatus, message: string, results: NodeResult[]): Promise<void> {
      await live?.flush()
      if (isLogged) await finishRun(sql, runId, { status, message, landedIn: null, results }).catch(() => {})
    },
  }
}
