import type { ConnectionPool, sql as Tag, Transaction } from '@databases/pg-migrations'
import type { Session } from './driver.ts'
import { statementsOf } from './split-statements.ts'

/**
 * Adapts one of our sessions to the connection that @databases/pg-migrations takes: it has the server, TLS and settings of all other
 * sessions, and needs no address of its own. Only the part of that interface that the package uses is implemented. The caller passes the
 * loaded package in, as loading takes a tenth of a second, which only pending migrations justify.
 */
export function migrationConnection(session: Session, sql: typeof Tag): ConnectionPool {
  const connection = { sql, query, tx, dispose: async () => {} }
  return connection as unknown as ConnectionPool

  async function query(given: SQLQuery): Promise<unknown[]> {
    const { text, values } = given.format(FORMAT)
    const sent = values.map(value => (value instanceof Date ? value.toISOString() : value))
    const rows = sent.length > 0 ? await session.unsafe(text, sent as string[]) : await script(text)
    // The package compares what it wrote with what it reads, types included.
    return [...rows].map(({ applied_at: at, ...row }) => (at === undefined ? row : { ...row, applied_at: new Date(at as string) }))
  }

  /** The statements of a file, one by one; gives the rows of the last. */
  async function script(text: string): Promise<Iterable<Record<string, unknown>>> {
    let rows: Iterable<Record<string, unknown>> = []
    for (const statement of statementsOf(text))
      rows = await session.unsafe(statement.text).catch((error: unknown) => {
        // PostgreSQL counts characters of the statement, from 1.
        const { position = 1 } = error as { position?: string | number }
        const before = [...statement.text].slice(0, Number(position) - 1).join('')
        throw new RefusedStatement(statement.offset + before.length, error)
      })
    return rows
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

/** PostgreSQL's error about a statement of a script, with its offset in the text. */
export class RefusedStatement extends Error {
  constructor(
    readonly offset: number,
    override readonly cause: unknown,
  ) {
    super((cause as Error).message)
  }
}

type SQLQuery = ReturnType<typeof Tag>

const FORMAT = {
  escapeIdentifier: (name: string) => `"${name.replaceAll('"', '""')}"`,
  formatValue: (value: unknown, index: number) => ({ placeholder: `$${index + 1}`, value }),
}
