import { ProjectError } from '../base/errors.ts'
import type { Sql } from './driver.ts'
import { isRepeatable } from './errors.ts'
import { underSavepoint } from './savepoint.ts'

/** A view that reads a relation, with all that is needed to recreate it. */
export interface SavedView {
  /** As PostgreSQL writes it: `marts.by_month`. */
  name: string
  schema: string
  identifier: string
  drop: string
  /** The view itself, then its options, owner, grants, comments, triggers and indexes. */
  recreate: string[]
}

/** The views and materialized views that read a relation, directly or through others, each after those that it reads. */
export async function viewsOf(sql: Sql, oid: number): Promise<SavedView[]> {
  return sql.unsafe<SavedView[]>(`${dependents}\n${saved}\norder by d.depth, name`, [oid])
}

/** The grants, owner and comments of a relation, as statements to run after it was recreated. */
export async function trimmingsOf(sql: Sql, oid: number): Promise<string[]> {
  const [row] = await sql.unsafe<SavedView[]>(`with d as (select $1::oid as oid, 0 as depth)\n${saved}`, [oid])
  return row?.recreate.slice(1).filter(text => !/^create /i.test(text)) ?? []
}

/** Drops views, the last dependent first. */
export async function dropViews(sql: Sql, views: SavedView[]): Promise<void> {
  for (const view of views.toReversed()) await sql.unsafe(view.drop)
}

/**
 * Recreates views; gives those that failed, with PostgreSQL's error. The caller tries them again later in the build, as a view may read a
 * relation that is not built yet.
 */
export async function recreateViews(sql: Sql, views: SavedView[]): Promise<{ view: SavedView; error: Error }[]> {
  const failed: { view: SavedView; error: Error }[] = []
  for (const view of views) {
    try {
      await underSavepoint(sql, 'dependent_view', async () => {
        for (const text of view.recreate) await sql.unsafe(text)
      })
    } catch (error) {
      if (isRepeatable(error)) throw error
      failed.push({ view, error: error as Error })
    }
  }
  return failed
}

/** The error for a view that does not fit the relations that a build changed. */
export function cannotRecreate({ view, error }: { view: SavedView; error: Error }): ProjectError {
  return new ProjectError(`Cannot recreate the view ${view.name}, which reads relations that this build changes: ${error.message}`, {
    hint: `Change or drop the view ${view.name}, or keep the columns that it reads. Nothing was changed.`,
  })
}

const dependents = `
with recursive reading as (
    select $1::oid as oid, 0 as depth
    union all
    select distinct r.ev_class, reading.depth + 1
    from reading
    inner join pg_depend as p on p.refclassid = 'pg_class'::regclass and p.refobjid = reading.oid and p.classid = 'pg_rewrite'::regclass
    inner join pg_rewrite as r on r.oid = p.objid
    where r.ev_class != reading.oid
),
d as (select oid, max(depth) as depth from reading where depth > 0 group by oid)`

// Each statement is made by format(), so that names and texts are quoted by the database itself.
const saved = `
select
    format('%I.%I', n.nspname, c.relname) as name,
    n.nspname as schema,
    c.relname as identifier,
    format('drop %s %I.%I', case c.relkind when 'm' then 'materialized view' when 'v' then 'view' else 'table' end, n.nspname, c.relname) as drop,
    to_json(array_remove(
        array[
            format('create %s %I.%I%s as %s%s', case c.relkind when 'm' then 'materialized view' else 'view' end, n.nspname, c.relname,
                (select ' with (' || string_agg(o, ', ') || ')' from unnest(c.reloptions) as o),
                rtrim(pg_get_viewdef(c.oid), ';'), case when c.relkind = 'm' and not c.relispopulated then ' with no data' end),
            case when c.relowner != current_user::regrole then format('alter table %I.%I owner to %I', n.nspname, c.relname, pg_get_userbyid(c.relowner)) end
        ]
        || array(
            select format('alter view %I.%I alter column %I set default %s', n.nspname, c.relname, a.attname, pg_get_expr(f.adbin, f.adrelid))
            from pg_attrdef as f
            inner join pg_attribute as a on a.attrelid = f.adrelid and a.attnum = f.adnum
            where f.adrelid = c.oid and c.relkind = 'v')
        || array(
            select format('grant %s on %I.%I to %s%s', g.privilege_type, n.nspname, c.relname,
                case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end, case when g.is_grantable then ' with grant option' end)
            from aclexplode(c.relacl) as g where g.grantee != c.relowner)
        || array(
            select format('grant %s (%I) on %I.%I to %s%s', g.privilege_type, a.attname, n.nspname, c.relname,
                case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end, case when g.is_grantable then ' with grant option' end)
            from pg_attribute as a cross join aclexplode(a.attacl) as g where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
        || array(
            select case t.objsubid
                when 0 then format('comment on %s %I.%I is %L', case c.relkind when 'm' then 'materialized view' when 'v' then 'view' else 'table' end,
                    n.nspname, c.relname, t.description)
                else format('comment on column %I.%I.%I is %L', n.nspname, c.relname, a.attname, t.description) end
            from pg_description as t
            left join pg_attribute as a on a.attrelid = t.objoid and a.attnum = t.objsubid
            where t.classoid = 'pg_class'::regclass and t.objoid = c.oid and (t.objsubid = 0 or not a.attisdropped))
        || array(select pg_get_triggerdef(t.oid) from pg_trigger as t where t.tgrelid = c.oid and not t.tgisinternal)
        || array(select pg_get_ruledef(r.oid) from pg_rewrite as r where r.ev_class = c.oid and r.rulename != '_RETURN')
        || array(select pg_get_indexdef(i.indexrelid) from pg_index as i where i.indrelid = c.oid and c.relkind = 'm'),
        null
    )) as recreate
from d
inner join pg_class as c on c.oid = d.oid
inner join pg_namespace as n on n.oid = c.relnamespace`
