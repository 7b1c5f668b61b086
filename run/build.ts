import { beginOnCitus } from './citus/cluster.ts'
import type { Session, Sql } from './database.ts'
import { attempt, createSchemas, type Pending, settle } from './ends.ts'
import { Interrupted, lostConnection } from './failing.ts'
import { type Failure, storeFailures } from './failures.ts'
import { endContext, runProjectHooks } from './hooks.ts'
import type { Node, Project } from './node.ts'
import { runNode } from './nodes.ts'
import type { Observer } from './observer.ts'
import { reachOf } from './reach.ts'
import { isGood, landedIn, type NodeResult, type Published, publishedNodes, publishNodes } from './record.ts'
import type { Report } from './report.ts'
import { contextOf } from './runcontext.ts'
import { runAll } from './sequence.ts'
import { isUnitTest, unitFingerprint } from './unittests.ts'

/** What to build, and how. */
export interface Plan {
  project: Project
  /** Models, seeds, tests and unit tests in their order. */
  nodes: Node[]
  fingerprints: Map<string, string>
  /** Whether the database has our run log: without it is_incremental() is dbt's. */
  hasLog: boolean
  fullRefresh: boolean
  failFast: boolean
  storeFailures: boolean
  warnError: boolean
  /** Absolute path of the folder of artifacts. */
  targetPath: string
  /** Do it all, then roll back: nothing is published. */
  isTrial: boolean
  /** Looks on, inside the transaction. */
  observer?: Observer
  /** The database is a Citus cluster. */
  onCitus?: boolean
  /** --no-atomic: each node in a transaction of its own. */
  isApart?: boolean
  signal: AbortSignal
}

/** What became of it. */
export interface Built {
  /** `partial`: nodes failed, and what did not is there (--no-atomic). */
  status: 'published' | 'failed' | 'trial' | 'partial'
  results: NodeResult[]
  landedIn: bigint | null
  /** What failed beside nodes: a foreign key, a view of somebody else, a hook. */
  problems: unknown[]
}

/**
 * Builds in ONE transaction that commits only when nothing failed, so that readers see the old warehouse or the new one. A failing node
 * is undone by its savepoint and skips what depends on it; the others go on, so that one run shows all that is wrong.
 * Throws `Interrupted` on the signal and a ProjectError when the connection is lost; both leave everything as it was.
 */
export async function build(session: Session, log: Sql, plan: Plan, report: Report): Promise<Built> {
  const { project, nodes, signal } = plan
  const [backend] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`
  const cancel = () => void log`select pg_cancel_backend(${backend!.pid})`.catch(() => {})
  signal.addEventListener('abort', cancel)
  const results: NodeResult[] = []
  const failures: { result: NodeResult; stored: Failure }[] = []
  try {
    // Repeatable read: what landed_in says is what every node sees.
    await session`begin isolation level repeatable read`
    await session.unsafe(generous)
    if (plan.onCitus) await beginOnCitus(session)
    await plan.observer?.begin?.(session)
    const landed = plan.hasLog ? await landedIn(session) : null
    const published = plan.hasLog ? await publishedNodes(session) : new Map<string, Published>()
    const context = await contextOf(session, plan, published, report)
    await createSchemas(session, nodes)
    const problems: unknown[] = []
    await attempt(problems, () => runProjectHooks(session, project, 'on-run-start', context, report))
    const pending: Pending = { views: [], keys: [] }
    const perform = (node: Node) => runNode(session, plan, node, context, pending)
    const sequence = { plan, published, context, results, failures, report, perform, judge: <T>(work: () => Promise<T>) => work() }
    if (problems.length === 0) await runAll(session, sequence)
    problems.push(...(await settle(session, pending)))
    if (problems.length === 0 && results.every(isGood))
      await attempt(problems, () => runProjectHooks(session, project, 'on-run-end', endContext(context, results), report))

    const isGoodRun = problems.length === 0 && results.every(isGood)
    // Accepting a shrunk snapshot stamps its batch: this build has seen that too.
    const seen = isGoodRun && landed !== null && project.flags.acceptShrink ? await landedIn(session) : landed
    if (isGoodRun && seen !== null && !plan.isTrial) await publish(session, plan, published, seen, results)
    await plan.observer?.end?.(session, results)
    if (signal.aborted) throw new Interrupted()
    await session.unsafe(isGoodRun && !plan.isTrial ? 'commit' : 'rollback')
    for (const { result, stored } of plan.isTrial ? [] : failures) result.storedIn = await storeFailures(log, stored)
    return { status: !isGoodRun ? 'failed' : plan.isTrial ? 'trial' : 'published', results, landedIn: seen, problems }
  } catch (error) {
    if (!lostConnection(error)) await session`rollback`.catch(() => {})
    if (signal.aborted) throw new Interrupted(results)
    throw lostConnection(error) ?? error
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

// A server of unknown settings may be set for many small queries; a build is a few big ones. Only raised, only in this transaction.
// What was published must be on disk before anybody is told.
const generous = `
select set_config(name, wanted, true)
from (values ('work_mem', '64MB'), ('maintenance_work_mem', '256MB')) as settings (name, wanted)
where pg_size_bytes(current_setting(name)) < pg_size_bytes(wanted)
union all
select set_config(name, value, true) from (values ('jit', 'off'), ('synchronous_commit', 'on')) as settings (name, value)`

async function publish(
  session: Session,
  plan: Plan,
  published: Map<string, Published>,
  landed: bigint,
  results: NodeResult[],
): Promise<void> {
  const built = results.filter(result => result.status === 'success').map(result => result.node)
  const ids = new Set(built.map(node => node.uniqueId))
  const reach = reachOf(plan.project, ids, published, plan.fingerprints, landed)
  const kept = built.filter(node => node.config.materialized !== 'ephemeral')
  const models = kept.map(node => {
    const fingerprint = plan.fingerprints.get(node.uniqueId) ?? ''
    return {
      node,
      fingerprint: reach.isFresh(node.uniqueId) ? fingerprint : `stale ${fingerprint}`,
      landedIn: reach.landedIn(node.uniqueId),
    }
  })
  const unitTests = results.flatMap(({ node, status }) =>
    status === 'pass' && isUnitTest(node) ? [{ node, fingerprint: unitFingerprint(node, plan.fingerprints), landedIn: landed }] : [],
  )
  await publishNodes(session, [...models, ...unitTests])
}
