import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Fault, FaultKind } from '../extract/faults.ts'
import { callsByPath } from '../extract/server.ts'
import { batchesIn, createSite, filesBelow, impatient, type Outcome, recordsOf, type Site, secrets } from '../extract/site.ts'

let site: Site
let before: Record<string, string>
beforeEach(async () => {
  site = await createSite()
  mkdirSync(join(site.dataDir, 'sync-2026-01-04', 'agents'), { recursive: true })
  writeFileSync(join(site.dataDir, 'sync-2026-01-04', 'agents', '1.json'), '[{"id":1}]')
  before = contents(site.dataDir)
})
// Whatever went wrong: no secret left for elsewhere or for the disk, and what was there is there.
afterEach(async () => {
  expect(site.foreign.calls).toEqual([])
  const after = contents(site.dataDir)
  expect(after).toMatchObject(before)
  for (const text of Object.values(after)) for (const secret of Object.values(secrets)) expect(text).not.toContain(secret)
  await site.close()
})

const contents = (folder: string) => Object.fromEntries(filesBelow(folder).map(name => [name, readFileSync(join(folder, name), 'latin1')]))
const texts = (rows: Iterable<{ json: string }>) => [...rows].map(({ json }) => json)

/** Extracts with faults, and checks that nothing it says holds a secret. */
async function bringWith(freshdesk: Fault[], bill: Fault[] = [], seconds = 30): Promise<Outcome> {
  site.freshdesk.faults = freshdesk
  site.bill.faults = bill
  const outcome = await site.bring({ sources: impatient(site.options().sources, seconds) })
  const said = [outcome.said, ...outcome.lines].join('\n')
  for (const secret of Object.values(secrets))
    for (const form of [secret, Buffer.from(secret).toString('base64'), Buffer.from(`${secret}:X`).toString('base64')])
      expect(said).not.toContain(form)
  return outcome
}

const always = (kind: FaultKind, path = '/agents'): Fault => ({ path, nth: 'always', kind })
const once = (kind: FaultKind, path = '/agents', nth = 2): Fault => ({ path, nth, kind })

/** Nothing was made, and the working folder is no batch. */
function expectNothing({ extracted }: Outcome): void {
  expect(extracted).toBeUndefined()
  expect(batchesIn(site.dataDir)).toEqual(['sync-2026-01-04'])
}

/** The batch holds what the servers know now. */
function expectWhole({ code, said, extracted }: Outcome): void {
  expect([code, said]).toEqual([0, ''])
  const { folder, marker } = extracted!
  const { desk, spend } = site
  for (const [entity, rows] of Object.entries({
    roles: desk.roles,
    admin_groups: desk.admin_groups,
    agents: desk.agents,
    users: spend.users,
    budgets: spend.budgets,
  }))
    expect(recordsOf(folder, entity), entity).toEqual(texts(rows))
  expect(recordsOf(folder, 'cards').sort()).toEqual(texts(spend.cards).sort())
  expect(recordsOf(folder, 'transactions').sort()).toEqual(texts([...spend.transactions, ...spend.children.values()]).sort())
  expect(Object.values(marker.entities).every(({ complete, unstable }) => complete && !unstable)).toBe(true)
}

