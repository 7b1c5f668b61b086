import type { Sql } from '../database/driver.ts'

/** A relation in the database. */
export interface CatalogRelation {
  schema: string
  name: string
  isTable: boolean
  columns: { name: string; type: string; isNullable: boolean; description: string | null }[]
  primaryKey: string[]
  uniqueKeys: string[][]
  foreignKeys: { name: string; columns: string[]; schema: string; table: string; toColumns: string[] }[]
  indexes: { name: string; definition: string; isUnique: boolean }[]
  /** Exact for small tables. */
  rowCount: number | null
  isEstimate: boolean
  sizeBytes: number | null
}

/** The database's relations by `schema.name`, and whether functions of users are immutable. */
export interface Catalog {
  database: string
  server: string
  relations: Map<string, CatalogRelation>
  /** By `schema.name`, and by name if it is on the search path. */
  functions: Map<string, boolean>
}

/** Reads the catalog. Counts rows of small tables, and takes PostgreSQL's statistics for others. */
export async function readCatalog(sql: Sql): Promise<Catalog> {
  const [about] = await sql<{ database: string; server: string }[]>`
    select current_database() as database, 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1) as server
  `
  const rows = await relationsIn(sql)
  const counts = await countsOf(sql, rows.filter(isCounted))
  return {
    database: about!.database,
    server: about!.server,
    relations: new Map(rows.map(row => [`${row.schema}.${row.name}`, relationOf(row, counts.get(`${row.schema}.${row.name}`))])),
    functions: await functionsIn(sql),
  }
}

interface Row {
  schema: string
  name: string
  is_table: boolean
  estimate: number
  heap_bytes: number | null
  size_bytes: number | null
  is_readable: boolean
  columns: CatalogRelation['columns'] | null
  indexes: CatalogRelation['indexes'] | null
  constraints:
    | { name: string; type: 'p' | 'u' | 'f'; columns: string[]; schema: string; table: string; toColumns: string[] | null }[]
    | null
}

function relationsIn(sql: Sql): Promise<Row[]> {
  return sql<Row[]>`
    select
        nspname as schema,
        relname as name,
        relkind in ('r', 'p', 'm', 'f') as is_table,
        reltuples::float8 as estimate,
        case when relkind in ('r', 'p', 'm') then pg_relation_size(pg_class.oid)::float8 end as heap_bytes,
        case when relkind in ('r', 'p', 'm') then pg_total_relation_size(pg_class.oid)::float8 end as size_bytes,
        has_table_privilege(pg_class.oid, 'select') and has_schema_privilege(pg_namespace.oid, 'usage') as is_readable,
        (
            select
                json_agg(
                    json_build_object(
                        'name', attname,
                        'type', format_type(atttypid, atttypmod),
                        'isNullable', not attnotnull,
                        'description', col_description(attrelid, attnum)
                    )
                    order by attnum
                )
            from pg_attribute
            where attrelid = pg_class.oid and attnum > 0 and not attisdropped
        ) as columns,
        (
            select
                json_agg(
                    json_build_object('name', indexrelid::regclass::text, 'definition', pg_get_indexdef(indexrelid), 'isUnique', indisunique)
                    order by indisprimary desc, indexrelid
                )
            from pg_index
            where indrelid = pg_class.oid
        ) as indexes,
        (
            select
                json_agg(
                    json_build_object(
                        'name', conname,
                        'type', contype,
                        'columns', (
                            select json_agg(attname order by place)
                            from unnest(conkey) with ordinality as k (number, place)
                            inner join pg_attribute on attrelid = conrelid and attnum = k.number
                        ),
                        'schema', (select f.relnamespace::regnamespace::text from pg_class as f where f.oid = confrelid),
                        'table', (select f.relname from pg_class as f where f.oid = confrelid),
                        'toColumns', (
                            select json_agg(attname order by place)
                            from unnest(confkey) with ordinality as k (number, place)
                            inner join pg_attribute on attrelid = confrelid and attnum = k.number
                        )
                    )
                    order by conname
                )
            from pg_constraint
            where conrelid = pg_class.oid and contype in ('p', 'u', 'f') and conparentid = 0
        ) as constraints
    from pg_class
    inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
    where relkind in ('r', 'p', 'v', 'm', 'f')
        and nspname not in ('pg_catalog', 'information_schema')
        and nspname not like 'pg_toast%'
        and nspname not like 'pg_temp%'
        and not relispartition
  `
}

async function functionsIn(sql: Sql): Promise<Catalog['functions']> {
  const functions = await sql<{ schema: string; name: string; is_pure: boolean; is_found: boolean }[]>`
    select
        pronamespace::regnamespace::text as schema,
        proname as name,
        bool_and(provolatile = 'i') as is_pure,
        bool_or(pg_function_is_visible(oid)) as is_found
    from pg_proc
    where pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) and prokind <> 'p'
    group by 1, 2
  `
  return new Map(
    functions.flatMap(({ schema, name, is_pure: isPure, is_found: isFound }) => [
      [`${schema}.${name}`, isPure] as const,
      ...(isFound ? [[name, isPure] as const] : []),
    ]),
  )
}

// Counting scans the table: some hundreds of this size take a second or two.
const COUNTED_BYTES = 8 * 1024 * 1024
const COUNTED_AT_ONCE = 100

function isCounted({ heap_bytes: bytes, is_readable: isReadable }: Row): boolean {
  return isReadable && bytes !== null && bytes <= COUNTED_BYTES
}

async function countsOf(sql: Sql, rows: Row[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (let start = 0; start < rows.length; start += COUNTED_AT_ONCE) {
    const part = rows.slice(start, start + COUNTED_AT_ONCE)
    const query = part.map(({ schema, name }, i) => `select ${i} as place, count(*)::float8 as rows from ${quoted(schema)}.${quoted(name)}`)
    for (const { place, rows: count } of await sql.unsafe<{ place: number; rows: number }[]>(query.join(' union all ')))
      counts.set(`${part[place]!.schema}.${part[place]!.name}`, count)
  }
  return counts
}

function relationOf(row: Row, count: number | undefined): CatalogRelation {
  const { schema, name, is_table: isTable, estimate, size_bytes: sizeBytes, columns, indexes, constraints } = row
  const keys = (type: string) => (constraints ?? []).filter(constraint => constraint.type === type)
  return {
    schema,
    name,
    isTable,
    columns: columns ?? [],
    primaryKey: keys('p')[0]?.columns ?? [],
    uniqueKeys: keys('u').map(key => key.columns),
    foreignKeys: keys('f').map(key => ({
      name: key.name,
      columns: key.columns,
      schema: key.schema,
      table: key.table,
      toColumns: key.toColumns ?? [],
    })),
    indexes: indexes ?? [],
    rowCount: count ?? (isTable && estimate >= 0 ? Math.round(estimate) : null),
    isEstimate: count === undefined && isTable && estimate >= 0,
    sizeBytes,
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
