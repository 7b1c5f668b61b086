import { ProjectError } from '../base/errors.ts'
import { type Existing, findRelation } from '../database/catalogue.ts'
import { dropViews, recreateViews, trimmingsOf, viewsOf } from '../database/dependent-views.ts'
import { qualified } from '../database/relations.ts'
import { runWherePossible } from '../database/savepoint.ts'
import { releaseReferences } from './constraints.ts'
import type { Materialized, Work } from './context.ts'
import { comparedColumns, createIncoming, dropTemporary, isFirstFill } from './incoming.ts'
import { createIndexes, ensurePrimaryKey } from './indexes.ts'
import { dropForeignKeys } from './initial-fill.ts'
import { checkKeys, keyExpressions, keyOf } from './keys.ts'
import { runSql, step, target, temporary } from './statements.ts'
import { strategyOf } from './strategy.ts'

/** The query's result in a temporary table. */
export type Incoming = Awaited<ReturnType<typeof createIncoming>>

/** Creates a table that does not exist yet: fills it first, adds keys and indexes after. */
export async function createTable(work: Work): Promise<Materialized> {
  if (work.contract) {
    const outcome = await createTableOf(work, await createIncoming(work))
    await dropTemporary(work, '__dbt_tmp')
    return outcome
  }
  const relation = target(work)
  const rows = await step(work, 'create_table_from', { relation, query: work.query.text, unlogged: Boolean(work.node.config.unlogged) })
  await finish(work)
  return { action: `SELECT ${rows}`, inserted: rows, updated: 0, deleted: 0, unchanged: 0 }
}

/** Creates a table that does not exist yet from the rows of a temporary table. */
export async function createTableOf(work: Work, incoming: Incoming): Promise<Materialized> {
  const query = `select * from ${incoming.name}`
  const rows = await step(work, 'create_table_from', { relation: target(work), query, unlogged: Boolean(work.node.config.unlogged) })
  await finish(work)
  return { action: `INSERT ${rows}`, inserted: rows, updated: 0, deleted: 0, unchanged: 0 }
}

/**
 * Makes the query's result the content of a table with the same columns, or of the part that satisfies the predicates. Equal rows are not
 * touched.
 */
export async function rewrite(work: Work, existing: Existing, incoming: Incoming, predicates: string[] = []): Promise<Materialized> {
  const key = keyOf(work, incoming.columns)
  const columns = comparedColumns(work, existing, incoming.columns)
  if (key.length > 0) return mirror(work, existing, incoming, predicates)

  const relation = target(work)
  if (await isFirstFill(work, existing)) return fill(work, incoming)
  const surplus = temporary(work, '__dbt_changes')
  const differing = await step(work, 'find_row_surplus', { relation, incoming: incoming.name, surplus, columns, predicates })
  const deleted = differing > 0 ? await step(work, 'delete_surplus', { relation, surplus, columns, predicates }) : 0
  const inserted = differing > 0 ? await step(work, 'insert_missing', { relation, incoming: incoming.name, surplus, columns }) : 0
  await createIndexes(work)
  return counted(incoming, { inserted, updated: 0, deleted })
}

/** The part of the table that satisfies the predicates becomes exactly the query's result, by key, touching only rows that differ. */
async function mirror(work: Work, existing: Existing, incoming: Incoming, predicates: string[]): Promise<Materialized> {
  const relation = target(work)
  const key = keyOf(work, incoming.columns)
  const columns = comparedColumns(work, existing, incoming.columns)
  if (incoming.rows > 0) await checkKeys(work, incoming.name, key)
  await ensurePrimaryKey(work, existing, key)
  if (await isFirstFill(work, existing)) return fill(work, incoming)

  const deleted = await step(work, 'mirror_delete', { relation, incoming: incoming.name, key, predicates })
  const compared = columns.filter(column => !key.includes(column.name))
  const changes = temporary(work, '__dbt_changes')
  const changed = incoming.rows === 0 ? 0 : await step(work, 'find_changes', { relation, incoming: incoming.name, changes, key, compared })
  const inserted = await countNew(work, changes, changed)
  if (changed > inserted) await work.observer?.changing?.(work, { changes, key, compared })
  if (changed > 0) await step(work, 'merge_changes', { relation, changes, key, columns, updated: compared })
  await createIndexes(work)
  return counted(incoming, { inserted, updated: changed - inserted, deleted })
}

