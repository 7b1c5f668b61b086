import type { Sql } from '../database/driver.ts'
import type { TestQuery } from './test-query.ts'

/**
 * The checks that a constraint of the database proves, by their index, with the constraint's name: not_null by NOT NULL, unique by a unique
 * index, relationships by a valid foreign key, accepted_values by a CHECK of the same values. They need no scan, as no row can fail.
 * Deferred keys count too, as a build checks them before it ends.
 */
export async function provedByConstraint(sql: Sql, checks: TestQuery[]): Promise<Map<number, string>> {
  const claims = checks.flatMap((check, index) => (check.claim && isPlain(check) ? [{ index, ...check.claim }] : []))
  if (claims.length === 0) return new Map()
  const rows = await sql.unsafe<{ index: number; proof: string }[]>(catalog, [JSON.stringify(claims)], { prepare: true })
  return new Map(rows.map(({ index, proof }) => [index, proof]))
}

function isPlain({ failCalc, warnIf, errorIf, limit }: TestQuery): boolean {
  return failCalc === 'count(*)' && warnIf === '!= 0' && errorIf === '!= 0' && limit === null
}

// PostgreSQL 18 allows a NOT NULL that is not valid yet; the unique indexes of a table with children do not cover their rows.
const catalog = `
select claims.index, proof.name as proof
from jsonb_to_recordset($1::text::jsonb) as claims (index int, kind text, relation text, "column" text, "to" text, field text, "values" text)
inner join pg_class as relation on relation.oid = to_regclass(claims.relation) and relation.relkind = 'r' and not relation.relhassubclass
inner join pg_attribute as attribute on attribute.attrelid = relation.oid and attribute.attname = (parse_ident(claims.column))[1]
cross join lateral (
    select 'not null' as name
    where claims.kind = 'not_null'
        and attribute.attnotnull
        and not exists (
            select from pg_constraint
            where conrelid = relation.oid and contype = 'n' and conkey = array[attribute.attnum] and not convalidated
        )
    union all
    select indexrelid::regclass::text
    from pg_index
    where claims.kind = 'unique'
        and indrelid = relation.oid
        and indisunique and indisvalid and indimmediate
        and indnkeyatts = 1 and indkey[0] = attribute.attnum and indpred is null
    union all
    select conname::text
    from pg_constraint
    inner join pg_attribute as field on field.attrelid = confrelid and field.attname = (parse_ident(claims.field))[1]
    where claims.kind = 'relationships'
        and contype = 'f' and convalidated
        and conrelid = relation.oid and conkey = array[attribute.attnum]
        and confrelid = to_regclass(claims."to") and confkey = array[field.attnum]
    union all
    select conname::text
    from pg_constraint
    where claims.kind = 'accepted_values'
        and contype = 'c' and convalidated
        and conrelid = relation.oid
        and pg_get_expr(conbin, conrelid) = format('(%I = ANY (ARRAY[%s]))', attribute.attname, claims."values")
    limit 1
) as proof`
