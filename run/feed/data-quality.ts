import { declarationOf } from '../../loaders/declaration.ts'
import { entities } from '../../loaders/entities.ts'
import type { Sql } from '../database/driver.ts'
import { hasRelation, optional } from '../docs/dataoptional.ts'
import type { DocsBatch, DocsErrorExample, DocsErrorType, DocsQuality } from '../docs/quality-shape.ts'

/** What came in and what was refused; null where the database has no ledger of files. */
async function qualityOf(sql: Sql): Promise<DocsQuality | null> {
  if (!(await hasRelation(sql, 'ops.files'))) return null
  const tables = await errorTables(sql)
  const words = await plainWords(sql)
  const refusedFiles = await sql<DocsQuality['refusedFiles']>`
    select path, batch, entity, left(reason, 1000) as reason, loaded_at as at
    from ops.files
    where status = 'refused'
    order by loaded_at desc, natural_order
    limit 100
  `
  const [refused] = await sql<{ count: number }[]>`select count(*)::int as count from ops.files where status = 'refused'`
  return {
    batches: await batchesOf(sql, tables),
    refusedFiles: [...refusedFiles],
    refusedFileCount: refused?.count ?? 0,
    errorTypes: (await Promise.all(tables.map(table => typesOf(sql, table, words)))).flat().sort((a, b) => b.open - a.open),
    errorsByDay: (await Promise.all(tables.map(table => daysOf(sql, table)))).flat().sort((a, b) => (a.day < b.day ? -1 : 1)),
  }
}

// The entity of errors that have no file.
const ENTITY_OF = Object.fromEntries(entities.flatMap(entity => declarationOf(entity).ownErrors.map(table => [table, entity])))

const EXAMPLES = 5
// The page shows less, but masks the examples first.
const EXAMPLE_CHARACTERS = 100_000
const MOST_SOURCES = 50

async function errorTables(sql: Sql): Promise<string[]> {
  const names = Object.keys(ENTITY_OF).map(name => `errors.${name}`)
  const found = await sql<{ name: string }[]>`select name from unnest(${names}::text[]) as name where to_regclass(name) is not null`
  return found.map(({ name }) => name)
}

// The words of the reports for a kind of error.
async function plainWords(sql: Sql): Promise<Map<string, string>> {
  if (!(await hasRelation(sql, 'staging.plain_words'))) return new Map()
  const rows = await sql<{ code: string; words: string }[]>`select code, words from staging.plain_words where kind = 'error'`
  return new Map(rows.map(({ code, words }) => [code, words]))
}

async function batchesOf(sql: Sql, tables: string[]): Promise<DocsBatch[]> {
  const isDated = await hasRelation(sql, 'staging.base_batches')
  const isCounted = await hasRelation(sql, 'ops.file_accounting')
  const found = tables.map(
    table => `
      select coalesce(files.entity, '${ENTITY_OF[table.split('.')[1]!]}') as entity, found.source as batch, found.severity
      from ${table} as found
      left join ops.files as files on found.file = files.path
      where found.resolved_at is null`,
  )
  // Every name in this text is one of the constants above.
  const rows = await sql.unsafe<DocsBatch[]>(`
    with

    accounting as (
        ${
          isCounted
            ? 'select path, staged, quarantined, duplicates from ops.file_accounting'
            : 'select null::text as path, 0 as staged, 0 as quarantined, 0 as duplicates where false'
        }
    ),

    found as (
        select
            batch,
            entity,
            count(*) filter (where severity = 'warning')::float8 as warnings,
            count(*) filter (where severity = 'error')::float8 as errors
        from (${found.length > 0 ? found.join(' union all ') : "select '' as batch, '' as entity, '' as severity where false"}) as open
        group by batch, entity
    ),

    batches as (
        ${
          isDated
            ? 'select source, entity, sync_date, batch_order from staging.base_batches'
            : 'select null::text as source, null::text as entity, null::date as sync_date, null::text as batch_order where false'
        }
    )

    select
        files.batch,
        files.entity,
        batches.sync_date as date,
        count(*)::int as files,
        count(*) filter (where files.status = 'refused')::int as refused,
        sum(files.records)::float8 as records,
        coalesce(sum(accounting.staged), 0)::float8 as staged,
        coalesce(sum(accounting.quarantined), 0)::float8 as quarantined,
        coalesce(sum(accounting.duplicates), 0)::float8 as duplicates,
        coalesce(max(found.warnings), 0) as warnings,
        coalesce(max(found.errors), 0) as errors,
        max(files.loaded_at) as "loadedAt"
    from ops.files as files
    left join accounting on files.path = accounting.path
    left join batches on files.batch = batches.source and files.entity = batches.entity
    left join found on files.batch = found.batch and files.entity = found.entity
    group by files.batch, files.entity, batches.sync_date, batches.batch_order
    order by batches.sync_date nulls first, batches.batch_order, ops.natural_order(files.batch) collate "C", files.entity
  `)
  return [...rows]
}

