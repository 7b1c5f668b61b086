import { isPostgresError } from '../base/errors.ts'
import type { Sql } from '../database/driver.ts'

/** Whether a relation `schema.name` exists. */
export async function hasRelation(sql: Sql, name: string): Promise<boolean> {
  const [row] = await sql<{ there: boolean }[]>`select to_regclass(${name}) is not null as there`
  return row?.there ?? false
}

/**
 * Reads a part of the docs that not every database has. Null where PostgreSQL refuses: the relation has other columns, or this user may not
 * read it. For a connection inside a transaction, which can go on.
 */
export async function optional<T>(sql: Sql, work: () => Promise<T>): Promise<T | null> {
  await sql`savepoint docs_part`
  try {
    const result = await work()
    await sql`release savepoint docs_part`
    return result
  } catch (error) {
    if (!isPostgresError(error) || error.code?.startsWith('57') || error.code?.startsWith('08')) throw error
    await sql`rollback to savepoint docs_part`
    await sql`release savepoint docs_part`
    return null
  }
}
