import { quote } from '../manifest/relation.ts'
import type { Sql } from './driver.ts'
import { HOME, LEDGER } from './migrate.ts'

/** A right that a build needs and the user lacks, and the statement that grants it. */
export interface MissingRight {
  what: string
  remedy: string
}

/**
 * The rights for a build that the user lacks: to create schemas and temporary tables, to keep the ledger of migrations, and to create and
 * replace relations in the project's schemas. Reads only.
 */
export async function missingRights(sql: Sql, schemas: string[]): Promise<MissingRight[]> {
  const [here] = await sql<Here[]>`
    select
        current_user as "user",
        current_database() as database,
        has_database_privilege(current_database(), 'create') as "mayCreate",
        has_database_privilege(current_database(), 'temporary') as "mayMakeTemporary",
        coalesce(has_schema_privilege(home.oid, 'usage') and has_schema_privilege(home.oid, 'create'), false) as "mayUseHome",
        ledger.oid is not null as "hasLedger",
        has_table_privilege(ledger.oid, 'select') and has_table_privilege(ledger.oid, 'insert') as "mayKeepLedger"
    from (values (${HOME}, ${LEDGER})) as names (home, ledger)
    left join pg_namespace as home on home.nspname = names.home
    left join pg_class as ledger on ledger.relnamespace = home.oid and ledger.relname = names.ledger`
  const { user, database, ...may } = here!
  const found: MissingRight[] = []
  const lacks = (is: boolean, what: string, remedy: string) => void (is && found.push({ what, remedy }))
  const granted = (right: string) => `grant ${right} to ${quote(user)}`
  lacks(!may.mayCreate, `${user} cannot create schemas in ${database}`, granted(`create on database ${quote(database)}`))
  lacks(!may.mayMakeTemporary, `${user} cannot create temporary tables in ${database}`, granted(`temporary on database ${quote(database)}`))
  lacks(
    !may.hasLedger && !may.mayUseHome,
    `${user} cannot create the ledger of migrations in ${HOME}`,
    granted(`usage, create on schema ${HOME}`),
  )
  lacks(
    may.mayKeepLedger === false,
    `${user} cannot read and write the ledger of migrations`,
    granted(`select, insert, update on ${HOME}.${LEDGER}`),
  )

  const closed = await sql<{ schema: string }[]>`
    select nspname as schema from pg_namespace
    where nspname = any(${schemas}) and not (has_schema_privilege(oid, 'usage') and has_schema_privilege(oid, 'create'))
    order by nspname`
  for (const { schema } of closed)
    lacks(true, `${user} cannot create tables in ${schema}`, granted(`usage, create on schema ${quote(schema)}`))

  // Only an owner may replace a view, add a column, or take a table away.
  const others = await sql<{ owner: string; relations: number; example: string }[]>`
    select pg_get_userbyid(relowner) as owner, count(*)::int as relations, min(format('%I.%I', nspname, relname)) as example
    from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = any(${schemas}) and relkind in ('r', 'p', 'v', 'm') and not pg_has_role(relowner, 'usage')
    group by 1 order by 1`
  for (const { owner, relations, example } of others)
    lacks(
      true,
      `${owner} owns ${example}${relations > 1 ? ` and ${relations - 1} more` : ''}: ${user} cannot replace ${relations > 1 ? 'them' : 'it'}`,
      granted(quote(owner)),
    )
  return found
}

interface Here {
  user: string
  database: string
  mayCreate: boolean
  mayMakeTemporary: boolean
  mayUseHome: boolean
  hasLedger: boolean
  mayKeepLedger: boolean | null
}
