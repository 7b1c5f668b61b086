import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { inject } from 'vitest'
import { connect } from '../../run/database/connection.ts'
import type { Sql } from '../../run/database/driver.ts'

/** A database of a test. */
export interface FreshDatabase {
  sql: Sql
  url: string
  /** Ends all its sessions and removes it. */
  drop(): Promise<void>
}

/** The folder of the project under test. */
export const projectDir = join(import.meta.dirname, '../..')

/**
 * A new database with all migrations applied and without rows; with `migrate: false` an empty one. Fast: tests/pipeline/server.ts has run
 * the migrations once, into a template that each database copies. Call `drop()` at the end.
 */
export async function freshDatabase({ migrate = true }: { migrate?: boolean } = {}): Promise<FreshDatabase> {
  const { url: server, prefix, template, failure } = inject('server')
  if (migrate && failure) throw new Error(failure)
  const name = `${prefix}_${randomBytes(6).toString('hex')}`
  await onServer(
    `create database ${name} template ${migrate ? template : 'template0'}`,
    // No waits for the disk, on somebody else's server either.
    `alter database ${name} set synchronous_commit = off`,
  )
  const url = withDatabase(server, name)
  const sql = connect(url)
  return { sql, url, drop }

  async function drop(): Promise<void> {
    await sql.end({ timeout: 1 })
    await onServer(`drop database if exists ${name} with (force)`)
  }

  async function onServer(...statements: string[]): Promise<void> {
    const admin = connect(server, { max: 1 })
    try {
      for (const statement of statements) await admin.unsafe(statement)
    } finally {
      await admin.end()
    }
  }
}

/** Waits until another session of the database runs a statement with this text; gives its process id. */
export async function running(sql: Sql, text: string): Promise<number> {
  for (;;) {
    const [session] = await sql<{ pid: number }[]>`
      select pid from pg_stat_activity
      where datname = current_database() and pid != pg_backend_pid() and state = 'active' and position(${text} in query) > 0`
    if (session) return session.pid
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** The same server's URL with another database. */
export function withDatabase(url: string, name: string): string {
  const other = new URL(url)
  other.pathname = `/${name}`
  return other.href
}
