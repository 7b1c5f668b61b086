import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSources } from '../../loaders/extract/config.ts'
import { buildCommand } from '../../run/commands/build.ts'
import { extractCommand, preflightCommand, publishedMarkers } from '../../run/feed/commands/extract.ts'
import { perform } from './command.ts'
import { type FreshDatabase, projectDir } from './database.ts'
import { putFile, withFeedFolder } from './feed-folder.ts'

let database: FreshDatabase
let data: string
withFeedFolder(given => {
  ;({ database, data } = given)
})

const run = (command: Parameters<typeof perform>[0], name: string, options: object = {}) =>
  perform(command, { url: database.url, dir: projectDir, name, options: { data, targetPath: join(data, '.target'), ...options } })
const extract = (options: object = {}, sources: string[] = []) => run(command => extractCommand(command, sources), 'extract', options)
const build = (options: object = {}) =>
  run(command => buildCommand(command, { types: ['model', 'seed', 'test'], loads: true }), 'build', options)

describe('extract', () => {
  it('without its settings leaves with 2, names each, and makes nothing', async () => {
    const { code, stderr } = await extract()
    expect(code).toBe(2)
    for (const name of ['FRESHDESK_SUBDOMAIN', 'FRESHDESK_API_KEY', 'BILL_API_TOKEN']) expect(stderr).toContain(`${name} is not set`)
    expect(existsSync(join(data, '.extract'))).toBe(false)
    expect(await run(preflightCommand, 'debug')).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('problem: BILL_API_TOKEN is not set'),
    })
  })

  it('--dry-run tells what would be requested and what is missing', async () => {
    const { code, stdout } = await extract({ dryRun: true }, ['freshdesk'])
    expect(code).toBe(2)
    expect(stdout).toMatch(/^Would write \S+\/sync-\d{4}-\d\d-\d\d\. Nothing is sent\.\nfreshdesk: /)
    expect(stdout).toContain('missing: FRESHDESK_API_KEY is not set')
    expect(await extract({}, ['nobody'])).toMatchObject({ code: 2, stderr: expect.stringContaining("Unknown source 'nobody'") })
  })

  it('goes on from what a publish has seen, not from what a failed build left', async () => {
    const marker = (batch: string, at: string, complete = true) => ({
      format: 1,
      batch,
      started_at: at,
      finished_at: at,
      sources: [],
      entities: { transactions: { complete, files: [] } },
    })
    const put = (path: string, content: object) => putFile(data, path, JSON.stringify(content))
    const day = (number: number, complete = true) => {
      const batch = `sync-2026-01-0${number}`
      put(`${batch}/transactions/1.json`, { results: [] })
      put(`${batch}/_COMPLETE`, marker(batch, `2026-01-0${number}T05:00:00Z`, complete))
    }
    const known = async () => {
      let found = new Map<string, unknown>()
      await run(async command => {
        found = await publishedMarkers(command, readSources(['bill']))
        return 0
      }, 'extract')
      return [...found].map(([entity, marker]) => [entity, (marker as { batch: string }).batch])
    }
    day(5)
    day(6, false)
    expect(await known()).toEqual([])
    expect((await build()).code).toBe(0)
    expect(await known()).toEqual([['transactions', 'sync-2026-01-05']])
    day(7)
    expect((await build({ vars: { first_sync_date: 'nonsense' } })).code).toBe(1)
    expect(await known(), 'after a build that failed').toEqual([['transactions', 'sync-2026-01-05']])
    expect((await build()).code).toBe(0)
    expect(await known()).toEqual([['transactions', 'sync-2026-01-07']])
  })
})
