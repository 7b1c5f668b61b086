import { writeCompiled, writeRun } from '../artifacts/run-results.ts'
import { isOwnError } from '../base/errors.ts'
import { readHere } from '../citus/cluster.ts'
import { placementOf } from '../citus/placement.ts'
import { refuseInlined } from '../citus/unsupported-sql.ts'
import type { Session } from '../database/driver.ts'
import { isRepeatable } from '../database/errors.ts'
import { sendAhead } from '../database/savepoint.ts'
import { nameTooLong } from '../manifest/name-length.ts'
import type { Node } from '../manifest/node.ts'
import { empty, type NodeResult } from '../manifest/result.ts'
import type { Work } from '../materialize/context.ts'
import { applyGrants } from '../materialize/grants.ts'
import { materialize } from '../materialize/materialize.ts'
import { persistDocs } from '../materialize/persist-docs.ts'
import { withContract } from '../materialize/with-contract.ts'
import { compileNode, type RunContext } from '../template/compile.ts'
import { oneQuery } from '../template/single-query.ts'
import type { Pending } from './deferred-work.ts'
import { insideHooks, runHooks } from './hooks.ts'
import type { Plan } from './plan.ts'

/** Builds one model or seed under a savepoint: an error rolls back this node alone and becomes its result. */
export async function runNode(session: Session, plan: Plan, node: Node, context: RunContext, pending: Pending): Promise<NodeResult> {
  const { project } = plan
  const result = empty(node)
  const own: Pending = { views: [...pending.views], keys: [] }
  const statements: string[] = []
  if (plan.onCitus) await readHere(session)
  sendAhead(session, 'savepoint node')
  try {
    const long = nameTooLong(node)
    if (long) throw long
    let said: Record<string, unknown> = {}
    const compiled = await compileNode(project, node, {
      ...context,
      configured: (one, values) => {
        if (one === node) said = values
      },
    })
    result.compiled = compiled.text
    writeCompiled(plan.targetPath, node, compiled.text)
    // An ephemeral model is a part of what reads it, and never runs by itself.
    const isWhole = node.resourceType !== 'seed' && node.config.materialized !== 'ephemeral'
    const query = isWhole ? oneQuery(node, compiled) : compiled
    if (plan.onCitus) refuseInlined(node, query)
    const incremental = context.isIncremental?.(node) ?? false
    const placement = plan.onCitus ? placementOf(node) : undefined
    const work: Work = {
      sql: session,
      project,
      node: asOfNow(node, said),
      query,
      incremental,
      context,
      ...(placement && { placement }),
      pendingViews: own.views,
      pendingKeys: own.keys,
      statements,
      ...(plan.observer ? { observer: plan.observer } : {}),
    }
    await runHooks(session, project, node, insideHooks(plan, node, 'pre'), context, statements)
    const outcome = await withContract(work, materialize)
    await runHooks(session, project, node, insideHooks(plan, node, 'post'), context, statements)
    statements.push(...(await applyGrants(session, node)))
    const unknown = await persistDocs(session, project, node)
    if (unknown.length > 0) context.warn?.(`${node.name} describes columns that it does not have: ${unknown.join(', ')}`)
    sendAhead(session, 'release savepoint node')
    pending.views = own.views
    pending.keys.push(...own.keys)
    const { action: message, ...rows } = outcome
    Object.assign(result, { message, ...rows })
  } catch (error) {
    if (plan.signal.aborted || !isOwnError(error) || isRepeatable(error)) throw error
    await session`rollback to savepoint node`
    Object.assign(result, { status: 'error', message: (error as Error).message, error })
  }
  writeRun(plan.targetPath, node, statements)
  result.finishedAt = new Date()
  return result
}

// Predicates may hold what only this run knows (last_built(), the place of a relation): takes them from config() as rendered now, not as
// parsed.
function asOfNow(node: Node, said: Record<string, unknown>): Node {
  const known = ['incremental_by', 'incremental_predicates', 'predicates'].filter(key => said[key] !== undefined)
  return { ...node, config: { ...node.config, ...Object.fromEntries(known.map(key => [key, said[key]])) } }
}
