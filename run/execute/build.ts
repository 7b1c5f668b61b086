import { type Failure, storeFailures } from '../check/stored-failures.ts'
import { beginOnCitus } from '../citus/cluster.ts'
import { rememberCatalogue } from '../database/catalogue.ts'
import type { Session, Sql } from '../database/driver.ts'
import { listRelations } from '../database/relations.ts'
import { landedIn, type Published, publishedNodes, publishNodes } from '../history/run-log.ts'
import { reachOf } from '../history/watermarks.ts'
import { isReport, type Node } from '../manifest/node.ts'
import { isGood, type NodeResult } from '../manifest/result.ts'
import type { Report } from '../report/report.ts'
import { forgetOld, freeze, pointToLast } from '../reports/freeze.ts'
import { type CutOff, cutOffOf } from './cut-off.ts'
import { attempt, createSchemas, type Pending, settle } from './deferred-work.ts'
import { endContext, runProjectHooks } from './hooks.ts'
import { Interrupted, interruptible } from './interrupted.ts'
import type { Built, Plan } from './plan.ts'
import { contextOf } from './run-context.ts'
import { runNode } from './run-node.ts'
import { runAll } from './run-nodes.ts'
import { runReport } from './run-report.ts'

/**
 * Builds in ONE transaction that commits only when nothing failed, so that readers see either the old warehouse or the new one. A failing
 * node is rolled back to its savepoint, and the nodes that depend on it are skipped; the others go on, so that one run shows all that is
 * wrong.
 * Throws `Interrupted` on the signal and a ProjectError when the connection is lost; both leave everything as it was.
 */
export async function build(session: Session, log: Sql, plan: Plan, report: Report): Promise<Built> {
  const { project, nodes, signal } = plan
  const results: NodeResult[] = []
  const failures: { result: NodeResult; stored: Failure }[] = []
  return interruptible(session, log, { signal, results }, async () => {
    // Repeatable read, so that every node sees the same landing: the one that landed_in names.
    await session`begin isolation level repeatable read`
    await session.unsafe(generous)
    if (plan.onCitus) await beginOnCitus(session)
    await plan.observer?.begin?.(session)
    const landed = plan.hasLog ? await landedIn(session) : null
    const published = plan.hasLog ? await publishedNodes(session) : new Map<string, Published>()
    const relations = await listRelations(session)
    if (!plan.onCitus) rememberCatalogue(session, [...new Set(nodes.map(({ schema }) => schema))])
    const cutOff = plan.hasLog ? await cutOffOf(session, plan, published, relations) : undefined
    const context = contextOf(session, plan, { relations, published, cutOff }, report)
    await createSchemas(session, plan, context)
    const problems: unknown[] = []
    await attempt(problems, () => runProjectHooks(session, project, 'on-run-start', context, report))
    const pending: Pending = { views: [], keys: [] }
    const buildNode = (node: Node) =>
      isReport(node) ? runReport(session, plan, node, context) : runNode(session, plan, node, context, pending)
    const sequence = { plan, cutOff, context, results, failures, report, buildNode, transact: <T>(work: () => Promise<T>) => work() }
    if (problems.length === 0) await runAll(session, sequence)
    problems.push(...(await settle(session, pending)))
    if (problems.length === 0 && results.every(isGood))
      await attempt(problems, () => runProjectHooks(session, project, 'on-run-end', endContext(context, results), report))

    const isGoodRun = problems.length === 0 && results.every(isGood)
    // A model may stamp batches itself, as accepting a shrunk snapshot does: this build has seen that too.
    const seen = isGoodRun && landed !== null ? await landedIn(session) : landed
    if (isGoodRun && seen !== null && cutOff && !plan.isTrial) await publish(session, plan, published, seen, cutOff)
    if (isGoodRun && !plan.isTrial) await freezeReports(session, plan, results)
    await plan.observer?.end?.(session, results)
    if (signal.aborted) throw new Interrupted()
    await session.unsafe(isGoodRun && !plan.isTrial ? 'commit' : 'rollback')
    for (const { result, stored } of plan.isTrial ? [] : failures) result.storedIn = await storeFailures(log, stored)
    return { status: !isGoodRun ? 'failed' : plan.isTrial ? 'trial' : 'published', results, landedIn: seen, problems }
  })
}

// The server may be tuned for many small queries, while a build runs a few big ones. Memory is only raised, and only in this transaction.
// With synchronous_commit a publish is on disk before it is reported.
const generous = `
select set_config(name, wanted, true)
from (values ('work_mem', '64MB'), ('maintenance_work_mem', '256MB')) as settings (name, wanted)
where pg_size_bytes(current_setting(name)) < pg_size_bytes(wanted)
union all
select set_config(name, value, true) from (values ('jit', 'off'), ('synchronous_commit', 'on')) as settings (name, value)`

// Stores the figures of reports that ran, and for skipped reports that their figures are unchanged.
async function freezeReports(session: Session, { project, freezing }: Plan, results: NodeResult[]): Promise<void> {
  const reports = results.filter(({ node }) => isReport(node))
  if (!freezing || reports.length === 0) return
  const publishing = { runId: project.invocationId, through: await freezing.through(session) }
  for (const { node, figures } of reports) if (figures) await freeze(session, publishing, node.uniqueId, figures)
  const kept = reports.filter(({ figures }) => !figures).map(({ node }) => node.uniqueId)
  await pointToLast(session, publishing, kept)
  await forgetOld(session, freezing.keep)
}

async function publish(
  session: Session,
  { project }: Plan,
  published: Map<string, Published>,
  landed: bigint,
  cutOff: CutOff,
): Promise<void> {
  const ends = cutOff.remembered()
  const reach = reachOf(project, new Set(ends.map(({ node }) => node.uniqueId)), published, landed)
  await publishNodes(
    session,
    ends.map(end => ({ ...end, landedIn: end.mark ? reach(end.node.uniqueId) : 0n })),
  )
}
