import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'
import { putFile } from './feed-folder.ts'
import { listen, operator, type Receiver } from './operator.ts'

let database: FreshDatabase
let receiver: Receiver
let command: ReturnType<typeof operator>['runWith']
const data = mkdtempSync(join(tmpdir(), 'deskledger-feed-'))
const dayBefore = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)
const put = (path: string, content: unknown) => putFile(data, path, typeof content === 'string' ? content : JSON.stringify(content))
const roles = [{ id: 1, name: 'Agent', default: true, agent_type: 1 }]
const batch = `sync-${dayBefore(0)}`

beforeAll(async () => {
  database = await freshDatabase()
  receiver = await listen()
  const run = operator({ dir: projectDir, url: database.url, data }).runWith
  command = (env, words, options) => run({ NOTIFY_URL: receiver.url, ...env }, words, { targetPath: join(data, '.target'), ...options })
  put(`${batch}/roles/1.json`, roles)
  put(`${batch}/admin_groups/1.json`, [])
})
afterAll(async () => {
  receiver.close()
  await database.drop()
  rmSync(data, { recursive: true })
})

it('build says the last day of data and when it was published, and source freshness that it is fresh', async () => {
  const published = new RegExp(`Data through ${dayBefore(0)}, published \\d\\d:\\d\\d UTC\\.`)
  const { code, stdout } = await command({}, 'build', { quiet: false })
  expect([code, stdout]).toEqual([0, expect.stringMatching(published)])
  expect((await command({}, 'build', { quiet: false })).stdout).toMatch(published)
  expect(await command({}, 'source freshness')).toEqual({ code: 0, stdout: '', stderr: '' })
})

it('a feed that stands still for two days is a warning in every output, an error under --warn-error, and a message', async () => {
  const before = receiver.got.length
  await database.sql`update ops.files set loaded_at = loaded_at - interval '30 hours'`
  expect((await command({}, 'build')).stderr).not.toContain('No feed file has landed')
  expect((await command({}, 'source freshness')).code).toBe(0)
  expect((await command({}, 'source freshness', { warnError: true })).code).toBe(1)

  await database.sql`update ops.files set loaded_at = loaded_at - interval '42 hours'`
  const quiet = await command({}, 'build')
  expect([quiet.code, quiet.stdout]).toEqual([0, ''])
  expect(quiet.stderr).toMatch(/^Warning: No feed file has landed since .* UTC, for 3 days/)
  expect((await command({}, 'build', { warnError: true })).code).toBe(1)
  const json = await command({}, 'build', { quiet: false, logFormat: 'json' })
  const events = json.stderr
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(events.filter(({ data: { cause } }) => cause === 'UnchangedFeed')).toHaveLength(1)
  expect((await command({}, 'source freshness')).code).toBe(1)
  const causes = receiver.got.slice(before).flatMap(({ causes }) => causes.map(({ name }) => name))
  expect(causes).toEqual(['StaleSource', 'StaleSource', 'UnchangedFeed', 'UnchangedFeed', 'UnchangedFeed', 'StaleSource'])
})

it('an old day that lands today is old data all the same', async () => {
  const vars = { feed_warn_after_hours: 26, feed_error_after_hours: 50 }
  await database.sql`update ops.files set loaded_at = now()`
  expect((await command({}, 'source freshness', { vars })).code).toBe(0)
  await database.sql`update ops.batches set batch = ${`sync-${dayBefore(9)}`}`
  await database.sql`update ops.files set batch = ${`sync-${dayBefore(9)}`}`
  expect((await command({}, 'source freshness', { vars })).code).toBe(1)
  await database.sql`update ops.batches set batch = ${batch}`
  await database.sql`update ops.files set batch = ${batch}`
})

it('one refused page is one message with one cause', async () => {
  const before = receiver.got.length
  put(`${batch}/roles/1.json`, '<html>')
  const { code, stderr } = await command({}, 'build')
  expect([code, stderr]).toEqual([0, expect.stringContaining(`All roles of ${batch} were refused`)])
  put(`${batch}/roles/1.json`, roles)
  expect((await command({}, 'build')).code).toBe(0)
  expect((await command({}, 'build')).code).toBe(0)
  expect(receiver.got.slice(before)).toMatchObject([
    {
      event: 'needs_person',
      exit_code: 0,
      data_through: dayBefore(0),
      causes: [{ name: 'RefusedEntity', text: `All roles of ${batch} were refused` }],
    },
    { event: 'well_again', causes: [] },
  ])
})
