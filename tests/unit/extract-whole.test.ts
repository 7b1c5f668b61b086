import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readSources } from '../../loaders/extract/config.ts'
import { dryRun } from '../../loaders/extract/dryrun.ts'
import { type Marker, readMarker } from '../../loaders/extract/marker.ts'
import { preflight } from '../../loaders/extract/preflight.ts'
import type { ExtractEvent } from '../../loaders/extract/progress.ts'
import { callsByPath, mostInAMinute } from '../extract/server.ts'
import { batchesIn, createSite, environment, filesBelow, recordsOf, type Site, secrets, smaller } from '../extract/site.ts'

let site: Site
beforeEach(async () => {
  site = await createSite()
})
afterEach(() => site.close())

const texts = (rows: Iterable<{ json: string }>) => [...rows].map(({ json }) => json)
const isDeleted = ({ fields }: { fields: Record<string, unknown> }) => fields.status === 'DELETED'

describe('a batch', () => {
  it('holds every record that the servers know, digit by digit', async () => {
    const { extracted } = await site.bring()
    const { folder } = extracted!
    const { desk, spend } = site
    expect(recordsOf(folder, 'roles')).toEqual(texts(desk.roles))
    expect(recordsOf(folder, 'admin_groups')).toEqual(texts(desk.admin_groups))
    expect(recordsOf(folder, 'agents')).toEqual(texts(desk.agents))
    expect(recordsOf(folder, 'agent_details').sort()).toEqual(texts(desk.details.values()).sort())
    expect(recordsOf(folder, 'users')).toEqual(texts(spend.users))
    expect(recordsOf(folder, 'budgets')).toEqual(texts(spend.budgets))
    expect(recordsOf(folder, 'cards')).toEqual([
      ...texts(spend.cards.filter(card => !isDeleted(card))),
      ...texts(spend.cards.filter(isDeleted)),
    ])
    expect(spend.cards.filter(isDeleted).length).toBeGreaterThan(0)
    expect(recordsOf(folder, 'transactions').sort()).toEqual(texts([...spend.transactions, ...spend.children.values()]).sort())
    expect(spend.children.size).toBeGreaterThan(0)
    expect(recordsOf(folder, 'agents')[0]).toContain('"amount":1.10,"large":12345678901234567890')
  })

  it('is the bytes that the servers sent, file by file', async () => {
    const { extracted } = await site.bring()
    const sent = new Set([...site.freshdesk.sent.values(), ...site.bill.sent.values()].flat().map(body => body.toString('latin1')))
    const files = filesBelow(extracted!.folder).filter(name => name !== '_COMPLETE')
    for (const name of files) expect(sent.has(readFileSync(join(extracted!.folder, name), 'latin1')), name).toBe(true)
  })

  it('has a marker that names every file with its hash, and how each end was known', async () => {
    const { extracted } = await site.bring()
    const text = readFileSync(join(extracted!.folder, '_COMPLETE'), 'utf8')
    const marker = readMarker(text)
    expect(marker).toEqual(extracted!.marker)
    expect(marker).toMatchObject({
      format: 1,
      batch: 'sync-2026-01-05',
      started_at: '2026-01-05T05:00:00.000Z',
      sources: [
        { name: 'freshdesk', host: site.freshdesk.host.slice(7) },
        { name: 'bill', host: site.bill.host.slice(7) },
      ],
    })
    const files = Object.values(marker.entities).flatMap(entity => entity.files)
    expect(['_COMPLETE', ...files.map(({ path }) => path)].sort()).toEqual(filesBelow(extracted!.folder))
    for (const { path, sha256, bytes } of files) {
      const content = readFileSync(join(extracted!.folder, path))
      expect([createHash('sha256').update(content).digest('hex'), content.length], path).toEqual([sha256, bytes])
    }
    const ends = (entity: string) => marker.entities[entity]!.parts.map(({ name, ended_by }) => `${name} ${ended_by}`)
    // 8 roles are two full pages, 10 agents two and a half.
    expect([ends('roles'), ends('agents'), ends('agent_details'), ends('users'), ends('cards')]).toEqual([
      ['all empty-probe'],
      ['all no-link'],
      ['all all-parents'],
      ['all no-token'],
      ['all no-token', 'deleted no-token'],
    ])
    const { agents, transactions } = marker.entities as Record<string, Marker['entities'][string]>
    expect(agents).toMatchObject({
      complete: true,
      required: true,
      rows: 10,
      distinct: 10,
      pages: 3,
      retries: 0,
      skipped: [],
      unstable: false,
      window: null,
    })
    expect(transactions).toMatchObject({ rows: 24, distinct: 24, window: null, full_at: transactions!.fetched_at![0] })
    expect(transactions!.parts.at(-1)).toMatchObject({ name: 'children', rows: 4, ended_by: 'all-parents' })
  })

  it('notes agents that only groups name, those that have a record and those that have none', async () => {
    const { extracted } = await site.bring()
    const { agent_details } = extracted!.marker.entities
    expect(agent_details!.skipped).toEqual(['69019999992'])
    expect(agent_details!.files.map(({ path }) => path)).toContain('agent_details/69019999991.json')
    expect(callsByPath(site.freshdesk.calls)['/agents/-1']).toBeUndefined()
  })

  it('is for its owner alone, and leaves nothing beside it', async () => {
    const { extracted } = await site.bring()
    if (process.platform !== 'win32') {
      for (const name of filesBelow(extracted!.folder)) expect(statSync(join(extracted!.folder, name)).mode & 0o777, name).toBe(0o600)
      for (const name of ['', 'agents', 'transactions']) expect(statSync(join(extracted!.folder, name)).mode & 0o777, name).toBe(0o700)
    }
    expect(filesBelow(site.dataDir).filter(name => !name.startsWith('sync-2026-01-05/'))).toEqual([])
    expect(batchesIn(site.dataDir)).toEqual(['sync-2026-01-05'])
  })

  it('may be of one source', async () => {
    const sources = site.options().sources.filter(({ source }) => source === 'freshdesk')
    const { extracted } = await site.bring({ sources, testHosts: { freshdesk: site.freshdesk.host }, batch: 'sync-2026-01-05T0600' })
    expect(Object.keys(extracted!.marker.entities)).toEqual(['roles', 'admin_groups', 'agents', 'agent_details'])
    expect(batchesIn(site.dataDir)).toEqual(['sync-2026-01-05T0600'])
    expect(site.bill.calls).toEqual([])
  })
})

