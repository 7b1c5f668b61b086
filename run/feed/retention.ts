import type { Sql } from '../database/driver.ts'

/** What of an entity may go. */
export interface Retirable {
  entity: string
  /** Batches that are not among the last, and that lose records. */
  batches: number
  /** Records landed in all, and those that may go. */
  landed: number
  records: number
}

/** Models that judge the entities of which records can go, with the column that names a record. */
export const modelOf: Record<string, { entity: string; key: string }> = {
  base_roles: { entity: 'roles', key: 'role_id' },
  base_budgets: { entity: 'budgets', key: 'budget_id' },
  base_cards: { entity: 'cards', key: 'card_id' },
  base_transactions: { entity: 'transactions', key: 'transaction_id' },
}

/**
 * Finds, in a temporary table dbt_retired of the caller's transaction, the landed records of all but the last `keep` batches of each entity
 * that no table needs: of roles, budgets and cards those between the first and the last dated record of their key, of transactions those
 * that are not the newest state (R27), in each case among the old batches alone, so that no later change of a kept batch can need them.
 * A record with a finding stays, and so does all of its key in that batch. Agents and groups stay whole: each of their days is history (R5, R24, R25).
 */
export async function findRetirable(sql: Sql, keep: number): Promise<Retirable[]> {
  await sql.unsafe(
    'create temporary table dbt_retired (entity text, file_id bigint, "position" integer, source text, outcome text) on commit drop',
  )
  for (const [base, { entity, key }] of Object.entries(modelOf)) await sql.unsafe(retirable(base, entity, key), [keep])
  await sql.unsafe('analyze dbt_retired')
  const parts = Object.values(modelOf).map(
    ({ entity }) => `
    select '${entity}' as entity, (select count(*) from raw.${entity})::float8 as landed,
        count(*)::float8 as records, count(distinct source)::int as batches
    from dbt_retired where entity = '${entity}'`,
  )
  return [...(await sql.unsafe<Retirable[]>(parts.join('\nunion all\n')))]
}

/** Takes them out, keeps count of them for the books (R7), and stamps their batches, so that the next build looks at these again. */
export async function retire(sql: Sql): Promise<void> {
  await sql.unsafe(`
    insert into ops.retired_records (file_id, staged, duplicates)
    select file_id, count(*) filter (where outcome = 'staged'), count(*) filter (where outcome = 'duplicate')
    from dbt_retired group by file_id
    on conflict (file_id) do update
    set staged = retired_records.staged + excluded.staged, duplicates = retired_records.duplicates + excluded.duplicates`)
  for (const { entity } of Object.values(modelOf))
    await sql.unsafe(`
      delete from raw.${entity} as landed using dbt_retired as retired
      where retired.entity = '${entity}' and landed.file_id = retired.file_id and landed.position = retired.position`)
  await sql.unsafe(`
    update ops.batches set changed_in = nextval('ops.landing_seq')
    where (batch, entity) in (select source, entity from dbt_retired)`)
}

function retirable(base: string, entity: string, key: string): string {
  // Of a transaction the newest updatedTime wins, whichever batch it came in; of the others the last batch, and two days are kept besides.
  const needed =
    entity === 'transactions'
      ? `array[(array_agg(source order by updated_at desc nulls last, batch_order desc))[1]]`
      : `array[
            (array_agg(source order by batch_order desc))[1],
            (array_agg(source order by batch_order) filter (where sync_date is not null))[1]
        ]`
  return `
    insert into dbt_retired
    with last_batches as (
        select batch_order from (select distinct batch_order from staging.${base}) as batches
        order by batch_order desc
        limit $1
    ),

    old as (
        select * from staging.${base}
        where batch_order not in (select batch_order from last_batches) and ${key} is not null
    ),

    needed as (
        select ${key}, ${needed} as sources
        from old where outcome = 'staged'
        group by ${key}
    ),

    clean as (
        select ${key}, source from old
        group by ${key}, source
        having bool_and(findings is null and outcome in ('staged', 'duplicate'))
    )

    select '${entity}', old.file_id, old.position, old.source, old.outcome
    from old
    inner join clean using (${key}, source)
    inner join needed using (${key})
    inner join raw.${entity} as landed on landed.file_id = old.file_id and landed.position = old.position
    where not old.source = any(array_remove(needed.sources, null))`
}
