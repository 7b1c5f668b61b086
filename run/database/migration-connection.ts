import { type ConnectionPool, sql, type Transaction } from '@databases/pg-migrations'
import type { Session } from './driver.ts'

/**
 * A session of ours as @databases/pg-migrations takes a connection: it works on the same server, over the same TLS and with the same settings as all
 * else, and needs no address of its own. No more of that interface is there than the package uses.
 */
export function migrationConnection(session: Session): ConnectionPool {
  const connection = { sql, query, tx, dispose: async () => {} }
  return connection as unknown as ConnectionPool

  // A list of queries is the script of a file: all its statements in one message, so that positions in errors are those of the file.
  async function query(given: SQLQuery | SQLQuery[]): Promise<unknown[]> {
    const { text, values } = (Array.isArray(given) ? (given[0] as SQLQuery) : given).format(FORMAT)
    const sent = values.map(value => (value instanceof Date ? value.toISOString() : value))
    const rows = await (sent.length > 0 ? session.unsafe(text, sent as string[]) : session.unsafe(text))
    // It compares what it has written with what it reads, to the type.
    return [...rows].map(({ applied_at: at, ...row }) => (at === undefined ? row : { ...row, applied_at: new Date(at as string) }))
  }

  async function tx<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    await session`begin`
    try {
      const result = await work(connection as unknown as Transaction)
      await session`commit`
      return result
    } catch (error) {
      await session`rollback`.catch(() => {})
      throw error
    }
  }
}

type SQLQuery = ReturnType<typeof sql>

const FORMAT = {
  escapeIdentifier: (name: string) => `"${name.replaceAll('"', '""')}"`,
  formatValue: (value: unknown, index: number) => ({ placeholder: `$${index + 1}`, value }),
}