describe('the calls', () => {
  it('are GET with the key, without cookies, one at a time, in an order in which what is named comes first', async () => {
    await site.bring()
    for (const { calls, most } of [site.freshdesk, site.bill]) {
      expect(new Set(calls.map(({ method }) => method))).toEqual(new Set(['GET']))
      expect(new Set(calls.map(({ headers }) => headers['user-agent']))).toEqual(new Set([expect.stringMatching(/^deskledger\/[\d.]+$/)]))
      expect(calls.filter(({ headers }) => headers.cookie !== undefined || headers['accept-encoding'] !== 'identity')).toEqual([])
      expect(most).toBe(1)
    }
    const order = (calls: { path: string }[]) => [...new Set(calls.map(({ path }) => path.replace(/\/(\d+|txr_\w+)$/, '/{id}')))]
    expect(order(site.freshdesk.calls)).toEqual(['/roles', '/admin/groups', '/agents', '/agents/{id}'])
    expect(order(site.bill.calls)).toEqual(['/users', '/budgets', '/cards', '/transactions', '/transactions/{id}'])
  })

  it('rebuild every address from its parameters', async () => {
    await site.bring()
    const queries = site.bill.calls.filter(({ path }) => path === '/cards').map(({ query }) => [...query.keys()])
    for (const keys of queries) expect(new Set(keys).size).toBe(keys.length)
    const pages = site.freshdesk.calls.filter(({ path }) => path === '/agents').map(({ query }) => `${query}`)
    expect(pages).toEqual([1, 2, 3, 1, 2, 3].map(page => `per_page=4&page=${page}`))
  })

  it.each([
    ['freshdesk', 60],
    ['bill', 50],
  ] as const)('of %s are at most %d in any minute', async (name, perMinute) => {
    await site.close()
    site = await createSite({ agents: 60, transactions: 60, change: config => ({ ...config, calls_per_minute: perMinute }) })
    const sources = site.options().sources.filter(({ source }) => source === name)
    expect((await site.bring({ sources, testHosts: { [name]: site[name].host } })).code).toBe(0)
    expect(site[name].calls.length).toBeGreaterThan(perMinute)
    expect(mostInAMinute(site[name].calls)).toBe(perMinute)
  })

  it('become rarer when others use the quota up', async () => {
    await site.close()
    site = await createSite({ agents: 60, limit: 100, change: config => ({ ...config, calls_per_minute: 60 }) })
    site.freshdesk.others = 70
    const sources = site.options().sources.filter(({ source }) => source === 'freshdesk')
    const { code } = await site.bring({ sources, testHosts: { freshdesk: site.freshdesk.host } })
    expect([code, site.freshdesk.over]).toEqual([0, 0])
    expect(mostInAMinute(site.freshdesk.calls)).toBeLessThan(30)
  })
})

