import type { Sql } from './driver.ts'
import { isRepeatable, lostConnection } from './errors.ts'

/**
 * Runs work under a savepoint of the transaction: an error undoes this work alone and is thrown on. When the connection is lost,
 * nothing more is sent: the driver would wait forever.
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
 * Sends a statement that fails only where the connection or the transaction has failed, without waiting for its answer: that of the next
 * one tells the same.
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