/** Fills an empty table with a plain INSERT, which is much quicker than a MERGE. */
export async function fill(work: Work, incoming: Incoming): Promise<Materialized> {
  const relation = target(work)
  const columns = incoming.columns.columns.map(({ name }) => ({ name: `"${name.replaceAll('"', '""')}"` }))
  await dropForeignKeys(work, incoming.rows)
  const rows = await step(work, 'insert_all', { relation, incoming: incoming.name, columns })
  await createIndexes(work)
  if (rows > 0) await runSql(work, `analyze ${relation}`)
  return { action: `INSERT ${rows}`, inserted: rows, updated: 0, deleted: 0, unchanged: 0 }
}

/**
 * Replaces a relation under its name: a table whose columns differ, or a view by a table. Keeps grants, comments and the views that read
 * it; throws an error that names what cannot be kept.
 */
export async function swap(work: Work, existing: Existing, incoming: Incoming): Promise<Materialized> {
  const { sql, node } = work
  if (node.config.migrated) {
    throw new ProjectError(`${target(work)} is created by a migration as a table, but it is a ${existing.kind}`, { place: node.place })
  }
  const relation = target(work)
  const fresh = qualified(node.schema, temporary(work, '__dbt_new').slice(1, -1))
  const views = await viewsOf(sql, existing.oid)
  const trimmings = await trimmingsOf(sql, existing.oid)
  await work.observer?.replacing?.(work, existing, incoming)
  await runSql(work, `drop table if exists ${fresh}`)
  const rows = await step(work, 'create_table_from', {
    relation: fresh,
    query: `select * from ${incoming.name}`,
    unlogged: Boolean(node.config.unlogged),
  })
  await dropViews(sql, views)
  await releaseReferences(work, existing.oid)
  await runSql(work, `drop ${existing.kind} ${relation}`).catch(error => {
    throw new ProjectError(`${relation} must be recreated because its columns changed, but something depends on it: ${error.message}`, {
      place: node.place,
      hint: 'Drop what depends on it, or keep the columns as they were.',
    })
  })
  await runSql(work, `alter table ${fresh} rename to ${temporary(work, '')}`)
  await finish(work)
  await runWherePossible(sql, trimmings)
  work.pendingViews.push(...(await recreateViews(sql, views)).map(({ view }) => view))
  return { action: `SELECT ${rows}`, inserted: rows, updated: 0, deleted: 0, unchanged: 0 }
}

/** How many of the changes are new rows. */
export async function countNew(work: Work, changes: string, changed: number): Promise<number> {
  if (changed === 0) return 0
  const [row] = await work.sql.unsafe<{ n: string }[]>(`select count(*) as n from ${changes} where dbt_is_new`)
  return Number(row?.n ?? 0)
}

/** The outcome of changes by comparison. */
export function counted(
  incoming: Incoming,
  { inserted, updated, deleted }: { inserted: number; updated: number; deleted: number },
): Materialized {
  const touched = inserted + updated + deleted
  const action = touched === 0 ? 'UNCHANGED' : `MERGE ${touched}`
  return { action, inserted, updated, deleted, unchanged: incoming.rows - inserted - updated }
}

async function finish(work: Work): Promise<void> {
  const existing = await findRelation(work.sql, target(work))
  const { incremental_strategy: strategy, materialized } = work.node.config
  const isUnique = strategy === 'mirror' || materialized !== 'incremental'
  const isRead = materialized === 'incremental' && strategyOf(work) === 'delete+insert'
  const key = existing ? (isRead ? keyExpressions(work, existing) : keyOf(work, existing)) : []
  if (isUnique && key.length > 0 && existing) await ensurePrimaryKey(work, existing, key)
  await createIndexes(work)
  await runSql(work, `analyze ${target(work)}`)
}
