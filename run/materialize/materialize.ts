import { ProjectError } from '../base/errors.ts'
import { findRelation } from '../database/catalogue.ts'
import { dropViews, recreateViews, trimmingsOf, viewsOf } from '../database/dependent-views.ts'
import { qualified, sameColumns } from '../database/relations.ts'
import { runWherePossible } from '../database/savepoint.ts'
import type { Materialized, Work } from './context.ts'
import { placed } from './distributed.ts'
import { setFillfactor } from './fillfactor.ts'
import { createIncoming, dropTemporary } from './incoming.ts'
import { incremental } from './incremental.ts'
import { createTable, rewrite, swap } from './rewrite.ts'
import { seed } from './seeds.ts'
import { snapshot } from './snapshot.ts'
import { runSql, step, target, temporary } from './statements.ts'
import { limitedByConfig } from './strategy.ts'

/** The materializations by the name in the config `materialized`. Their SQL is in run/macros/materializations. */
export const materializations: Record<string, (work: Work) => Promise<Materialized>> = {
  view,
  table,
  incremental,
  ephemeral,
  seed,
  snapshot,
}

/** Materializes a model, seed or snapshot. */
export async function materialize(work: Work): Promise<Materialized> {
  const kind = work.node.resourceType === 'seed' ? 'seed' : String(work.node.config.materialized ?? 'view')
  const run = materializations[kind]
  if (!run) {
    throw new ProjectError(`Unknown materialization '${kind}': expected one of ${Object.keys(materializations).join(', ')}`, {
      place: work.node.place,
    })
  }
  const own = kind === 'incremental' ? limitedByConfig(work) : work
  const outcome = await (work.placement && (kind === 'table' || kind === 'incremental') ? placed(own, work.placement) : run(own))
  if (!work.incremental) await setFillfactor(work)
  return outcome
}

async function view(work: Work): Promise<Materialized> {
  const { sql } = work
  const relation = target(work)
  const query = work.query.text
  const existing = await findRelation(sql, relation)
  if (existing?.kind === 'view') {
    const trial = temporary(work, '__dbt_tmp')
    await step(work, 'create_trial_view', { trial, query })
    const wanted = await findRelation(sql, `pg_temp.${trial}`)
    const [same] = await sql<{ same: boolean }[]>`select pg_get_viewdef(${existing.oid}::oid) = pg_get_viewdef(${wanted!.oid}::oid) as same`
    // By its bare name, which finds temporary relations first: Citus knows no schema pg_temp.
    await sql.unsafe(`drop view ${trial}`)
    if (same?.same && sameColumns(existing, wanted!)) return uncounted('UNCHANGED')

    const isPrefix = existing.columns.every(
      (column, i) => column.name === wanted!.columns[i]?.name && column.type === wanted!.columns[i]?.type,
    )
    if (isPrefix) {
      await step(work, 'replace_view', { relation, query })
      return uncounted('CREATE VIEW')
    }
  }
  const views = existing ? await viewsOf(sql, existing.oid) : []
  // This build may have dropped the view already, when a relation that it reads changed.
  const at = work.pendingViews.findIndex(({ schema, identifier }) => qualified(schema, identifier) === relation)
  const [waiting] = at < 0 ? [] : work.pendingViews.splice(at, 1)
  const trimmings = existing?.kind === 'view' ? await trimmingsOf(sql, existing.oid) : (waiting?.recreate.slice(1) ?? [])
  if (existing) {
    await dropViews(sql, views)
    await runSql(work, `drop ${existing.kind} ${relation}`)
  }
  await step(work, 'create_view', { relation, query })
  await runWherePossible(sql, trimmings)
  await recreate(work, views)
  return uncounted('CREATE VIEW')
}

async function table(work: Work): Promise<Materialized> {
  const existing = await findRelation(work.sql, target(work))
  if (!existing) return createTable(work)
  const incoming = await createIncoming(work)
  const outcome =
    existing.kind === 'table' && (work.node.config.migrated || sameColumns(existing, incoming.columns))
      ? await rewrite(work, existing, incoming)
      : await swap(work, existing, incoming)
  await dropTemporary(work, '__dbt_tmp', '__dbt_changes')
  return outcome
}

async function ephemeral(): Promise<Materialized> {
  return uncounted('EPHEMERAL')
}

/** Recreates views that were dropped for a change; views on relations that are not built yet wait in `pendingViews`. */
async function recreate(work: Work, views: Work['pendingViews']): Promise<void> {
  const failed = await recreateViews(work.sql, views)
  work.pendingViews.push(...failed.map(({ view }) => view))
}

function uncounted(action: string): Materialized {
  return { action, inserted: null, updated: null, deleted: null, unchanged: null }
}