describe('what passes', () => {
  it.each([
    ['429-seconds', 30_000, 30_000],
    ['429-date', 44_000, 45_000],
    ['429-absent', 0, 60_000],
    ['429-junk', 0, 60_000],
    ['429-year', 900_000, 900_000],
    ['500', 0, 60_000],
    ['502', 0, 60_000],
    ['503', 5000, 60_000],
    ['cut-plain', 0, 60_000],
    ['cut-gzip', 0, 60_000],
    ['short-length', 0, 60_000],
    ['long-length', 0, 60_000],
    ['not-utf8', 0, 60_000],
    ['reset', 0, 60_000],
    ['slow-headers', 0, 60_000],
    ['slow-drip', 0, 60_000],
  ] as [FaultKind, number, number][])('is asked again, the same page: %s', async (kind, least, most) => {
    const outcome = await bringWith([once(kind)], [], kind.startsWith('slow') ? 2 : 30)
    expectWhole(outcome)
    expect(site.freshdesk.struck).toHaveLength(1)
    expect(outcome.extracted!.marker.entities.agents).toMatchObject({ retries: 1, pages: 3 })
    expect(site.freshdesk.calls.filter(({ path }) => path === '/agents').map(({ query }) => query.get('page'))).toEqual([
      '1',
      '2',
      '2',
      '3',
      '1',
      '2',
      '3',
    ])
    const [pause] = outcome.lines.filter(line => line.includes('Waiting'))
    expect(pause).toContain('after freshdesk GET /api/v2/agents page 2: ')
    const longest = Math.max(...site.clock.waits)
    expect([longest >= least, longest <= most]).toEqual([true, true])
  })

  it.each(['429-seconds', '500', 'cut-plain', 'cut-gzip', 'not-utf8', 'reset', 'slow-headers', 'slow-drip'] as FaultKind[])(
    'and does not, ends the run as incomplete: %s',
    async kind => {
      const outcome = await bringWith([always(kind, '/roles')], [], kind.startsWith('slow') ? 0.2 : 30)
      expectNothing(outcome)
      expect(outcome.code).toBe(4)
      expect(outcome.said).toMatch(/^freshdesk GET \/api\/v2\/roles page 1 failed: .*, after 6 tries\n.*Run extract again later/)
      expect(callsByPath(site.freshdesk.calls)).toEqual({ '/roles': 6 })
    },
  )

  it('is asked for so often in a run, and no more', async () => {
    await site.close()
    site = await createSite({ change: config => ({ ...config, retry_budget: 8 }) })
    before = {}
    const faults = ['/roles', '/admin/groups', '/agents'].flatMap(path => [1, 2, 3, 4].map(nth => once('503', path, nth)))
    const outcome = await bringWith(faults)
    expectNothing_(outcome)
    expect(outcome.said).toContain('after the 8 retries of a run')
  })

  const expectNothing_ = ({ code, extracted }: Outcome) => expect([code, extracted, batchesIn(site.dataDir)]).toEqual([4, undefined, []])

  it.each(['BDC_1322', 'BDC_1322-200', 'BDC_1001-v2'] as FaultKind[])('of BILL is known by the code in the body: %s', async kind => {
    const outcome = await bringWith([], [once(kind, '/cards')])
    expectWhole(outcome)
    expect(outcome.extracted!.marker.entities.cards!.retries).toBe(1)
  })

  it('of BILL within the hour is waited for', async () => {
    const outcome = await bringWith([], [once('BDC_1144', '/cards')])
    expectWhole(outcome)
    expect(Math.max(...site.clock.waits)).toBeGreaterThan(3_590_000)
  })

  it('of BILL within the hour ends the run when the deadline comes first', async () => {
    site.bill.faults = [once('BDC_1144', '/cards')]
    const outcome = await site.bring({ deadlineMinutes: 30 })
    expectNothing(outcome)
    expect([outcome.code, outcome.said.split('\n')[0]]).toEqual([4, 'Deadline reached before bill GET /connect/v3/spend/cards'])
    expect(Math.max(...site.clock.waits)).toBeLessThan(60_000)
  })
})

