import { type Failure, storeFailures } from '../check/stored-failures.ts'
import type { Session, Sql } from '../database/driver.ts'
import { listRelations } from '../database/relations.ts'
import { isReport, type Node } from '../manifest/node.ts'
import { empty, isGood, type NodeResult } from '../manifest/result.ts'
import type { Report } from '../report/report.ts'
import { attempt, createSchemas, type Pending, settle } from './deferred-work.ts'
import { endContext, outsideHooks, runHooks, runProjectHooks } from './hooks.ts'
import { Interrupted, interruptible } from './interrupted.ts'
import type { Built, Plan } from './plan.ts'
import { contextOf } from './run-context.ts'
import { runNode } from './run-node.ts'
import { runAll } from './run-nodes.ts'
import { runReport } from './run-report.ts'

/**
 * --no-atomic, dbt's own way: each model, seed and snapshot has a transaction of its own, with its hooks inside or around it; what was
 * built stays when something else fails. For projects whose hooks cannot run in one transaction; never for one with landing tables.
 */
export async function buildNonAtomic(session: Session, log: Sql, plan: Plan, report: Report): Promise<Built> {
  const { project, signal } = plan
  const results: NodeResult[] = []
  const failures: { result: NodeResult; stored: Failure }[] = []
  const problems: unknown[] = []
  return interruptible(session, log, { signal, results }, async () => {
    const context = contextOf(session, plan, { relations: await listRelations(session) }, report)
    await createSchemas(session, plan, context)
    await attempt(problems, () => runProjectHooks(session, project, 'on-run-start', context, report))
    if (problems.length === 0) {
      await runAll(session, { plan, cutOff: undefined, context, results, failures, report, buildNode: alone, transact: inTransaction })
      await attempt(problems, () => runProjectHooks(session, project, 'on-run-end', endContext(context, results), report))
    }
    for (const { result, stored } of failures) result.storedIn = await storeFailures(log, stored)
    if (signal.aborted) throw new Interrupted()
    const isWhole = problems.length === 0 && results.every(isGood)
    return { status: isWhole ? 'published' : 'partial', results, landedIn: null, problems }

    async function alone(node: Node): Promise<NodeResult> {
      if (isReport(node)) return inTransaction(() => runReport(session, plan, node, context))
      const errors: unknown[] = []
      await attempt(errors, () => runHooks(session, project, node, outsideHooks(node, 'pre'), context))
      const result = errors.length > 0 ? undefined : await inTransaction(() => settled(node, errors))
      if (result && isGood(result)) await attempt(errors, () => runHooks(session, project, node, outsideHooks(node, 'post'), context))
      const [error] = errors
      const failed = result ?? empty(node)
      return error === undefined ? failed : { ...failed, status: 'error', message: (error as Error).message, error }
    }

    async function settled(node: Node, errors: unknown[]): Promise<NodeResult> {
      const pending: Pending = { views: [], keys: [] }
      await session`savepoint whole_node`
      const result = await runNode(session, plan, node, context, pending)
      if (isGood(result)) errors.push(...(await settle(session, pending)))
      if (errors.length > 0) await session`rollback to savepoint whole_node`
      return result
    }
  })

  async function inTransaction<T>(work: () => Promise<T>): Promise<T> {
    await session`begin`
    const value = await work()
    await session`commit`
    return value
  }
}
