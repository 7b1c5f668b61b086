import { ProjectError } from '../base/errors.ts'
import { place } from '../citus/distribute.ts'
import type { Placement } from '../citus/placement.ts'
import { refuseVolatile } from '../citus/unsupported-sql.ts'
import { type Existing, findRelation } from '../database/catalogue.ts'
import { dropViews, recreateViews, trimmingsOf, viewsOf } from '../database/dependent-views.ts'
import { type Compared, qualified, sameColumns } from '../database/relations.ts'
import { runWherePossible } from '../database/savepoint.ts'
import { landingStatements } from '../manifest/contract.ts'
import { quote } from '../manifest/relation.ts'
import type { Materialized, Work } from './context.ts'
import { comparedColumns, createIncoming, dropTemporary, isFirstFill } from './incoming.ts'
import { createIndexes } from './indexes.ts'
import { checkKeys, keyExpressions, keyOf } from './keys.ts'
import { counted, countNew, type Incoming } from './rewrite.ts'
import { changeSchema } from './schema-change.ts'
import { ask, runSql, step, target, temporary } from './statements.ts'
import { predicatesOf, restrict, strategyOf, updatedColumns } from './strategy.ts'

/**
 * Materializes a table or incremental model whose table is stored on the workers. The result is the same as on plain PostgreSQL; the
 * statements are ones that Citus accepts, and they commit on all nodes or on none. Rows for a distributed table are staged in shards beside
 * its own and merged there; rows for a reference table go in by INSERT … ON CONFLICT.
 */
export async function placed(work: Work, placement: Placement): Promise<Materialized> {
  refuseVolatile(work.node, work.query)
  const isNew = !(await findRelation(work.sql, target(work)))
  const incoming = await stage(work, placement)
  const existing = await fitting(work, placement, incoming)
  const outcome = await into(work, { placement, existing, incoming, isNew })
  await createIndexes(work)
  await (placement.kind === 'distributed' ? runSql(work, `drop table ${incoming.name}`) : dropTemporary(work, '__dbt_tmp'))
  await dropTemporary(work, '__dbt_changes', '__dbt_gone')
  return outcome
}

/** Stages the query's result: in shards beside the target's, or in a temporary table for a reference table. */
async function stage(work: Work, placement: Placement): Promise<Incoming> {
  if (placement.kind === 'reference') return createIncoming(work)
  const name = qualified(work.node.schema, temporary(work, '__dbt_tmp').slice(1, -1))
  await runSql(work, `drop table if exists ${name}`)
  const [create, insert] = work.contract ? landingStatements(name, work.contract, work.query.text, 'table') : []
  await (create ? runSql(work, create) : step(work, 'create_staging', { staging: name, query: work.query.text }))
  await place(work.sql, work.node, name, { ...placement, ...((await isThere(work)) && { colocateWith: target(work) }) })
  const rows = insert
    ? ((await runSql(work, insert)).count ?? 0)
    : await step(work, 'fill_staging', { staging: name, query: work.query.text })
  await runSql(work, `analyze ${name}`)
  return { name, rows, columns: (await findRelation(work.sql, name)) as Existing }
}

/** Gives the table to fill: creates it where it is missing, and recreates it where a full build has other columns. */
async function fitting(work: Work, placement: Placement, { name, columns }: Incoming): Promise<Existing> {
  const { sql, node } = work
  const relation = target(work)
  const existing = await findRelation(sql, relation)
  if (existing && (sameColumns(existing, columns) || node.config.migrated)) return existing
  if (existing?.kind === 'table' && work.incremental) return changeSchema(work, existing, columns)

  const views = existing ? await viewsOf(sql, existing.oid) : []
  const trimmings = existing ? await trimmingsOf(sql, existing.oid) : []
  if (existing) {
    await dropViews(sql, views)
    await runSql(work, `drop ${existing.kind} ${relation}`)
  }
  await step(work, 'create_staging', { staging: relation, query: `select * from ${name}` })
  const key = keyOf(work, columns)
  if (key.length > 0) await step(work, 'add_primary_key', { relation, key })
  await place(sql, node, relation, placement)
  await runWherePossible(sql, trimmings)
  work.pendingViews.push(...(await recreateViews(sql, views)).map(({ view }) => view))
  return (await findRelation(sql, relation)) as Existing
}

interface Into {
  placement: Placement
  existing: Existing
  incoming: Incoming
  isNew: boolean
}

async function into(work: Work, given: Into): Promise<Materialized> {
  const { config } = work.node
  const isWhole = config.materialized === 'table' || (!work.incremental && !(config.migrated && wayOf(work) === 'merge'))
  const strategy = isWhole ? 'mirror' : wayOf(work)
  const incoming = restrict(given.incoming, given.existing, work)
  const compared = comparedColumns(work, given.existing, incoming.columns)
  const key = strategy === 'delete+insert' ? keyExpressions(work, incoming.columns) : keyOf(work, incoming.columns)
  const into = { ...given, incoming, compared, key, within: strategy === 'merge' ? predicatesOf(work) : [] }

  if (strategy === 'append') return counted(incoming, { inserted: await insertAll(work, into), updated: 0, deleted: 0 })
  if (strategy === 'delete+insert') {
    const deleted = key.length > 0 ? await deleteIncoming(work, into) : 0
    return { ...counted(incoming, { inserted: await insertAll(work, into), updated: 0, deleted }), unchanged: 0 }
  }
  checkPlacedKey(work, given.placement, key)
  await checkKeys(work, incoming.name, key)
  if (await isFirstFill(work, given.existing))
    return { ...counted(incoming, { inserted: await insertAll(work, into), updated: 0, deleted: 0 }), action: `INSERT ${incoming.rows}` }
  const deleted = strategy === 'mirror' ? await deleteGone(work, into) : 0
  const changes = await (given.placement.kind === 'distributed' ? mergeStaged(work, into) : upsert(work, into))
  return counted(incoming, { ...changes, deleted })
}

