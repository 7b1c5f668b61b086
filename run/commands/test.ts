import { shownOptions, writeCompiled, writeRun, writeRunResults } from '../artifacts.ts'
import { contextOf } from '../build.ts'
import { Interrupted } from '../failing.ts'
import { storeFailures } from '../failures.ts'
import { fingerprints } from '../fingerprint.ts'
import { compiledOf, writeManifest } from '../manifest.ts'
import { type Command, openProject, selected, withDatabase } from '../open.ts'
import { empty, isGood, type NodeResult } from '../record.ts'
import { failureLines, tally } from '../summary.ts'
import { runTests } from '../tests.ts'
import { unitColumns } from '../unitcolumns.ts'
import { isUnitTest, runUnitTest } from '../unittests.ts'

/** test: the unit tests, then the data tests against what is published, in a transaction that only reads. Gives the exit code. */
export async function testCommand(command: Command): Promise<number> {
  const { options, report, signal } = command
  const opened = await openProject(command)
  const { project, targetPath, targetName } = opened
  const { nodes } = await selected(command, opened, ['test', 'unit_test'])
  const began = performance.now()
  return withDatabase(command, async sql => {
    const session = await sql.reserve()
    const [backend] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`
    signal.addEventListener('abort', () => void sql`select pg_cancel_backend(${backend!.pid})`.catch(() => {}))
    const results: NodeResult[] = []
    const done = (result: NodeResult): void => {
      results.push(result)
      report.ended(result, results.length, nodes.length)
    }
    try {
      await session`begin isolation level repeatable read read only`
      const flags = {
        fullRefresh: false,
        failFast: options.failFast ?? false,
        storeFailures: options.storeFailures ?? false,
        warnError: options.warnError ?? false,
      }
      const context = await contextOf(
        session,
        { project, nodes, targetPath, fingerprints: fingerprints(project), hasLog: false, ...flags },
        new Map(),
        report,
      )
      const columns = unitColumns(session, project, context)
      for (const node of nodes.filter(isUnitTest)) {
        if (flags.failFast && !results.every(isGood)) break
        done(await runUnitTest(session, node, { project, context, columns, targetPath }))
      }
      const dataTests = nodes.filter(node => !isUnitTest(node))
      for (let at = 0; at < dataTests.length; at += group) {
        if (flags.failFast && !results.every(isGood)) break
        const startedAt = new Date()
        const outcome = await runTests(session, dataTests.slice(at, at + group), { project, context, ...flags })
        for (const [node, { status, message, failures, compiled, ran, error, milliseconds, stored }] of outcome) {
          const finishedAt = new Date(startedAt.getTime() + milliseconds)
          const result: NodeResult = {
            ...empty(node),
            status,
            startedAt,
            finishedAt,
            message,
            failures,
            compiled,
            ...(error ? { error } : {}),
          }
          if (compiled) await writeCompiled(targetPath, node, compiled)
          if (ran) await writeRun(targetPath, node, [ran])
          if (stored) result.storedIn = await storeFailures(sql, stored)
          done(result)
        }
      }
    } catch (error) {
      throw signal.aborted ? new Interrupted(results) : error
    } finally {
      await session`rollback`.catch(() => {})
      session.release()
    }
    await writeRunResults(targetPath, project, results, {
      command: 'test',
      args: shownOptions(command.options),
      elapsedSeconds: (performance.now() - began) / 1000,
    })
    await writeManifest(targetPath, project, compiledOf(results))
    for (const { error } of results) if (error) report.fail(error)
    report.close([...failureLines(results, targetName), '', tally(results)].slice(1), {
      status: results.every(isGood) ? 'passed' : 'failed',
    })
    return results.every(isGood) ? 0 : 1
  })
}

const group = 40
