import type { Sql } from '../../run/database/driver.ts'

/** Each table and view of a database, with its columns and an order-independent hash of its rows: `"public"."orders"`. */
export async function relationsOf(sql: Sql): Promise<Map<string, string>> {
  const relations = await sql<{ name: string; columns: string }[]>`
    select
        format('%I.%I', nspname, relname) as name,
        string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attname) as columns
    from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
    where relkind in ('r', 'v', 'm') and nspname !~ '^pg_|^information_schema$|^(raw|ops|errors)$'
    group by nspname, relname
  `
  const found = new Map<string, string>()
  for (const { name, columns } of relations) {
    const [row] = await sql.unsafe<{ rows: string }[]>(
      `select count(*) || ' rows, ' || md5(coalesce(string_agg(one, chr(10) order by one collate "C"), '')) as rows from (
          select jsonb_strip_nulls(to_jsonb(relation))::text as one from ${name} as relation
      ) as rows`,
    )
    found.set(name, `${row?.rows} of ${columns}`)
  }
  return found
}
