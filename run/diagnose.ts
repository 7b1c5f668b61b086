import { checkServer, describeUrl, type Sql } from './database.ts'
import { pendingMigrations } from './migrate.ts'

/** What `debug` found out. */
export interface Diagnosis {
  lines: string[]
  /** False when a build could not work. */
  ok: boolean
}

/**
 * Looks at the database as a build will need it: version, rights, encoding, schemas, migrations, other sessions; each finding
 * with what to type. Changes nothing. Throws a ProjectError when there is no connection.
 */
export async function diagnose(sql: Sql, url: string, projectDir: string): Promise<Diagnosis> {
  const { version, warnings } = await checkServer(sql, url)
  const facts = await readFacts(sql)
  const pending = await pendingMigrations(sql, projectDir)
  const problems = problemsOf(facts)
  return {
    ok: problems.length === 0,
    lines: [
      `connection: OK, ${describeUrl(url)} as ${facts.user}`,
      `server: PostgreSQL ${version}, encoding ${facts.encoding}, ${facts.size}`,
      `schemas: ${facts.schemas.join(', ') || 'none yet; the first build makes them'}`,
      pending.length > 0 ? `migrations: the next build applies ${pending.map(({ name }) => name).join(', ')}` : 'migrations: all applied',
      ...(facts.others > 0 ? [`sessions: ${facts.others} of other programs on this database`] : []),
      ...warnings.map(warning => `warning: ${warning}`),
      ...problems.map(problem => `problem: ${problem}`),
    ],
  }
}

interface Facts {
  user: string
  database: string
  encoding: string
  size: string
  schemas: string[]
  /** Schemas of the warehouse that somebody else owns. */
  foreign: string[]
  others: number
  mayCreate: boolean
  mayUsePublic: boolean
  isReadOnly: boolean
}

async function readFacts(sql: Sql): Promise<Facts> {
  const [facts] = await sql<[Facts]>`
    with

    ours as (

        select
            nspname,
            pg_has_role(nspowner, 'usage') as is_owned
        from pg_namespace
        where nspname in ('raw', 'ops', 'staging', 'errors', 'core', 'marts')

    )

    select
        current_user as user,
        current_database() as database,
        current_setting('server_encoding') as encoding,
        pg_size_pretty(pg_database_size(current_database())) as size,
        array(select nspname::text from ours order by nspname) as schemas,
        array(select nspname::text from ours where not is_owned order by nspname) as "foreign",
        (
            select count(*)::int
            from pg_stat_activity
            where datname = current_database()
                and backend_type = 'client backend'
                and application_name not like 'deskledger%'
        ) as others,
        has_database_privilege(current_database(), 'create, temporary') as "mayCreate",
        coalesce(has_schema_privilege(to_regnamespace('public'), 'create'), false) as "mayUsePublic",
        pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean as "isReadOnly"
  `
  return facts
}

function problemsOf({ user, database, encoding, foreign, mayCreate, mayUsePublic, isReadOnly }: Facts): string[] {
  const asOwner = `as its owner: grant`
  const problems: [boolean, string][] = [
    [isReadOnly, 'the server is read-only (a replica?). Point DATABASE_URL at the primary'],
    [
      !mayCreate,
      `${user} may not make schemas or temporary tables here. Type, ${asOwner} create, temporary on database "${database}" to "${user}"`,
    ],
    [!mayUsePublic, `${user} may not record migrations in public. Type, ${asOwner} create on schema public to "${user}"`],
    [
      encoding !== 'UTF8',
      `the encoding is ${encoding}, the feed is UTF-8. Type: create database deskledger encoding 'UTF8' template template0`,
    ],
    [
      foreign.length > 0,
      `${foreign.join(', ')} belong to another user. Build as that user, or let it type: alter schema … owner to "${user}"`,
    ],
  ]
  return problems.filter(([is]) => is).map(([, text]) => text)
}
