import { ProjectError } from '../base/errors.ts'
import { type Existing, findRelation } from '../database/catalogue.ts'
import { quote } from '../manifest/relation.ts'
import { type SnapshotConfig, snapshotConfig } from '../manifest/snapshot-config.ts'
import { renderText } from '../template/compile.ts'
import type { Materialized, Work } from './context.ts'
import { createIncoming, dropTemporary } from './incoming.ts'
import { createIndexes } from './indexes.ts'
import { checkKeys, keyExpressions } from './keys.ts'
import { runSql, step, target, temporary } from './statements.ts'

/**
 * Keeps each version of a row with the times between which it was valid, as dbt does, with one difference: the clock of a transaction
 * stands still, so a change that is not later than the version it ends is dated a microsecond after it. Two versions never overlap and
 * never share a dbt_scd_id. A snapshot is never rebuilt, not even by a full refresh.
 */
export async function snapshot(work: Work): Promise<Materialized> {
  const config = snapshotConfig(work.node)
  const existing = await findRelation(work.sql, target(work))
  if (existing && existing.kind !== 'table')
    throw new ProjectError(`The snapshot's relation ${target(work)} is a ${existing.kind} already`, {
      place: work.node.place,
      hint: 'Drop it, or give the snapshot another alias.',
    })
  const incoming = await createIncoming(work)
  const key = keyExpressions(work, incoming.columns)
  await checkKeys(work, incoming.name, key)
  const now = await nowOf(work)
  const shared = { relation: target(work), incoming: incoming.name, key, names: namesOf(config), valid_to: config.validToCurrent }
  const outcome = existing
    ? await next(work, config, existing, incoming.columns, { ...shared, now })
    : await first(work, { ...shared, time: config.updatedAt ?? now, marks: config.hardDeletes === 'new_record' })
  await dropTemporary(work, '__dbt_tmp', '__dbt_changes')
  await createIndexes(work)
  return outcome
}

// The time of the build: one for all snapshots, so that they agree with each other.
async function nowOf({ project, node, context }: Work): Promise<string> {
  return (await renderText(project, node, '{{ snapshot_get_time() }}', node.place, context)).text.trim()
}

async function first(work: Work, args: Record<string, unknown>): Promise<Materialized> {
  const rows = await step(work, 'snapshot_begin', args)
  await runSql(work, `analyze ${target(work)}`)
  return { action: `SELECT ${rows}`, inserted: rows, updated: 0, deleted: 0, unchanged: 0 }
}

async function next(
  work: Work,
  config: SnapshotConfig,
  found: Existing,
  incoming: Existing,
  shared: Record<string, unknown>,
): Promise<Materialized> {
  const existing = await fit(work, config, found, incoming)
  const added = incoming.columns.filter(column => !found.columns.some(({ name }) => name === column.name)).map(({ name }) => name)
  const changes = temporary(work, '__dbt_changes')
  const columns = incoming.columns.map(({ name }) => quote(name))
  const timeType = existing.columns.find(({ name }) => name === config.names.dbt_valid_from)?.type ?? ''
  const expressions = (shared.key as string[]).filter(part => part.startsWith('('))
  const args = {
    ...shared,
    // An expression is worked out once on each side, where its rows lie.
    derived: expressions.map((expression, i) => ({ expression, name: quote(`dbt_unique_key_${i + 1}`) })),
    joined: (shared.key as string[]).map(part =>
      expressions.includes(part) ? quote(`dbt_unique_key_${expressions.indexOf(part) + 1}`) : part,
    ),
    changes,
    columns,
    time: config.updatedAt ?? shared.now,
    time_type: timeType,
    has_clock: /^(date|timestamp)/.test(timeType),
    // timestamp: a newer row is a change. check: other values are one, and a new column changes every row.
    checked: config.strategy === 'check' ? checkedColumns(work, config, incoming) : null,
    all_changed: config.strategy === 'check' && added.some(name => config.checkCols === 'all' || config.checkCols.includes(name)),
    hard_deletes: config.hardDeletes,
    marks: existing.columns.some(({ name }) => name === config.names.dbt_is_deleted),
  }
  await step(work, 'snapshot_changes', args)
  const closed = await step(work, 'snapshot_close', args)
  const inserted = await step(work, 'snapshot_insert', args)
  const action = closed + inserted === 0 ? 'UNCHANGED' : `INSERT ${inserted}`
  return { action, inserted, updated: closed, deleted: 0, unchanged: null }
}

/** Adds the new columns of the query to the table; columns that the query lost stay, and are null from now on. */
async function fit(work: Work, { names, hardDeletes }: SnapshotConfig, existing: Existing, incoming: Existing): Promise<Existing> {
  const have = new Set(existing.columns.map(({ name }) => name))
  const { dbt_is_deleted: deleted, ...needed } = names
  const missing = Object.values(needed).filter(name => !have.has(name))
  if (missing.length > 0)
    throw new ProjectError(`${target(work)} is not a snapshot: it has no column ${missing.join(', ')}`, {
      place: work.node.place,
      hint: 'Give the snapshot another alias or schema; for an older snapshot set its column names in snapshot_meta_column_names.',
    })
  for (const { name, type } of incoming.columns)
    if (!have.has(name)) await runSql(work, `alter table ${target(work)} add column ${quote(name)} ${type}`)
  if (hardDeletes === 'new_record' && !have.has(deleted))
    await runSql(work, `alter table ${target(work)} add column ${quote(deleted)} text default 'False'`)
  return (await findRelation(work.sql, target(work))) ?? existing
}

function checkedColumns(work: Work, { checkCols }: SnapshotConfig, incoming: Existing): { name: string; plain: boolean }[] {
  const known = incoming.columns.map(({ name }) => name)
  const unknown = checkCols === 'all' ? undefined : checkCols.find(name => !known.includes(name))
  if (unknown !== undefined)
    throw new ProjectError(`check_cols names '${unknown}', but the query has no such column; it has ${known.join(', ')}`, {
      place: work.node.place,
    })
  const wanted = incoming.columns.filter(({ name }) => checkCols === 'all' || checkCols.includes(name))
  // json has no equality: its text is compared.
  return wanted.map(({ name, type }) => ({ name: quote(name), plain: !/^(json|xml|point|polygon)$/.test(type) }))
}

function namesOf({ names }: SnapshotConfig): Record<string, string> {
  return Object.fromEntries(Object.entries(names).map(([name, own]) => [name.replace('dbt_', ''), quote(own)]))
}
