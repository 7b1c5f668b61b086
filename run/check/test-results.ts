import { writeCompiled, writeRun } from '../artifacts/run-results.ts'
import type { Sql } from '../database/driver.ts'
import type { Node } from '../manifest/node.ts'
import { empty, type NodeResult } from '../manifest/result.ts'
import { runTests, type TestRun } from './data-tests.ts'
import type { Failure } from './stored-failures.ts'

/** Runs a group of data tests, writes their SQL to the folder of artifacts, and gives a result for each, with the failing rows to store. */
export async function testResults(
  sql: Sql,
  tests: Node[],
  run: TestRun,
  targetPath: string,
): Promise<{ result: NodeResult; stored?: Failure | undefined }[]> {
  const startedAt = new Date()
  const outcome = await runTests(sql, tests, run)
  return tests.flatMap(node => {
    const test = outcome.get(node)
    if (!test) return []
    const { status, message, failures, compiled, ran, error, milliseconds, stored } = test
    if (compiled) writeCompiled(targetPath, node, compiled)
    if (ran) writeRun(targetPath, node, [ran])
    const finishedAt = new Date(startedAt.getTime() + milliseconds)
    const result: NodeResult = { ...empty(node), status, startedAt, finishedAt, message, failures, compiled, ...(error ? { error } : {}) }
    return [{ result, stored }]
  })
}
