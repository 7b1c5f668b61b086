import { type Place, ProjectError } from '../base/errors.ts'
import type { Sql } from './driver.ts'
import type { Answers, FoundColumn, FoundRelation, Introspect, Request } from './introspection.ts'
import { typeNames } from './relations.ts'
import { controlsTransaction, statementsOf } from './split-statements.ts'

/** Answers what templates ask with run_query() and the adapter, on one connection: inside a build that is its transaction. */
export function answering(sql: Sql): Introspect {
  return (async (request: Request) =>
    (handlers[request.kind] as (sql: Sql, request: Request) => Promise<unknown>)(sql, request)) as Introspect
}

const handlers: { [Kind in Request['kind']]: (sql: Sql, request: Extract<Request, { kind: Kind }>) => Promise<Answers[Kind]> } = {
  query,
  relation: async (sql, { schema, identifier }) => (await relationsIn(sql, schema, identifier))[0] ?? null,
  relations: (sql, { schema }) => relationsIn(sql, schema, null),
  columns,
  schema: async (sql, { schema }) => (await sql`select from pg_namespace where nspname = ${schema}`).length > 0,
}

async function query(sql: Sql, { sql: text, place }: { sql: string; place: Place }): Promise<Answers['query']> {
  const control = statementsOf(text).find(controlsTransaction)
  if (control)
    throw new ProjectError(
      `${control.verb.toUpperCase()} is not allowed in run_query() and statement(): the whole run is one transaction`,
      {
        place,
        hint: 'Remove it.',
      },
    )
  const answer = (await sql.unsafe(text).raw()) as unknown as RawResult & RawResult[]
  // Several statements have several results: the last one counts.
  const result: RawResult = answer[0] !== undefined && 'command' in answer[0] ? (answer.at(-1) as RawResult) : answer
  const types = await typeNames(
    sql,
    (result.columns ?? []).map(column => column.type),
  )
  const columns = (result.columns ?? []).map((column, i) => ({ name: String(column.name), type: types[i] ?? 'text' }))
  const rows = [...result].map(row => Array.from(row, value => (value === null ? null : Buffer.from(value).toString('utf8'))))
  return { columns, rows, status: `${result.command} ${result.count ?? 0}` }
}

// Values as PostgreSQL writes them: the template's side converts them.
interface RawResult extends Iterable<(Uint8Array | null)[]> {
  columns?: { name: string; type: number }[]
  command: string
  count: number | null
}

async function relationsIn(sql: Sql, schema: string, identifier: string | null): Promise<FoundRelation[]> {
  return sql<FoundRelation[]>`
    select
        nspname as schema,
        relname as identifier,
        case relkind when 'v' then 'view' when 'm' then 'materialized_view' when 'f' then 'external' else 'table' end as type
    from pg_class
    inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
    where relkind in ('r', 'p', 'v', 'm', 'f')
        and nspname = ${schema}
        and (${identifier}::text is null or relname = ${identifier})
    order by relname
  `
}

async function columns(sql: Sql, { schema, identifier }: { schema: string; identifier: string }): Promise<FoundColumn[]> {
  return sql<FoundColumn[]>`
    select
        column_name as name,
        case data_type
            when 'ARRAY' then format_type(attribute.atttypid, null)
            when 'USER-DEFINED' then format_type(attribute.atttypid, null)
            else data_type
        end as type,
        character_maximum_length as "charSize",
        numeric_precision as "numericPrecision",
        numeric_scale as "numericScale"
    from information_schema.columns
    inner join pg_attribute as attribute
        on attribute.attrelid = to_regclass(format('%I.%I', table_schema, table_name)) and attribute.attname = column_name
    where table_schema = ${schema} and table_name = ${identifier}
    order by ordinal_position
  `
}
