import type { Failure } from '../check/stored-failures.ts'
import { testResults } from '../check/test-results.ts'
import { unitColumns } from '../check/unit-columns.ts'
import { isUnitTest, runUnitTest } from '../check/unit-tests.ts'
import type { Session } from '../database/driver.ts'
import { blockedBy } from '../graph/order.ts'
import type { Node } from '../manifest/node.ts'
import { empty, isGood, isStep, type NodeResult } from '../manifest/result.ts'
import type { Report } from '../report/report.ts'
import type { RunContext } from '../template/compile.ts'
import type { CutOff } from './cut-off.ts'
import { Interrupted } from './interrupted.ts'
import type { Plan } from './plan.ts'

/** What the nodes of a build are run with, and where their results go. */
export interface Sequence {
  plan: Plan
  /** Undefined where there is no run log: then everything runs. */
  cutOff: CutOff | undefined
  context: RunContext
  results: NodeResult[]
  /** Failing rows that are to be stored when the transaction has ended. */
  failures: { result: NodeResult; stored: Failure }[]
  report: Report
  /** Builds a model, seed or snapshot. */
  buildNode(node: Node): Promise<NodeResult>
  /** Runs tests in the build's transaction, or with --no-atomic in one of their own. */
  transact<T>(work: () => Promise<T>): Promise<T>
}

/** Runs the nodes of a plan in their order; what depends on one that failed is skipped. */
export async function runAll(
  session: Session,
  { plan, cutOff, context, results, failures, report, buildNode, transact }: Sequence,
): Promise<void> {
  const { project, nodes, signal, targetPath } = plan
  const blocked = new Map<string, string>()
  // An ephemeral model is compiled, but is no step of its own, unless it fails.
  let total = nodes.filter(node => node.config.materialized !== 'ephemeral').length
  let ended = 0
  const hasPassed = cutOff ? { hasPassed: cutOff.hasPassed } : {}
  const unitRun = { project, context, columns: unitColumns(session, project, context), targetPath, ...hasPassed }
  for (let at = 0; at < nodes.length; ) {
    if (signal.aborted) throw new Interrupted()
    const group = testsFrom(nodes, at)
    const next = group.length > 0 ? group : [nodes[at]!]
    const free = next.filter(node => !blocked.has(node.uniqueId))
    for (const node of next.filter(node => blocked.has(node.uniqueId))) await finish(skipped(node, blocked.get(node.uniqueId)!))
    at += next.length
    if (group.length > 0) await transact(() => runGroup(free))
    else
      for (const node of free) {
        const kept = isUnitTest(node) ? undefined : await cutOff?.reuse(node)
        if (kept) {
          await finish(kept)
          continue
        }
        if (node.config.materialized !== 'ephemeral') report.began({ node }, ended + 1, total)
        if (!isUnitTest(node)) await plan.observer?.building?.(session, node)
        await finish(await (isUnitTest(node) ? transact(() => runUnitTest(session, node, unitRun)) : buildNode(node)))
      }
  }

  async function runGroup(tests: Node[]): Promise<void> {
    const due: Node[] = []
    for (const node of tests) {
      const kept = await cutOff?.reuse(node)
      if (kept) await finish(kept)
      else due.push(node)
    }
    if (due.length === 0) return
    for (const [i, node] of due.entries()) report.began({ node }, ended + 1 + i, total)
    const run = { project, context, storeFailures: plan.storeFailures, warnError: plan.warnError }
    for (const { result, stored } of await testResults(session, due, run, targetPath)) {
      if (stored) failures.push({ result, stored })
      await finish(result)
    }
  }

  async function finish(result: NodeResult): Promise<void> {
    results.push(result)
    await cutOff?.ran(result)
    if (isStep(result) && result.node.config.materialized === 'ephemeral') total++
    if (isStep(result)) report.ended(result, ++ended, total)
    await plan.observer?.built?.(session, result)
    if (isGood(result) || result.status === 'skipped') return
    if (result.node.config.on_error === 'continue' && !plan.failFast) return
    const below = plan.failFast ? nodes.map(node => node.uniqueId) : blockedBy(project, result.node.uniqueId)
    for (const id of below) if (!blocked.has(id)) blocked.set(id, plan.failFast ? 'fail-fast' : result.node.uniqueId)
  }
}

// Consecutive tests run together.
function testsFrom(nodes: Node[], start: number): Node[] {
  let end = start
  while (nodes[end]?.resourceType === 'test') end++
  return nodes.slice(start, end)
}

function skipped(node: Node, because: string): NodeResult {
  const reason =
    because === 'fail-fast' ? 'Skipping due to fail_fast' : `Skipped: ${because.split('.').slice(2).join('.') || because} failed`
  return { ...empty(node), status: 'skipped', message: reason, because }
}
