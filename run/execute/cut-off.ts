import { isUnitTest, unitFingerprint } from '../check/unit-tests.ts'
import { findRelation } from '../database/catalogue.ts'
import type { Session } from '../database/driver.ts'
import type { Request } from '../database/introspection.ts'
import { columnsMark, type Listed, qualified } from '../database/relations.ts'
import type { Definition } from '../graph/definition.ts'
import { type Mark, marksOf } from '../history/marks.ts'
import { type Published, sourceStamps } from '../history/run-log.ts'
import { isLive } from '../history/watermarks.ts'
import { hasRelation, isBuilt, isReport, type Node, type UnitTest } from '../manifest/node.ts'
import { empty, type NodeResult } from '../manifest/result.ts'
import { applyGrants } from '../materialize/grants.ts'
import { persistDocs } from '../materialize/persist-docs.ts'
import { type OutsideReads, outsideReads } from './outside-reads.ts'
import type { Plan } from './plan.ts'

/**
 * Early cut-off: skips nodes whose parents did not change. A node is skipped when its definition is the published one and its parents are
 * as it last saw them: their rows for a table or test, their columns for a view.
 */
export interface CutOff {
  /** The result of a node that is skipped; undefined where it must run. */
  reuse(node: Node): Promise<NodeResult | undefined>
  /** Whether a unit test passed before, and it, its model and the columns of the model's parents are unchanged. */
  hasPassed(test: UnitTest): boolean
  /** Whether an incremental model can continue from its published table: the present definitions of the model and its parents made it. */
  isContinued(node: Node): boolean
  /** Records what the template of a node asked the database while it was compiled. */
  asks(node: Node, request: Request): void
  /** Records the result of a node that ran. */
  ran(result: NodeResult): Promise<void>
  /** What to store about the nodes that ran or were skipped, without their watermarks. */
  remembered(): ({ node: Node } & Omit<Published, 'landedIn'>)[]
}

type Basis = Pick<Plan, 'project' | 'definitions' | 'deferred' | 'fullRefresh' | 'storeFailures' | 'warnError' | 'stamp'>

/**
 * The cut-off of one build, from what is published and the relations that exist. With --full-refresh everything runs, and the changes are
 * still recorded for the next build.
 */
