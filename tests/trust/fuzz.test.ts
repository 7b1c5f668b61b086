import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../pipeline/database.ts'
import { fuzzRound, projectCopy } from './fuzz.ts'

let database: FreshDatabase
const project = projectCopy()
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(async () => {
  await database.drop()
  rmSync(project, { recursive: true, force: true })
})

it('300 mutated files: each is refused with a reason, or accounted for to the last record', async () => {
  const seed = Number(process.env.FUZZ_SEED ?? 7)
  const { faults, files, records, staged, quarantined, duplicates } = await fuzzRound(database.sql, project, { files: 300, seed })
  expect(faults).toEqual([])
  expect(files).toBe(300)
  expect(records).toBe(staged + quarantined + duplicates)
  expect(staged).toBeGreaterThan(300)
  expect(quarantined).toBeGreaterThan(100)
})
