import { declarationOf, declaredEntities } from '../../loaders/declaration.ts'
import { ProjectError, ProjectErrors } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Sql } from '../database/driver.ts'

/** Throws where an entity has no landing table, or where its tables in core lack the column of a declared field. */
export async function refuseUnmigrated(sql: Sql): Promise<void> {
  const tables = new Map<string, string[]>()
  for (const { name, columns } of await sql<{ name: string; columns: string[] }[]>`
    select relnamespace::regnamespace || '.' || relname as name, array_agg(attname::text) as columns
    from pg_class
    inner join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
    where relnamespace in (select oid from pg_namespace where nspname in ('raw', 'core')) and relkind in ('r', 'p')
    group by 1
  `)
    tables.set(name, columns)
  const errors = declaredEntities().flatMap(entity => unmigrated(entity, tables))
  if (errors.length > 0) throw new ProjectErrors(errors)
}

function unmigrated(entity: string, tables: Map<string, string[]>): ProjectError[] {
  const { fields, core } = declarationOf(entity)
  const file = `loaders/entities/${entity}.yml`
  const missing = [`raw.${entity}`, ...core.map(table => `core.${table}`)].filter(table => !tables.has(table))
  if (missing.length > 0)
    return missing.map(
      table =>
        new ProjectError(`The entity '${entity}' is declared, but there is no table ${table}`, {
          place: { file, line: 1 },
          hint: 'Create it in a new file in migrations/; docs/recipes.md has an example.',
        }),
    )
  const columns = core.flatMap(table => tables.get(`core.${table}`) ?? [])
  return fields
    .filter(({ isInCore, column }) => core.length > 0 && isInCore && !columns.includes(column))
    .map(
      ({ column, place }) =>
        new ProjectError(
          `The field '${column}' of ${entity} is declared, but ${core.map(table => `core.${table}`).join(' and ')} has no such column`,
          {
            place,
            hint: `${didYouMean(column, columns) ?? 'Add it in a new file in migrations/.'} For a field that core does not need, set core: false.`,
          },
        ),
    )
}
