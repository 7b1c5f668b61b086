import type { Session, Sql } from '../database/driver.ts'
import { hasRelations } from '../database/relations.ts'
import type { FeedState, NewErrors } from '../execute/feed-state.ts'
import { literal, quote } from '../manifest/relation.ts'
import { errorTables } from './open-errors.ts'

/**
 * Open errors and warnings that a build found first, apart from those that existed before. An error is new when no earlier batch has one of
 * the same table, key, type, field and value, so that a day which repeats yesterday's errors adds none.
 */
export async function newErrors(session: Session | Sql, startedAt: Date): Promise<FeedState['errors']> {
  const tables = await errorTables(session)
  if (tables.length === 0 || !(await hasRelations(session, ['staging.base_batches'])))
    return { new: [], standing: { errors: 0, warnings: 0 } }
  const parts: string[] = []
  for (const table of tables) parts.push(partOf(table, await keysOf(session, table)))
  const rows = await session.unsafe<(Omit<NewErrors, 'example'> & { example: string | null; is_new: boolean })[]>(
    `
    with ranks as (select source, min(batch_order) as batch_order from staging.base_batches group by source),
    told as (${parts.join('\nunion all\n')})
    select "table", severity, error_type, is_new, count(*)::int as count, (array_agg(example order by example))[1] as example
    from told
    group by 1, 2, 3, 4
    order by severity, count(*) desc, "table", error_type`,
    [startedAt.toISOString()],
  )
  const standing = rows.filter(row => !row.is_new)
  const sum = (severity: (name: string) => boolean) =>
    standing.filter(row => severity(row.severity)).reduce((total, { count }) => total + count, 0)
  return {
    new: rows.filter(row => row.is_new).map(({ is_new: _, example, ...row }) => ({ ...row, example: example ?? '' })),
    standing: { errors: sum(name => name === 'error'), warnings: sum(name => name !== 'error') },
  }
}

function partOf(table: string, keys: string[]): string {
  const same = [...keys, 'error_type', 'field', 'error_message'].map(name => `open.${quote(name)}`)
  return `
    select
        ${literal(table)} as "table", open.severity, open.error_type,
        coalesce(open.file || coalesce('[' || open.position || ']', '') || ': ', open.source || ': ', '') || open.error_message as example,
        open.first_seen_at = $1::timestamptz and (
            ranks.batch_order is null
            or ranks.batch_order = min(ranks.batch_order) over (partition by ${same.join(', ')})
        ) as is_new
    from errors.${quote(table)} as open
    left join ranks on open.source = ranks.source
    where open.resolved_at is null`
}

/** The columns of an errors table that say what the error is about. */
async function keysOf(session: Session | Sql, table: string): Promise<string[]> {
  const rows = await session<{ name: string }[]>`
    select column_name as name from information_schema.columns
    where table_schema = 'errors' and table_name = ${table}
        and column_name in (
            'agent_id', 'group_id', 'role_id', 'budget_id', 'card_id', 'transaction_id', 'user_id'
        )
    order by ordinal_position`
  return rows.map(({ name }) => name)
}
