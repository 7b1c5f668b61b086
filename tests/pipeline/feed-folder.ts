import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
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
