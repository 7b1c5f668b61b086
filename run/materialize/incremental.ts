import { type Existing, findRelation } from '../database/catalogue.ts'
import { sameColumns } from '../database/relations.ts'
import type { Materialized, Work } from './context.ts'
import { comparedColumns, createIncoming, dropTemporary, isFirstFill } from './incoming.ts'
import { createIndexes } from './indexes.ts'
import { fillEmpty } from './initial-fill.ts'
import { fillNewPart } from './insert-partition.ts'
import { checkKeys, keyExpressions, keyOf } from './keys.ts'
import { counted, countNew, createTable, fill, type Incoming, rewrite, swap } from './rewrite.ts'
import { changeSchema } from './schema-change.ts'
import { step, target, temporary } from './statements.ts'
import { analyzeGrown } from './statistics.ts'
import { predicatesOf, restrict, type StrategyName, strategyOf, updatedColumns } from './strategy.ts'

/**
 * Builds dbt's incremental. Without is_incremental() (first build, full refresh, an edited model) the table becomes the query's result as a
 * whole; otherwise the strategy says how the result goes in.
 */
export async function incremental(work: Work): Promise<Materialized> {
  const outcome = await made(work)
  if (work.incremental) await analyzeGrown(work, outcome)
  return outcome
}

async function made(work: Work): Promise<Materialized> {
  const name = strategyOf(work)
  const existing = await findRelation(work.sql, target(work))
  if (!existing) return createTable(work)
  const filled =
    (keyedStrategies.includes(name) ? await fillEmpty(work, existing) : undefined) ??
    (name === 'mirror' ? await fillNewPart(work, existing) : undefined)
  if (filled) return filled
  const incoming = await createIncoming(work)
  const outcome = await into(work, existing, incoming, strategies[name])
  await dropTemporary(work, '__dbt_tmp', '__dbt_changes')
  return outcome
}

async function into(work: Work, existing: Existing, incoming: Incoming, strategy: Strategy): Promise<Materialized> {
  const { migrated } = work.node.config
  if (existing.kind !== 'table') return swap(work, existing, incoming)
  if (!work.incremental && !migrated)
    return sameColumns(existing, incoming.columns) ? whole(work, existing, incoming) : swap(work, existing, incoming)
  // A merge into a table that a migration created never deletes; all other full builds replace the whole content.
  if (!work.incremental && strategy !== merge) return whole(work, existing, incoming)
  const fitted = migrated ? existing : await changeSchema(work, existing, incoming.columns)
  return strategy(work, fitted, restrict(incoming, fitted, work))
}

type Strategy = (work: Work, existing: Existing, incoming: Incoming) => Promise<Materialized>

/** The strategies under which a key occurs only once. */
const keyedStrategies = ['mirror', 'merge']

const strategies: Record<StrategyName, Strategy> = { mirror: mirrorPart, merge, append, 'delete+insert': deleteInsert, insert: append }

async function whole(work: Work, existing: Existing, incoming: Incoming): Promise<Materialized> {
  // delete+insert and append allow repeated keys: their table is compared row by row.
  const isKeyed = keyedStrategies.includes(String(work.node.config.incremental_strategy))
  if (isKeyed) return rewrite(work, existing, incoming)
  return rewrite({ ...work, node: { ...work.node, config: { ...work.node.config, unique_key: null } } }, existing, incoming)
}

async function mirrorPart(work: Work, existing: Existing, incoming: Incoming): Promise<Materialized> {
  return rewrite(work, existing, incoming, predicatesOf(work))
}

async function merge(work: Work, existing: Existing, incoming: Incoming): Promise<Materialized> {
  const key = keyOf(work, incoming.columns)
  if (key.length === 0) return append(work, existing, incoming)
  const relation = target(work)
  const columns = comparedColumns(work, existing, incoming.columns)
  await checkKeys(work, incoming.name, key)
  if (await isFirstFill(work, existing)) return fill(work, incoming)

  const updated = updatedColumns(work, columns, key)
  const predicates = predicatesOf(work)
  const changes = temporary(work, '__dbt_changes')
  const changed = await step(work, 'find_changes_within', {
    relation,
    incoming: incoming.name,
    changes,
    key,
    compared: updated,
    predicates,
  })
  const inserted = await countNew(work, changes, changed)
  if (changed > inserted) await work.observer?.changing?.(work, { changes, key, compared: updated })
  if (changed > 0) await step(work, 'merge_changes_within', { relation, changes, key, columns, updated, predicates })
  await createIndexes(work)
  return counted(incoming, { inserted, updated: changed - inserted, deleted: 0 })
}

async function append(work: Work, existing: Existing, incoming: Incoming): Promise<Materialized> {
  const columns = comparedColumns(work, existing, incoming.columns)
  const inserted = await step(work, 'insert_all', { relation: target(work), incoming: incoming.name, columns })
  await createIndexes(work)
  return { action: `INSERT ${inserted}`, inserted, updated: 0, deleted: 0, unchanged: 0 }
}

async function deleteInsert(work: Work, existing: Existing, incoming: Incoming): Promise<Materialized> {
  const key = keyExpressions(work, incoming.columns)
  const relation = target(work)
  const deleted =
    key.length > 0
      ? await step(work, 'delete_incoming_keys', { relation, incoming: incoming.name, key, predicates: predicatesOf(work) })
      : 0
  const outcome = await append(work, existing, incoming)
  return { ...outcome, deleted }
}