interface Keyed extends Into {
  compared: Compared[]
  key: string[]
  /** incremental_predicates of a merge: rows are compared only with rows that satisfy them. */
  within: string[]
}

async function insertAll(work: Work, { placement, incoming, compared, key }: Keyed): Promise<number> {
  const args = { relation: target(work), incoming: incoming.name, columns: compared }
  if (placement.kind === 'reference') {
    const inserted = await step(work, 'insert_all', args)
    await step(work, 'mark_written', { relation: target(work), column: key[0] ?? compared[0]?.name })
    return inserted
  }
  const inserted = await step(work, 'insert_staged', args)
  if (inserted === incoming.rows) return inserted
  throw new ProjectError(
    `${incoming.rows - inserted} of ${incoming.rows} rows conflict with other rows in a unique index of ${target(work)}`,
    {
      place: work.node.place,
      hint: 'Change the query to return each key once, or choose another incremental_strategy.',
    },
  )
}

async function deleteIncoming(work: Work, { incoming, key }: Keyed): Promise<number> {
  return step(work, 'delete_incoming_keys', { relation: target(work), incoming: incoming.name, key, predicates: predicatesOf(work) })
}

async function deleteGone(work: Work, { incoming, key }: Keyed): Promise<number> {
  const [relation, gone] = [target(work), temporary(work, '__dbt_gone')]
  const predicates = predicatesOf(work)
  const count = await step(work, 'find_gone', { relation, incoming: incoming.name, gone, key, predicates })
  return count > 0 ? step(work, 'delete_gone', { relation, gone, key }) : 0
}

async function mergeStaged(work: Work, { incoming, key, compared, within }: Keyed): Promise<{ inserted: number; updated: number }> {
  const relation = target(work)
  const updated = updatedColumns(work, compared, key)
  const args = { relation, incoming: incoming.name, key, compared: updated, updated, columns: compared, predicates: within }
  const [row] = await ask<{ inserted: string; updated: string }>(work, 'count_changes', args)
  const counts = { inserted: Number(row?.inserted ?? 0), updated: Number(row?.updated ?? 0) }
  if (counts.updated > 0) await work.observer?.changing?.(work, { changes: incoming.name, key, compared: updated })
  if (counts.inserted + counts.updated > 0) await step(work, 'merge_staged', args)
  return counts
}

async function upsert(work: Work, { incoming, key, compared, within }: Keyed): Promise<{ inserted: number; updated: number }> {
  const [relation, changes] = [target(work), temporary(work, '__dbt_changes')]
  const updated = updatedColumns(work, compared, key)
  const args = { relation, incoming: incoming.name, changes, key, compared: updated }
  const changed = await (within.length > 0
    ? step(work, 'find_changes_within', { ...args, predicates: within })
    : step(work, 'find_changes', args))
  const inserted = await countNew(work, changes, changed)
  if (within.length > 0 && inserted > 0) await refuseOutside(work, { relation, changes, key })
  if (changed > inserted) await work.observer?.changing?.(work, { changes, key, compared: updated })
  if (changed > 0) await step(work, 'upsert_changes', { relation, changes, key, columns: compared, updated })
  return { inserted, updated: changed - inserted }
}

// ON CONFLICT would update rows that the predicates exclude. A MERGE takes their keys for new ones, and fails.
async function refuseOutside(work: Work, args: { relation: string; changes: string; key: string[] }): Promise<void> {
  const [row] = await ask<{ rows: string }>(work, 'count_outside', args)
  if (Number(row?.rows ?? 0) === 0) return
  throw new ProjectError(`${row?.rows} rows have the key of a row that incremental_predicates exclude`, {
    place: work.node.place,
    hint: 'Widen the predicates, or return only rows that match them.',
  })
}

// A merge without a key only adds rows.
function wayOf(work: Work): string {
  const name = strategyOf(work)
  return name === 'insert' || (name === 'merge' && !work.node.config.unique_key) ? 'append' : name
}

function checkPlacedKey(work: Work, placement: Placement, key: string[]): void {
  if (key.length === 0)
    throw new ProjectError('A distributed or reference table needs a unique_key, unless rows are only appended to it', {
      place: work.node.place,
      hint: 'Add unique_key, or remove reference or distributed_by.',
    })
  if (placement.kind === 'reference' || key.includes(quote(placement.column))) return
  throw new ProjectError(`distributed_by is ${placement.column}, which is not in the unique_key (${key.join(', ')})`, {
    place: work.node.place,
    hint: 'Add it to the unique_key, or distribute by a column of it: rows with the same key must be on one node.',
  })
}

async function isThere(work: Work): Promise<boolean> {
  const existing = await findRelation(work.sql, target(work))
  return existing?.kind === 'table'
}
