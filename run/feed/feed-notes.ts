import type { Sql } from '../database/driver.ts'
import { optional } from '../docs/dataoptional.ts'
import type { DocsFeed, DocsNote } from '../docs/shape.ts'
import type { Alert } from '../execute/feed-state.ts'
import { feedAge } from './feed-age.ts'
import { feedState } from './feed-state.ts'

/** How far the feed goes and the alerts of the last publish; null where the ledger, or what was built from it, does not exist. */
export async function feedNotes(sql: Sql): Promise<DocsFeed | null> {
  return (
    (await optional(sql, () => notesOf(sql))) ?? (await optional(sql, async () => ({ through: (await feedAge(sql)).through, notes: [] })))
  )
}

async function notesOf(sql: Sql): Promise<DocsFeed> {
  const [last] = await sql<{ started_at: string }[]>`
    select started_at from ops.runs where status = 'published' order by sequence desc limit 1
  `
  const { through, alerts } = await feedState(sql, new Date(last?.started_at ?? Date.now()))
  const days = await daysOf(sql)
  return { through, notes: alerts.map(alert => noteOf(alert, days)) }
}

const KINDS: Record<Alert['name'], DocsNote['kind']> = {
  RefusedEntity: 'refused',
  MissingEntity: 'missing',
  IncompleteSnapshot: 'incomplete',
  ShrunkSnapshot: 'incomplete',
  UndatedBatch: 'undated',
  UnchangedFeed: 'stopped',
}

function noteOf({ name, about, message, hint }: Alert, days: Map<string, string>): DocsNote {
  return { kind: KINDS[name], day: (about && days.get(about.batch)) ?? null, entity: about?.entity ?? null, message, hint }
}

async function daysOf(sql: Sql): Promise<Map<string, string>> {
  const rows = await sql<{ source: string; day: string }[]>`
    select source, max(sync_date)::text as day from staging.base_batches where sync_date is not null group by source
  `
  return new Map(rows.map(({ source, day }) => [source, day]))
}