describe('what is final', () => {
  it.each([
    ['401', 3, 'failed: 401 invalid_credentials: {'],
    ['403', 3, 'failed: 403 access_denied: {'],
    ['word-200', 3, '200 with "unauthorized" in the body'],
    ['400', 4, 'Validation failed'],
    ['404', 4, 'page 1 failed: 404\n'],
    ['html-200', 4, '200 with a web page instead of JSON'],
    ['login-object', 4, '200 with a body that is not a list of records: {"require_login":true}'],
    ['BDC_9999', 4, '200 with a body that is not a list of records with id'],
    ['redirect', 4, '302, a redirect to 127.0.0.1:'],
    ['more-rows', 4, 'rows on a page, per_page=4 was requested'],
    ['link-foreign', 4, 'leads to http://127.0.0.1:'],
    ['link-scheme', 4, 'leads to https://127.0.0.1:'],
    ['link-port', 4, 'leads to http://127.0.0.1:1, not to'],
    ['link-path', 4, 'leads to /api/v2/contacts, not to /api/v2/agents'],
    ['link-same', 4, 'leads from page 1 to page 1'],
    ['link-skip', 4, 'leads from page 1 to page 3'],
  ] as [FaultKind, number, string][])('ends the run at once: %s', async (kind, code, said) => {
    const outcome = await bringWith([once(kind, '/agents', 1)])
    expectNothing(outcome)
    expect([outcome.code, outcome.said]).toEqual([code, expect.stringContaining(said)])
    expect(outcome.said).toContain('No batch was made')
    expect(callsByPath(site.freshdesk.calls)['/agents']).toBe(1)
    expect(outcome.lines.filter(line => line.includes('Waiting'))).toEqual([])
  })

  it.each(['BDC_1109', 'BDC_9999'] as FaultKind[])('of BILL too, with a status of 200: %s', async kind => {
    const outcome = await bringWith([], [always(kind, '/users')])
    expectNothing(outcome)
    expect(outcome.code).toBe(kind === 'BDC_1109' ? 3 : 4)
    expect(callsByPath(site.bill.calls)).toEqual({ '/users': 1 })
  })

  it('a refusal says which key, and what it must be', async () => {
    const { said } = await bringWith([always('403', '/admin/groups')])
    expect(said).toMatch(
      /freshdesk GET \/api\/v2\/admin\/groups page 1 failed: 403 .*\nThis needs the key of an administrator: check FRESHDESK_API_KEY, then run extract again/,
    )
  })

  it('a refusal that was a moment’s is no loss: the next run is whole', async () => {
    expect((await bringWith([once('403', '/agents', 1)])).code).toBe(3)
    site.freshdesk.faults = []
    expectWhole(await site.bring())
  })

  it('an error that echoes the key does not show it', async () => {
    const { code, said } = await bringWith([always('echo-403', '/roles')])
    expect(code).toBe(3)
    expect(said).toContain('"The key [secret] may not","header":"[secret]"')
  })

  it('one source that fails ends the other', async () => {
    const outcome = await bringWith([always('401', '/roles')])
    expect(outcome.code).toBe(3)
    expect(site.bill.calls.length).toBeLessThan(5)
  })
})

describe('the end of a list', () => {
  it('is looked for behind a full page whose Link was lost', async () => {
    const faults = [always('link-gone')]
    const outcome = await bringWith(faults)
    expectWhole(outcome)
    expect(outcome.extracted!.marker.entities.agents!.parts[0]).toMatchObject({ ended_by: 'short-page', pages: 3 })
  })

  it('is no page number that somebody set', async () => {
    await site.close()
    site = await createSite({ change: config => ({ ...config, entities: config.entities.map(entry => ({ ...entry, max_pages: 2 })) }) })
    before = {}
    const { code, said, extracted } = await site.bring()
    expect([code, extracted, batchesIn(site.dataDir)]).toEqual([4, undefined, []])
    expect(said).toContain('has more than 2 pages')
  })

  it('is not an empty page with a token', async () => {
    site.bill.tokens = ['empty page']
    const outcome = await bringWith([])
    expectWhole(outcome)
    // Two walks over three pages, and the empty one.
    expect(callsByPath(site.bill.calls)['/users']).toBe(7)
  })

  it.each(['repeated', 'loop'] as const)('is not a token that comes again: %s once, and the list is walked anew', async trick => {
    site.bill.tokens = [trick]
    const outcome = await bringWith([])
    expectWhole(outcome)
    expect(outcome.extracted!.marker.entities.users!.parts[0]!.walks).toBe(3)
  })

  it.each(['repeated', 'loop', 'empty loop'] as const)('is not a token that comes again: %s for ever, and the run ends', async trick => {
    site.bill.tokens = Array.from({ length: 1000 }, () => trick)
    const outcome = await bringWith([])
    expectNothing(outcome)
    expect([outcome.code, outcome.said]).toEqual([
      4,
      expect.stringMatching(
        /Could not find the end of users \(\/users\) in 3 walks: (page \d repeats page \d|nextPage of page \d was given before)/,
      ),
    ])
    expect(callsByPath(site.bill.calls)['/users']).toBeLessThan(13)
  })

  it.each(['with', 'without'])('is not there when a page comes again and again, %s a Link', async how => {
    site.freshdesk.before = ({ path, query }) => {
      if (path === '/agents') query.set('page', '1')
    }
    const outcome = await bringWith(how === 'with' ? [] : [always('link-gone')])
    expectNothing(outcome)
    expect(outcome.said).toContain('Could not find the end of agents (/agents) in 3 walks: page 2 repeats page 1')
  })
})

