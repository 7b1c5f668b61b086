import { writeCompiled, writeRun } from './artifacts.ts'
import type { Plan } from './build.ts'
import { readHere } from './citus/cluster.ts'
import { placementOf } from './citus/placement.ts'
import { refuseInlined } from './citus/portable.ts'
import { persistDocs } from './comments.ts'
import { compileNode, type RunContext } from './compile.ts'
import { withContract } from './contracted.ts'
import type { Session } from './database.ts'
import type { Pending } from './ends.ts'
import { ProjectError } from './errors.ts'
import { isOwnError, isRepeatable } from './failing.ts'
import { applyGrants } from './grants.ts'
import { forbidden, insideHooks, runHooks } from './hooks.ts'
import type { Rendered } from './jinja/render.ts'
import { materialize } from './materialize.ts'
import type { Node } from './node.ts'
import { empty, type NodeResult } from './record.ts'
import { controlsTransaction, statementsOf } from './statements.ts'
import type { Work } from './work.ts'

/** Builds one model or seed under a savepoint: an error undoes the node alone and becomes its result. */
export async function runNode(session: Session, plan: Plan, node: Node, context: RunContext, pending: Pending): Promise<NodeResult> {
  const { project } = plan
  const result = empty(node)
  const own: Pending = { views: [...pending.views], keys: [] }
  const statements: string[] = []
  if (plan.onCitus) await readHere(session)
  await session`savepoint node`
  try {
    let said: Record<string, unknown> = {}
    const compiled = await compileNode(project, node, {
      ...context,
      configured: (one, values) => {
        if (one === node) said = values
      },
    })
    result.compiled = compiled.text
    writeCompiled(plan.targetPath, node, compiled.text)
    const query = node.resourceType === 'seed' ? compiled : oneQuery(node, compiled)
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
    const unknown = await persistDocs(session, node)
    if (unknown.length > 0) context.warn?.(`${node.name} describes columns that it does not have: ${unknown.join(', ')}`)
    await session`release savepoint node`
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

/** The model's SQL if it is one query; an error before it runs if it is several, or would end the build's transaction. */
export function oneQuery(node: Node, compiled: Rendered): Rendered {
  const statements = statementsOf(compiled.text)
  const [query, second] = statements
  if (!query)
    throw new ProjectError('The model has no SQL', { place: node.place, hint: 'Write the SELECT that says what the relation holds.' })
  const control = statements.find(controlsTransaction)
  if (control) throw forbidden(control, compiled, node.place)
  if (second) {
    throw new ProjectError('A model is one SELECT, but here begins a second statement', {
      place: compiled.placeAt(second.offset),
      hint: 'Put statements that go before or after it into pre_hook or post_hook.',
    })
  }
  if (!/^(select|with|values|table)\b/.test(query.verb)) {
    throw new ProjectError(`A model is one SELECT, but this begins with ${query.verb.split(/\s/)[0]?.toUpperCase() ?? 'something else'}`, {
      place: compiled.placeAt(query.offset),
      hint: 'Say only what the relation should hold; its config says how it gets there.',
    })
  }
  return { ...compiled, text: query.text, placeAt: offset => compiled.placeAt(offset + query.offset) }
}

// Predicates may hold what only this run knows (last_built(), the place of a relation): config() of the run counts, not that of parsing.
function asOfNow(node: Node, said: Record<string, unknown>): Node {
  const known = ['incremental_predicates', 'predicates'].filter(key => said[key] !== undefined)
  return { ...node, config: { ...node.config, ...Object.fromEntries(known.map(key => [key, said[key]])) } }
}
