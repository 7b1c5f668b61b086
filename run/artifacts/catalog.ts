import type { Sql } from '../database/driver.ts'
import type { Node, Project } from '../manifest/node.ts'
import { metadata } from './run-results.ts'

/** catalog.json, dbt's version 1, as an object: what the database has of the project's relations, with their columns and comments. */
export async function catalogOf(sql: Sql, project: Project): Promise<object> {
  const found = await relationsOf(sql, project)
  const entries = (nodes: Iterable<Node>) =>
    Object.fromEntries(
      [...nodes].flatMap(node => {
        const entry = node.relationName === null ? undefined : found.get(`${node.schema}.${node.alias}`)
        return entry ? [[node.uniqueId, { ...entry, stats, unique_id: node.uniqueId }]] : []
      }),
    )
  return {
    metadata: metadata(project, 'catalog/v1'),
    nodes: entries(project.nodes.values()),
    sources: entries(project.sources.values()),
    errors: null,
  }
}

// PostgreSQL's statistics are estimates, and dbt's catalog would show them as exact: it has none.
const stats = {
  has_stats: {
    id: 'has_stats',
    label: 'Has Stats?',
    value: false,
    include: false,
    description: 'Indicates whether there are statistics for this table',
  },
}

async function relationsOf(sql: Sql, project: Project): Promise<Map<string, object>> {
  const schemas = [...new Set([...project.nodes.values(), ...project.sources.values()].map(node => node.schema))]
  const rows = await sql<{ schema: string; name: string; metadata: object; columns: Record<string, object> | null }[]>`
    select
        nspname as schema,
        relname as name,
        json_build_object(
            'type', case relkind when 'v' then 'VIEW' when 'm' then 'MATERIALIZED VIEW' when 'f' then 'FOREIGN TABLE' else 'BASE TABLE' end,
            'schema', nspname,
            'name', relname,
            'database', current_database(),
            'comment', obj_description(pg_class.oid, 'pg_class'),
            'owner', pg_get_userbyid(relowner)
        ) as metadata,
        (
            select
                json_object_agg(
                    attname,
                    json_build_object(
                        'type', format_type(atttypid, atttypmod),
                        'index', attnum,
                        'name', attname,
                        'comment', col_description(attrelid, attnum)
                    )
                    order by attnum
                )
            from pg_attribute
            where attrelid = pg_class.oid and attnum > 0 and not attisdropped
        ) as columns
    from pg_class
    inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
    where relkind in ('r', 'p', 'v', 'm', 'f') and nspname = any(${schemas})
  `
  return new Map(
    rows.map(({ schema, name, metadata: about, columns }) => [`${schema}.${name}`, { metadata: about, columns: columns ?? {} }]),
  )
}