describe('a list that changes while it is walked', () => {
  it('is walked until two walks agree: a row that goes makes the next page skip one', async () => {
    site.freshdesk.before = ({ path }, nth) => {
      if (path === '/agents' && nth === 2) site.desk.agents.splice(0, 1)
    }
    const outcome = await bringWith([])
    expectWhole(outcome)
    expect(outcome.extracted!.marker.entities.agents).toMatchObject({ rows: 9, parts: [{ walks: 3 }] })
  })

  it('nor is one missed in the lists of BILL', async () => {
    site.bill.before = ({ path }, nth) => {
      if (path === '/users' && nth === 2) site.spend.users.splice(0, 1)
    }
    expectWhole(await bringWith([]))
  })

  it('is walked again when a row comes and shifts one onto two pages', async () => {
    site.freshdesk.before = ({ path }, nth) => {
      if (path === '/agents' && nth === 2) site.desk.agents.unshift(site.desk.details.get('69019999991')!)
    }
    const outcome = await bringWith([])
    expectWhole(outcome)
    expect(outcome.extracted!.marker.entities.agents).toMatchObject({ rows: 11, distinct: 11, parts: [{ walks: 3 }] })
  })

  it('and never stands still, is no proof of absence', async () => {
    site.freshdesk.before = ({ path, query }) => {
      if (path === '/agents' && query.get('page') === '2') site.desk.agents.splice(4, 1)
    }
    const outcome = await bringWith([])
    expect(outcome.code).toBe(0)
    expect(outcome.extracted!.marker.entities.agents).toMatchObject({
      complete: false,
      unstable: true,
      parts: [{ walks: 3, reason: 'the list changed during each of 3 walks' }],
    })
    expect(outcome.lines).toContain(
      'agents changed during each of its walks: rows may be missing; records missing from it are not treated as removed',
    )
  })

  it('that really holds an id twice is what it is', async () => {
    site.desk.agents.push(site.desk.agents[0]!)
    const outcome = await bringWith([])
    expectWhole(outcome)
    expect(outcome.extracted!.marker.entities.agents).toMatchObject({ complete: true, rows: 11, distinct: 10 })
  })

  it('of transactions is walked again when one shifts onto two pages', async () => {
    const late = site.spend.transactions.at(-1)!
    const early = { ...late, id: 'txr_early', json: late.json.replace(late.id, 'txr_early') }
    site.bill.before = ({ path, query }) => {
      // At the second page of the first month, in which it is the first.
      if (path === '/transactions' && query.has('nextPage') && site.spend.transactions[0]!.id !== early.id) {
        const occurredTime = site.spend.transactions[0]!.fields.occurredTime as string
        early.json = early.json.replace(/"occurredTime":"[^"]*"/, `"occurredTime":"${occurredTime}"`)
        site.spend.transactions.unshift({ ...early, fields: { ...late.fields, occurredTime } })
      }
    }
    const sources = site.options().sources.map(config => ({ ...config, entities: config.entities.map(({ slices: _, ...entry }) => entry) }))
    const outcome = await site.bring({ sources })
    expectWhole(outcome)
    expect(outcome.extracted!.marker.entities.transactions!.parts[0]).toMatchObject({ name: 'all', walks: 2 })
  })
})

describe('a record that vanishes meanwhile', () => {
  const agentAt = (at: number) => site.desk.agents[at]!.id

  it('is noted and passed over', async () => {
    const outcome = await bringWith([always('404', `/agents/${agentAt(3)}`)])
    expect(outcome.code).toBe(0)
    const { agent_details } = outcome.extracted!.marker.entities
    expect(agent_details).toMatchObject({ complete: true, rows: 10, skipped: [agentAt(3), '69019999992'] })
    expect(recordsOf(outcome.extracted!.folder, 'agent_details')).toHaveLength(10)
  })

  it('is no trifle when many do: the list is walked anew by the next run', async () => {
    const outcome = await bringWith([always('404', `/agents/${agentAt(3)}`), always('404', `/agents/${agentAt(5)}`)])
    expectNothing(outcome)
    expect([outcome.code, outcome.said]).toEqual([
      4,
      expect.stringContaining('Too many missing agent_details: 2 of 10 ids listed in agents answered 404'),
    ])
    const calls = callsByPath(site.freshdesk.calls)['/agents']
    site.freshdesk.faults = []
    expectWhole(await site.bring())
    expect(callsByPath(site.freshdesk.calls)['/agents']).toBe(2 * calls!)
  })

  it('is never another record', async () => {
    const swapped = site.desk.details.get(agentAt(5))!
    site.desk.details.set(agentAt(3), swapped)
    const outcome = await bringWith([])
    expectNothing(outcome)
    expect(outcome.said).toContain(`200 with a body that is not the record ${agentAt(3)}`)
  })

  it('a page that is none is no record either', async () => {
    const outcome = await bringWith([always('login-object', `/agents/${agentAt(3)}`)])
    expectNothing(outcome)
    expect(outcome.code).toBe(4)
  })
})

