import type { Sql } from '../run/database/driver.ts'

/** Empties a database of the project: its schemas, and the record of its migrations. */
export async function clear(sql: Sql): Promise<void> {
  for (const schema of ['marts', 'core', 'errors', 'ops', 'raw', 'staging']) await sql.unsafe(`drop schema if exists ${schema} cascade`)
  await sql.unsafe('drop table if exists atdatabases_migrations_applied, atdatabases_migrations_version cascade')
}
