import type { Session, Sql } from '../database/driver.ts'
import type { Refused } from '../execute/summary.ts'
import { literal, quote } from '../manifest/relation.ts'
import type { ErrorPlan, ErrorsPlan, Planned } from '../preview/plan.ts'

/** Open errors and warnings by table, from every errors table that the database has. */
export async function openErrors(sql: Sql): Promise<Refused[]> {
  const tables = await errorTables(sql)
  if (tables.length === 0) return []
  const parts = tables.map(
    table => `
    select ${literal(table)} as table,
        (count(*) filter (where severity = 'error'))::int as errors,
        (count(*) filter (where severity != 'error'))::int as warnings
    from errors.${quote(table)}
    where resolved_at is null`,
  )
  return sql.unsafe<Refused[]>(`select * from (${parts.join('\nunion all\n')}) as open where errors + warnings > 0 order by 1`)
}

/** Names of the tables of the schema errors that hold quarantined records. */
export async function errorTables(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select table_name as name from information_schema.columns
    where table_schema = 'errors' and column_name in ('severity', 'error_type', 'source', 'resolved_at')
    group by table_name
    having count(*) = 4
    order by table_name
  `
  return rows.map(row => row.name)
}

export async function keepOpenErrors(session: Session): Promise<void> {
  await session.unsafe('create temporary table dbt_open_errors (table_name text, error_id uuid) on commit drop')
  for (const table of await errorTables(session))
    await session.unsafe(`insert into dbt_open_errors select $1, error_id from errors.${quote(table)} where resolved_at is null`, [table])
}

/** Open errors that the transaction added, and those that it resolved, by error_id. */
export async function errorChanges(session: Session, most: number): Promise<NonNullable<Planned['errors']>> {
  await session.unsafe('analyze dbt_open_errors')
  const tables = await errorTables(session)
  const gone = (table: string) => `
    select ${columns(table)}
    from errors.${quote(table)} as rows_of
    where resolved_at is not null
        and exists (select from dbt_open_errors as was where was.table_name = '${table}' and was.error_id = rows_of.error_id)`
  const come = (table: string) => `
    select ${columns(table)}
    from errors.${quote(table)} as rows_of
    where resolved_at is null
        and not exists (select from dbt_open_errors as was where was.table_name = '${table}' and was.error_id = rows_of.error_id)`
  return { new: await list(tables.map(come)), resolved: await list(tables.map(gone)) }

  async function list(parts: string[]): Promise<ErrorsPlan> {
    if (parts.length === 0) return { count: 0, by: [], shown: [] }
    const all = parts.join('\nunion all\n')
    const by = await session.unsafe<{ table: string; severity: string; error_type: string; count: number }[]>(
      `select "table", severity, error_type, count(*)::int as count from (${all}) as found group by 1, 2, 3 order by 2, 4 desc, 1, 3`,
    )
    const shown = await session.unsafe<ErrorPlan[]>(
      `select * from (${all}) as found order by severity, "table", source, file, position, error_type, error_id ${most < 0 ? '' : `limit ${most}`}`,
    )
    return { count: by.reduce((sum, { count }) => sum + count, 0), by: [...by], shown: [...shown] }
  }
}
// The key is made of the columns that not all errors tables have.

export function columns(table: string): string {
  return `'${table}' as "table", error_id, severity, error_type, error_message,
        to_jsonb(rows_of) - '{error_id,severity,error_type,error_message,field,raw_record,raw_text,source,file,position,first_seen_at,resolved_at}'::text[] as key,
        source, file, position`
}