async function typesOf(sql: Sql, table: string, words: Map<string, string>): Promise<DocsErrorType[]> {
  const rows = await sql.unsafe<
    (Omit<DocsErrorType, 'table' | 'entities' | 'label' | 'sources' | 'examples'> & {
      sources: DocsErrorType['sources'] | null
      examples: DocsErrorExample[] | null
    })[]
  >(`
    with types as (
        select
            error_type as "errorType",
            severity,
            count(*) filter (where resolved_at is null)::int as open,
            count(*) filter (where resolved_at is not null)::int as resolved
        from ${table}
        group by error_type, severity
    )

    select
        types.*,
        (
            select json_agg(json_build_object('source', source, 'count', count) order by count desc, source)
            from (
                select coalesce(source, '') as source, count(*)::int as count
                from ${table} as found
                where found.error_type = types."errorType" and found.severity = types.severity and resolved_at is null
                group by source
                order by count(*) desc, source
                limit ${MOST_SOURCES}
            ) as sources
        ) as sources,
        (
            select json_agg(
                json_build_object(
                    'errorId', error_id,
                    'message', left(error_message, 1000),
                    'field', field,
                    'source', source,
                    'file', file,
                    'position', position,
                    'firstSeenAt', to_char(first_seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                    'record', left(record, ${EXAMPLE_CHARACTERS}),
                    'isCut', coalesce(length(record) > ${EXAMPLE_CHARACTERS}, false)
                )
                order by first_seen_at desc, error_id
            )
            from (
                select found.*, coalesce(raw_record::text, raw_text) as record
                from (
                    select *
                    from ${table} as found
                    where found.error_type = types."errorType" and found.severity = types.severity and resolved_at is null
                    order by first_seen_at desc, error_id
                    limit ${EXAMPLES}
                ) as found
            ) as examples
        ) as examples
    from types
    order by open desc, "errorType", severity
  `)
  const name = table.replace(/^errors\./, '')
  const own = ENTITY_OF[name]!
  const about = [own, ...entities.filter(entity => entity !== own && declarationOf(entity).errors.includes(name))]
  return rows.map(row => ({
    table,
    entities: about,
    label: words.get(row.errorType) ?? row.errorType.replaceAll('_', ' '),
    ...row,
    sources: row.sources ?? [],
    examples: row.examples ?? [],
  }))
}

async function daysOf(sql: Sql, table: string): Promise<DocsQuality['errorsByDay']> {
  const rows = await sql.unsafe<DocsQuality['errorsByDay']>(`
    select
        (first_seen_at at time zone 'UTC')::date as day,
        '${table}' as table,
        severity,
        count(*)::int as found,
        count(*) filter (where resolved_at is not null)::int as resolved
    from ${table}
    group by 1, severity
    order by day desc, severity
    limit 800
  `)
  return [...rows]
}

/** Like qualityOf(); null where PostgreSQL refuses it: a table has other columns, or this user may not read it. */
export async function qualityIfAny(sql: Sql): Promise<DocsQuality | null> {
  return optional(sql, () => qualityOf(sql))
}
