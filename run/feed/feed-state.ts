import type { Session, Sql } from '../database/driver.ts'
import { hasRelations } from '../database/relations.ts'
import type { Alert, FeedState } from '../execute/feed-state.ts'
import { datedBatches, feedAge } from './feed-age.ts'
import { newErrors } from './new-errors.ts'
import { undatedAlerts } from './undated.ts'

/**
 * What a build reports about its feed, read in its transaction. `startedAt` is the build's time, which marks the errors that it found
 * first. Tables that do not exist leave their part empty.
 */
export async function feedState(session: Session | Sql, startedAt: Date): Promise<FeedState> {
  const isBuilt = await hasRelations(session, ['staging.base_batches', 'staging.sync_batches', 'staging.snapshots'])
  const age = await feedAge(session)
  return {
    through: age.through,
    alerts: isBuilt
      ? [
          ...(await refusedEntities(session)),
          ...(await missingEntities(session)),
          ...(await incomplete(session, startedAt)),
          ...(await undatedAlerts(session)),
          ...age.alerts,
        ]
      : age.alerts,
    errors: await newErrors(session, startedAt),
  }
}

async function refusedEntities(session: Session | Sql): Promise<Alert[]> {
  const rows = await session.unsafe<{ batch: string; entity: string; files: number; path: string; reason: string }[]>(`
    select batch, entity, count(*)::int as files, min(path) as path, (array_agg(reason order by path))[1] as reason
    from ops.files
    where batch in (select source from (${datedBatches}) as dated order by batch_order desc limit 1)
    group by batch, entity
    having bool_and(status = 'refused')
    order by entity`)
  return rows.map(({ batch, entity, files, path, reason }) => ({
    name: 'RefusedEntity',
    about: { batch, entity },
    message: `All ${entity} of ${batch} were refused: ${files === 1 ? path : `${path} and ${files - 1} more`} ${reason}`,
    hint: `Deliver ${entity} of ${batch} again; until then the tables keep ${entity} of the batch before.`,
  }))
}

async function missingEntities(session: Session | Sql): Promise<Alert[]> {
  const rows = await session.unsafe<{ entity: string; newest: string; before: string }[]>(`
    with dated as (${datedBatches}),
    days as (
        select source, max(batch_order) as batch_order, row_number() over (order by max(batch_order) desc) as age
        from dated group by source
    )
    select dated.entity, newest.source as newest, before.source as before
    from days as newest
    inner join days as before on before.age = 2
    inner join dated on dated.source = before.source
    where newest.age = 1
        and dated.entity not in (select entity from dated as there where there.source = newest.source)
    order by dated.entity`)
  return rows.map(({ entity, newest, before }) => ({
    name: 'MissingEntity',
    about: { batch: newest, entity },
    message: `${newest} has no ${entity}, but ${before} had: the tables keep ${entity} of ${before}`,
    hint: `Deliver ${entity} of ${newest}; this warning stays until a batch has them again.`,
  }))
}

async function incomplete(session: Session | Sql, startedAt: Date): Promise<Alert[]> {
  const rows = await session.unsafe<
    {
      source: string
      entity: string
      day: string
      shortfall: string | null
      listed: string
      compared_with: string
      before: string
      is_new: boolean
    }[]
  >(
    `
    select
        snapshots.source, snapshots.entity, snapshots.sync_date::text as day, snapshots.shortfall, snapshots.listed,
        snapshots.compared_with, snapshots.before,
        snapshots.batch_order = max(snapshots.batch_order) over (partition by snapshots.entity)
            or not exists (select from ops.runs where status = 'published' and landed_in >= batches.changed_in and started_at < $1) as is_new
    from staging.snapshots
    inner join ops.batches on batches.batch = snapshots.source and batches.entity = snapshots.entity
    where not snapshots.takes_part
        and exists (select from ops.files where files.entity = snapshots.entity and files.records > 0)
    order by snapshots.entity, snapshots.batch_order`,
    [startedAt.toISOString()],
  )
  const told = rows.filter(row => row.is_new)
  return told.map(({ source, entity, day, shortfall, listed, compared_with: other, before }): Alert => {
    const follows = entity === 'agents' ? `nobody became inactive on ${day}` : `no ${entity} are treated as removed on ${day}`
    if (shortfall === null)
      return {
        name: 'ShrunkSnapshot',
        about: { batch: source, entity },
        message: `${source} lists ${listed} ${entity} where ${other} listed ${before}: ${follows}`,
        hint: `If this is correct, run build --accept-shrink; if a file is missing, deliver it again.`,
      }
    return {
      name: 'IncompleteSnapshot',
      about: { batch: source, entity },
      message: `The ${entity} of ${source} are incomplete (${shortfall}): ${follows}`,
      hint: `Deliver the complete files again, under the same paths, and build.`,
    }
  })
}
