import type { Sql } from './driver.ts'
import { isRepeatable, lostConnection } from './errors.ts'

/**
 * Runs work under a savepoint of the transaction: an error rolls back this work alone and is rethrown. After a lost connection nothing more
 * is sent: the driver would wait forever.
 */
export async function underSavepoint<T>(sql: Sql, name: string, work: () => Promise<T>): Promise<T> {
  sendAhead(sql, `savepoint ${name}`)
  try {
    const result = await work()
    sendAhead(sql, `release savepoint ${name}`)
    return result
  } catch (error) {
    const lost = lostConnection(error)
    if (lost) throw lost
    await sql.unsafe(`rollback to savepoint ${name}`)
    throw error
  }
}

/**
 * Sends a statement without waiting for its answer. It only fails where the connection or the transaction has failed, which the next
 * statement reports, too.
 */
export function sendAhead(sql: Sql, text: string): void {
  sql
    .unsafe(text)
    .execute()
    .catch(() => {})
}

/** Runs statements of which each may fail alone, such as a comment on a column that is gone. */
export async function runWherePossible(sql: Sql, statements: string[]): Promise<void> {
  for (const text of statements) {
    await underSavepoint(sql, 'where_possible', () => sql.unsafe(text)).catch(error => {
      if (isRepeatable(error)) throw error
    })
  }
}
