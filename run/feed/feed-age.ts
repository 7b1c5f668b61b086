import type { Sql } from '../database/driver.ts'
import { hasRelations } from '../database/relations.ts'
import type { FeedAge } from '../execute/feed-state.ts'

/** The last day of data and whether the feed has stopped: what a build says even where there is nothing to build. */
export async function feedAge(sql: Sql): Promise<FeedAge> {
  const isDated = await hasRelations(sql, ['staging.base_batches'])
  const through = isDated ? `(select max(sync_date)::text from (${datedBatches}) as dated)` : 'null'
  const [row] = await sql.unsafe<{ through: string | null; landed_at: string | null; days: number | null }[]>(`
    select
        ${through} as through,
        to_char(max(loaded_at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as landed_at,
        floor(extract(epoch from clock_timestamp() - max(loaded_at)) / 86400)::int as days
    from ops.files`)
  const { through: day = null, landed_at: landedAt = null, days } = row ?? {}
  const hasStopped = days !== null && days !== undefined && days >= UNCHANGED_DAYS
  return {
    through: day,
    alerts: hasStopped
      ? [
          {
            name: 'UnchangedFeed',
            message: `No feed file has landed since ${landedAt} UTC, for ${days} days: the tables show the data of that time`,
            hint: 'Check the job that delivers the feed. Its age: npx tsx run.ts source freshness',
          },
        ]
      : [],
  }
}

/** A daily feed counts as stopped after so many days without a file. */
const UNCHANGED_DAYS = 2

/** Batches whose files still exist; the newest dated one is "today". */
export const datedBatches = `
select distinct batches.source, batches.entity, batches.sync_date, batches.batch_order
from staging.base_batches as batches
inner join ops.files on files.batch = batches.source and files.entity = batches.entity
where batches.sync_date is not null`
