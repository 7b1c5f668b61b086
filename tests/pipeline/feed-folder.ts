import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { load } from '../../loaders/load.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'

/** Gives each test of a file, or of the describe around the call, a migrated database and a data folder of its own. */
export function withFeedFolder(use: (given: { database: FreshDatabase; data: string }) => void): void {
  let given: { database: FreshDatabase; data: string }
  beforeEach(async () => {
    given = { database: await freshDatabase(), data: mkdtempSync(join(tmpdir(), 'feed-')) }
    use(given)
  })
  afterEach(async () => {
    await given.database.drop()
    rmSync(given.data, { recursive: true })
  })
}

/** Writes a file below a data folder. */
export function putFile(data: string, path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(data, path)), { recursive: true })
  writeFileSync(join(data, path), content)
}

/** The steps and queries of loading tests, in the database and data folder of each test (see withFeedFolder). */
export function withLandings() {
  let given: { database: FreshDatabase; data: string }
  withFeedFolder(fresh => {
    given = fresh
  })
  const landed = async (entity = 'agents') => {
    const { sql } = given.database
    const rows = await sql`
      select path, position, record::text, landed.raw_text, readable, problem, declared is not null as conforms
      from ${sql(`raw.${entity}`)} as landed join ops.files using (file_id) order by natural_order, position
    `
    return rows.map(row => ({ ...row }))
  }
  return {
    place: () => given,
    put: (path: string, content: string | Buffer) => putFile(given.data, path, content),
    loadAll: (prune = false) => load(given.database.sql, given.data, { prune }),
    ledger: () => given.database.sql`select path, status, reason, records from ops.files order by natural_order`,
    stamps: async () => {
      const rows = await given.database.sql`select batch || '/' || entity as key, changed_in from ops.batches`
      return Object.fromEntries(rows.map(({ key, changed_in }) => [key, Number(changed_in)]))
    },
    landed,
    records: async (entity = 'agents') => (await landed(entity)).map(({ record }) => record && JSON.parse(record as string)),
  }
}

/** An agent of the feed. */
export function agent(id: number): object {
  return { id, contact: { name: `Agent ${id}` } }
}