describe('a dry run', () => {
  it('says what would be asked, calls nothing and writes nothing', () => {
    const { batch, lines, missing } = dryRun({ sources: readSources([]), dataDir: site.dataDir, env: environment, now: site.clock.now() })
    expect([batch, missing]).toEqual(['sync-2026-01-05', []])
    expect(lines).toContain('freshdesk: acme.freshdesk.com, 60 calls a minute')
    expect(lines).toContain(
      '  agents: GET https://acme.freshdesk.com/api/v2/agents?per_page=100&page=1 and each next page, again until two walks agree',
    )
    expect(lines).toContain('  agent_details: GET https://acme.freshdesk.com/api/v2/agents/{id} for each id of agents')
    expect(lines.join('\n')).toContain(
      '  cards (deleted): GET https://gateway.prod.bill.com/connect/v3/spend/cards?filters=status%3Aeq%3ADELETED&max=100 and each next token',
    )
    expect(filesBelow(site.dataDir)).toEqual([])
    for (const secret of Object.values(secrets)) expect(lines.join('\n')).not.toContain(secret)
  })

  it('says how many calls it was last time, and what is missing', async () => {
    await site.bring()
    const env = { FRESHDESK_SUBDOMAIN: 'acme', FRESHDESK_API_KEY: secrets.freshdesk }
    const { lines, missing } = dryRun({ sources: readSources([]), dataDir: site.dataDir, env })
    expect(missing).toEqual(['BILL_API_TOKEN is not set (the secret of bill)'])
    expect(lines.join('\n')).toContain('bill: https://gateway.{environment}.bill.com/connect/v3/spend, 50 calls a minute')
    // The marker has the test's host: replace it by Freshdesk's.
    const file = join(site.dataDir, 'sync-2026-01-05/_COMPLETE')
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(site.freshdesk.host.slice(7), 'acme.freshdesk.com'))
    const again = dryRun({ sources: readSources(['freshdesk']), dataDir: site.dataDir, env }).lines
    // Two walks of 2 + 1 + 3 pages, and 12 agents.
    expect(again[0]).toBe('freshdesk: acme.freshdesk.com, 60 calls a minute, about 24 calls, as last time, 24 s')
    expect(again.join('\n')).toMatch(/agents: GET \S+ and each next page, again until two walks agree, 6 calls last time/)
  })
})

describe('a preflight', () => {
  const look = (env: Record<string, string> = environment) => {
    const { sources, signal, clock, testHosts } = site.options()
    return preflight({ sources, env, signal, clock, testHosts: testHosts! })
  }

  it('makes one call to each source and says whose key it is', async () => {
    const [freshdesk, bill] = await look()
    expect(bill).toMatchObject({ source: 'bill', who: 'Ana, Novak 0, ana0@example.com, ADMIN', problems: [], exitCode: 0 })
    const { contact } = site.desk.agents[0]!.fields as { contact: Record<string, string> }
    expect(freshdesk).toMatchObject({
      host: site.freshdesk.host.slice(7),
      who: `${contact.name}, ${contact.email}`,
      problems: [],
      exitCode: 0,
    })
    expect(site.bill.calls.map(({ path }) => path)).toEqual(['/users/current'])
    expect(site.freshdesk.calls.map(({ path }) => path)).toEqual(['/agents/me'])
  })

  it('says what is missing, for each source by itself', async () => {
    const [freshdesk, bill] = await look({
      FRESHDESK_SUBDOMAIN: 'acme',
      FRESHDESK_API_KEY: 'another-key-altogether',
      BILL_ENVIRONMENT: 'prod',
    })
    expect(bill).toMatchObject({ exitCode: 2, problems: [expect.stringContaining('BILL_API_TOKEN is not set')] })
    expect(freshdesk).toMatchObject({
      exitCode: 3,
      problems: [expect.stringMatching(/freshdesk GET \/api\/v2\/agents\/me failed: 401.*Check FRESHDESK_API_KEY/)],
    })
  })

  it('says when the token is no administrator’s', async () => {
    site.bill.spend.users = site.spend.users.map(row => ({ ...row, json: row.json.replace('"ADMIN"', '"MEMBER"') }))
    const [, bill] = await look()
    expect(bill).toMatchObject({
      exitCode: 3,
      problems: ['The role of this key is MEMBER, ADMIN is needed: some lists may be incomplete or refused'],
    })
  })
})