describe('what is optional', () => {
  it.each(['no', 'ignored'] as const)('is left out with its reason: deleted cards that are not offered (%s)', async deleted => {
    site.bill.deleted = deleted
    const outcome = await bringWith([])
    expect(outcome.code).toBe(0)
    const { cards } = outcome.extracted!.marker.entities
    expect(cards).toMatchObject({
      complete: true,
      parts: [
        { name: 'all', complete: true },
        { name: 'deleted', complete: false, required: false, ended_by: null },
      ],
    })
    expect(cards!.parts[1]!.reason).toMatch(deleted === 'no' ? /400/ : /record \w+: status is "ACTIVATED", "DELETED" was requested/)
    expect(cards!.files.filter(({ path }) => path.includes('deleted'))).toEqual([])
    expect(filesBelow(join(outcome.extracted!.folder, 'cards')).filter(name => name.includes('deleted'))).toEqual([])
    expect(outcome.lines.join('\n')).toContain('Skipped optional cards (deleted): ')
  })

  it.each(['400', '403', '404', '500'] as FaultKind[])('is left out: availability that answers %s', async kind => {
    const sources = site
      .options()
      .sources.map(config => ({ ...config, entities: config.entities.map(entry => ({ ...entry, enabled: true })) }))
    const id = site.desk.agents[2]!.id
    site.freshdesk.faults =
      kind === '404'
        ? site.desk.agents.map(agent => always('404', `/agents/${agent.id}/availability`))
        : [always(kind, `/agents/${id}/availability`)]
    const { code, extracted } = await site.bring({ sources })
    expect(code).toBe(0)
    expect(extracted!.marker.entities.agent_availability).toMatchObject({ complete: false, required: false, rows: 0, files: [] })
    expect(filesBelow(join(extracted!.folder, 'agent_availability'))).toEqual([])
  })

  it('is no reason to go on with a key that is refused', async () => {
    const outcome = await bringWith([], [{ path: '/cards', nth: 11, kind: '401' }])
    expect(site.bill.struck).toHaveLength(1)
    expect(site.bill.calls.at(-1)!.query.get('filters')).toBe('status:eq:DELETED')
    expectNothing(outcome)
    expect(outcome.code).toBe(3)
  })
})

describe('what a feed may hold', () => {
  it('a byte order mark is kept as it came', async () => {
    const outcome = await bringWith([always('bom')])
    expectWhole(outcome)
    expect(readFileSync(join(outcome.extracted!.folder, 'agents/1.json')).subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]))
  })

  it('an empty list is a whole one', async () => {
    site.spend.users.length = 0
    const outcome = await bringWith([])
    expectWhole(outcome)
    expect(outcome.extracted!.marker.entities.users).toMatchObject({ complete: true, rows: 0, pages: 1 })
  })

  it.each(['../evil', 'a/b', '-1', 'ä', 'x'.repeat(300)])('an id that cannot be part of a path ends the run: %j', async id => {
    const row = site.spend.transactions.find(({ fields }) => fields.isParent)!
    row.json = row.json.replace(/"childTransactionUuids":\["[^"]*"/, `"childTransactionUuids":[${JSON.stringify(id)}`)
    const outcome = await bringWith([])
    expectNothing(outcome)
    expect([outcome.code, outcome.said]).toEqual([4, expect.stringContaining('it cannot be part of a URL')])
  })

  it('an invalid id that only a group names is left to the warehouse', async () => {
    const [group] = site.desk.admin_groups
    group!.json = group!.json.replace(',null,-1]', ',null,-1,"../evil","-7",{}]')
    const outcome = await bringWith([])
    expectWhole(outcome)
    expect(group!.json).toContain('../evil')
    expect(outcome.extracted!.marker.entities.agent_details!.skipped).toEqual(['69019999992'])
  })
})
