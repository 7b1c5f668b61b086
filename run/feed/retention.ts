import type { Sql } from '../database/driver.ts'

/** The records of an entity that can be deleted. */
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
  base_transactions: { entity: 'transactions', key: 'transaction_id' },
}

/**
 * Finds landed records that no table needs, and puts them into dbt_retired, a temporary table of the caller's transaction. They are of
 * transactions, in batches older than the last `keep` ones; a newer state (R27) lies in these old batches as well, so that no change of a
 * kept batch can need them; and all places of their content can be deleted. A record with a finding stays, with all records of its key in
 * that batch. All other entities stay whole: each of their days is history, and says who was listed (R5, R24, R25, R30).
 */
export async function findRetirable(sql: Sql, keep: number): Promise<Retirable[]> {
  await sql.unsafe(`
    create temporary table dbt_retired (
        entity text, file_id bigint, "position" integer, content_file_id bigint, content_position integer, source text, outcome text
    ) on commit drop`)
  for (const { entity, key } of Object.values(modelOf)) await sql.unsafe(retirable(entity, key), [keep])
  await sql.unsafe('analyze dbt_retired')
  const parts = Object.values(modelOf).map(
    ({ entity }) => `
    select '${entity}' as entity, (select count(*) from staging.landed_${entity})::float8 as landed,
        count(*)::float8 as records, count(distinct source)::int as batches
    from dbt_retired where entity = '${entity}'`,
  )
  return [...(await sql.unsafe<Retirable[]>(parts.join('\nunion all\n')))]
}

/**
 * Deletes these records, counts them for the file accounting (R7), and stamps their batches, so that the next build looks at these again.
 */
export async function retire(sql: Sql): Promise<void> {
  await sql.unsafe(`
    insert into ops.retired_records (file_id, staged, duplicates)
    select file_id, count(*) filter (where outcome = 'staged'), count(*) filter (where outcome = 'duplicate')
    from dbt_retired group by file_id
    on conflict (file_id) do update
    set staged = retired_records.staged + excluded.staged, duplicates = retired_records.duplicates + excluded.duplicates`)
  for (const { entity } of Object.values(modelOf)) {
    await sql.unsafe(`
      delete from raw.${entity} as landed using dbt_retired as retired
      where retired.entity = '${entity}' and landed.file_id = retired.content_file_id and landed.position = retired.content_position`)
    await sql.unsafe(`
      delete from raw.${entity}_repeats as repeats using dbt_retired as retired
      where retired.entity = '${entity}'
          and repeats.first_file_id = retired.content_file_id and repeats.first_position = retired.content_position`)
  }
  await sql.unsafe(`
    update ops.batches set changed_in = nextval('ops.landing_seq')
    where (batch, entity) in (
        select source, entity from dbt_retired
        union all
        select batch, entity from ops.former_files where file_id in (select content_file_id from dbt_retired)
    )`)
}

function retirable(entity: string, key: string): string {
  return `
    insert into dbt_retired
    with landed as (
        select * from staging.landed_${entity}
    ),

    last_batches as (
        select batch_order from (select distinct batch_order from landed) as batches
        order by batch_order desc
        limit $1
    ),

    old as (
        select * from landed
        where batch_order not in (select batch_order from last_batches) and ${key} is not null
    ),

    needed as (
        select ${key}, (array_agg(source order by updated_at desc nulls last, batch_order desc))[1] as source
        from old where outcome = 'staged'
        group by ${key}
    ),

    clean as (
        select ${key}, source from old
        group by ${key}, source
        having bool_and(findings is null and outcome in ('staged', 'duplicate'))
    ),

    idle as (
        select old.file_id, old.position
        from old
        inner join clean using (${key}, source)
        inner join needed using (${key})
        where old.source <> needed.source
    ),

    contents as (
        select landed.content_file_id, landed.content_position
        from landed
        left join idle using (file_id, position)
        group by landed.content_file_id, landed.content_position
        having bool_and(idle.file_id is not null)
    )

    select '${entity}', file_id, position, content_file_id, content_position, source, outcome
    from landed
    inner join contents using (content_file_id, content_position)`
}