describe('another source of the same shape', () => {
  it('is a YAML file', async () => {
    const { startFake } = await import('../extract/server.ts')
    const rows = (path: string) => (path === '/agents' ? site.desk.agents : path === '/groups' ? site.desk.admin_groups : site.desk.roles)
    const fake = await startFake({
      base: '/api/v2',
      secret: 'x',
      now: site.clock.now,
      answer: ({ path, query }) => {
        const [page, size] = [Number(query.get('page')), Number(query.get('per_page'))]
        const shown = rows(path).slice((page - 1) * size, page * size)
        return { status: 200, headers: {}, body: Buffer.from(`{"${path.slice(1)}":[${texts(shown).join(',')}]}`) }
      },
    })
    const sources = readSources(['freshservice']).map(config => smaller(config, 4))
    const env = { FRESHSERVICE_SUBDOMAIN: 'acme', FRESHSERVICE_API_KEY: 'fs-Kx7qT2mVw9RbLz3P' }
    const { code, extracted } = await site.bring({ sources, env, testHosts: { freshservice: fake.host } })
    await fake.close()
    expect(code).toBe(0)
    expect(Object.entries(extracted!.marker.entities).map(([name, { rows, parts }]) => [name, rows, parts[0]!.ended_by])).toEqual([
      ['freshservice_roles', 8, 'empty-probe'],
      ['freshservice_groups', 4, 'empty-probe'],
      ['freshservice_agents', 10, 'short-page'],
    ])
  })
})

describe('progress', () => {
  it('tells how far each walk is, by the last run', async () => {
    await site.bring()
    site.clock.pass(86_400_000)
    const events: ExtractEvent[] = []
    await site.bring({ onEvent: event => events.push(event) })
    const of = (entity: string) => events.flatMap(event => (event.kind === 'walked' && event.entity === entity ? [event] : []))
    expect(of('agents').map(({ walk, pages, of, rows, isDone }) => [walk, pages, of, rows, isDone])).toEqual([
      [1, 1, 3, 4, false],
      [1, 2, 3, 8, false],
      [1, 3, 3, 10, false],
      [2, 1, 3, 4, false],
      [2, 2, 3, 8, false],
      [2, 3, 3, 10, false],
      [2, 3, 3, 10, true],
    ])
    const [, second] = of('agent_details')
    expect(second).toMatchObject({ pages: 2, of: 12, rows: 2 })
    // Ten are left, each of which takes as long as one of the two.
    expect(second!.millisecondsLeft).toBeGreaterThan(0)
    expect(of('agent_details').at(-1)).toMatchObject({ isDone: true, millisecondsLeft: undefined })
  })
})

describe('an optional entity', () => {
  it('that is switched on comes with a file for each agent', async () => {
    const sources = site
      .options()
      .sources.map(config => ({ ...config, entities: config.entities.map(entry => ({ ...entry, enabled: true })) }))
    const { extracted } = await site.bring({ sources })
    expect(extracted!.marker.entities.agent_availability).toMatchObject({ complete: true, required: false, rows: 10 })
  })
})

it('is not made of no source', async () => {
  expect(await site.bring({ sources: [], testHosts: {} })).toMatchObject({ code: 2, said: expect.stringContaining('No source to extract') })
})

it('makes the data folder where there is none', async () => {
  rmSync(site.dataDir, { recursive: true })
  mkdirSync(site.dataDir)
  const { code } = await site.bring({ dataDir: join(site.dataDir, 'new', 'data') })
  expect([code, batchesIn(join(site.dataDir, 'new', 'data'))]).toEqual([0, ['sync-2026-01-05']])
})