export async function cutOffOf(session: Session, plan: Basis, published: Map<string, Published>, relations: Listed[]): Promise<CutOff> {
  const { project, definitions } = plan
  const marks = marksOf({ project, published, definitions, sources: await sourceStamps(session, project) })
  const existing = new Set(relations.map(({ schema, name }) => `${schema}.${name}`))
  const asked = new Map<string, Request[]>()
  const ends = new Map<string, { node: Node } & Omit<Published, 'landedIn'>>()
  let outside: OutsideReads | undefined
  const causes = new Map<string, { seen: Record<string, Mark>; isRemade: boolean; isGone: boolean }>()
  return { reuse, hasPassed, isContinued, asks, ran, remembered: () => [...ends.values()] }

  async function reuse(node: Node): Promise<NodeResult | undefined> {
    const before = published.get(node.uniqueId)
    const seen = marks.seenBy(node)
    const isGone = hasRelation(node) && !existing.has(`${node.schema}.${node.alias}`)
    const isOther =
      isGone || !before?.seen || isFull(plan, node) || readsDeferred(node, plan) || before.fingerprint !== definitionOf(node).fingerprint
    causes.set(node.uniqueId, { seen, isRemade: isOther || !isContinued(node), isGone })
    if (isOther || before.readsMore || definitionOf(node).isOpen || !isSeen(node, before, seen)) return undefined
    if (isBuilt(node)) return passedOver(node, before, seen)
    const { verdict } = before
    const storesRows = node.config.store_failures ?? plan.storeFailures
    if (!verdict || storesRows || node.config.store_failures_as === 'table' || (plan.warnError && verdict.status === 'warn'))
      return undefined
    ends.set(node.uniqueId, { node, ...before, seen })
    return { ...empty(node), ...verdict, isReused: true }
  }

  async function passedOver(node: Node, before: Published, seen: Record<string, Mark>): Promise<NodeResult> {
    const { described } = definitionOf(node)
    if (described !== before.described && hasRelation(node)) {
      await applyGrants(session, node)
      await persistDocs(session, project, node)
    }
    ends.set(node.uniqueId, { node, ...before, seen, described })
    return { ...empty(node), message: 'REUSED', isReused: true }
  }

  function hasPassed(test: UnitTest): boolean {
    return !plan.fullRefresh && published.get(test.uniqueId)?.fingerprint === unitDefinition(test)
  }

  function isContinued(node: Node): boolean {
    const before = published.get(node.uniqueId)
    if (!before?.seen || before.fingerprint !== definitionOf(node).fingerprint) return false
    return node.dependsOn.every(id => {
      const [now, then] = [marks.of(id), before.seen?.[id]]
      return !now || !then ? !now === !then : now.remade === then.remade
    })
  }

  function isSeen(node: Node, { seen: then }: Published, now: Record<string, Mark>): boolean {
    const part = isLive(node) ? 'columns' : 'rows'
    return node.dependsOn.every(id => now[id] !== undefined && now[id][part] === then?.[id]?.[part])
  }

  function asks(node: Node, request: Request): void {
    asked.set(node.uniqueId, [...(asked.get(node.uniqueId) ?? []), request])
  }

  async function ran(result: NodeResult): Promise<void> {
    const { node, status, failures, message, compiled, isReused } = result
    if (isReused || !['success', 'pass', 'warn'].includes(status)) return
    // A report with a figure that failed is tried again by the next build that does anything.
    if (isReport(node) && status === 'warn') return
    if (isUnitTest(node)) {
      const nothing = { mark: null, seen: null, readsMore: false, described: null, verdict: null }
      return void ends.set(node.uniqueId, { node, fingerprint: unitDefinition(node), ...nothing })
    }
    const { fingerprint, described, hasHooks } = definitionOf(node)
    outside ??= await outsideReads(session, project, relations)
    const readsMore = compiled !== null && outside.isIn(node, compiled, asked.get(node.uniqueId) ?? [])
    const seen = causes.get(node.uniqueId)?.seen ?? {}
    const end = { node, fingerprint, mark: null, seen, readsMore, described, verdict: null }
    if (isBuilt(node)) {
      const mark = await markAfter(result)
      marks.set(node.uniqueId, mark, readsMore)
      ends.set(node.uniqueId, { ...end, mark })
      // A hook may have written to anything.
      if (hasHooks) marks.refresh(await sourceStamps(session, project))
    } else {
      ends.set(node.uniqueId, { ...end, verdict: { status: status as 'pass' | 'warn' | 'success', failures, message } })
    }
  }

  async function markAfter({ node, inserted, updated, deleted }: NodeResult): Promise<Mark> {
    const before = published.get(node.uniqueId)?.mark
    const columns = hasRelation(node) ? columnsMark(await findRelation(session, qualified(node.schema, node.alias))) : ''
    const { isRemade = true, isGone = true } = causes.get(node.uniqueId) ?? {}
    const hasChanged = !before || isGone || columns !== before.columns || (inserted ?? 0) + (updated ?? 0) + (deleted ?? 0) > 0
    if (!hasChanged) return before
    return { rows: plan.stamp, remade: isRemade || !before || columns !== before.columns ? plan.stamp : before.remade, columns }
  }

  // A unit test depends on its model and on the columns of the model's parents, not on their rows.
  function unitDefinition(test: UnitTest): string {
    const model = project.nodes.get(test.dependsOn[0] as string)
    const columns = test.given.map(({ id }) => marks.of(id)?.columns ?? '')
    return unitFingerprint(test, model ? definitionOf(model).fingerprint : '', columns)
  }

  function definitionOf(node: Node): Definition {
    return definitions.get(node.uniqueId) ?? { fingerprint: '', isOpen: true, hasHooks: true, described: '' }
  }
}

/** Whether a node is to be rebuilt from scratch, by its config or the command line. */
export function isFull({ fullRefresh }: Pick<Plan, 'fullRefresh'>, { config }: Node): boolean {
  return typeof config.full_refresh === 'boolean' ? config.full_refresh : fullRefresh
}

// Also through an ephemeral model, which is a part of the node's SQL.
function readsDeferred({ dependsOn }: Node, plan: Pick<Plan, 'project' | 'deferred'>): boolean {
  return dependsOn.some(id => {
    const parent = plan.project.nodes.get(id)
    return plan.deferred?.has(id) || (parent?.config.materialized === 'ephemeral' && readsDeferred(parent, plan))
  })
}
