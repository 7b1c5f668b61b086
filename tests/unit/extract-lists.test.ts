import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FaultKind } from '../extract/faults.ts'
import { always, createFaultySite, type FaultySite } from '../extract/faulty.ts'
import { callsByPath } from '../extract/server.ts'
import { filesBelow, recordsOf } from '../extract/site.ts'

let site: FaultySite
beforeEach(async () => {
  site = await createFaultySite()
})
afterEach(() => site.end())

describe('the end of a list', () => {
  it('is looked for behind a full page whose Link was lost', async () => {
    const faults = [always('link-gone')]
    const outcome = await site.bringWith(faults)
    site.expectWhole(outcome)
    expect(outcome.extracted!.marker.entities.agents!.parts[0]).toMatchObject({ ended_by: 'short-page', pages: 3 })
  })

  it('is no page number that somebody set', async () => {
    await site.end()
    site = await createFaultySite(config => ({ ...config, entities: config.entities.map(entry => ({ ...entry, max_pages: 2 })) }))
    const outcome = await site.bring()
    site.expectNothing(outcome)
    expect(outcome.code).toBe(4)
    expect(outcome.said).toContain('has more than 2 pages')
  })

  it('is not an empty page with a token', async () => {
    site.bill.tokens = ['empty page']
    const outcome = await site.bringWith([])
    site.expectWhole(outcome)
    // Two walks over three pages, and the empty one.
    expect(callsByPath(site.bill.calls)['/users']).toBe(7)
  })

  it.each(['repeated', 'loop'] as const)('is not a token that comes again: %s once, and the list is walked anew', async trick => {
    site.bill.tokens = [trick]
    const outcome = await site.bringWith([])
    site.expectWhole(outcome)
    expect(outcome.extracted!.marker.entities.users!.parts[0]!.walks).toBe(3)
  })

  it.each(['repeated', 'loop', 'empty loop'] as const)('is not a token that comes again: %s for ever, and the run ends', async trick => {
    site.bill.tokens = Array.from({ length: 1000 }, () => trick)
    const outcome = await site.bringWith([])
    site.expectNothing(outcome)
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
    const outcome = await site.bringWith(how === 'with' ? [] : [always('link-gone')])
    site.expectNothing(outcome)
    expect(outcome.said).toContain('Could not find the end of agents (/agents) in 3 walks: page 2 repeats page 1')
  })
})

describe('a list that changes while it is walked', () => {
  it('is walked until two walks agree: a row that goes makes the next page skip one', async () => {
    site.freshdesk.before = ({ path }, nth) => {
      if (path === '/agents' && nth === 2) site.desk.agents.splice(0, 1)
    }
    const outcome = await site.bringWith([])
    site.expectWhole(outcome)
    expect(outcome.extracted!.marker.entities.agents).toMatchObject({ rows: 9, parts: [{ walks: 3 }] })
  })

  it('nor is one missed in the lists of BILL', async () => {
    site.bill.before = ({ path }, nth) => {
      if (path === '/users' && nth === 2) site.spend.users.splice(0, 1)
    }
    site.expectWhole(await site.bringWith([]))
  })

  it('is walked again when a row comes and shifts one onto two pages', async () => {
    site.freshdesk.before = ({ path }, nth) => {
      if (path === '/agents' && nth === 2) site.desk.agents.unshift(site.desk.details.get('69019999991')!)
    }
    const outcome = await site.bringWith([])
    site.expectWhole(outcome)
    expect(outcome.extracted!.marker.entities.agents).toMatchObject({ rows: 11, distinct: 11, parts: [{ walks: 3 }] })
  })

  it('and never stands still, is no proof of absence', async () => {
    site.freshdesk.before = ({ path, query }) => {
      if (path === '/agents' && query.get('page') === '2') site.desk.agents.splice(4, 1)
    }
    const outcome = await site.bringWith([])
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
    const outcome = await site.bringWith([])
    site.expectWhole(outcome)
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
    site.expectWhole(outcome)
    expect(outcome.extracted!.marker.entities.transactions!.parts[0]).toMatchObject({ name: 'all', walks: 2 })
  })
})

describe('a record that vanishes meanwhile', () => {
  const agentAt = (at: number) => site.desk.agents[at]!.id

  it('is noted and passed over', async () => {
    const outcome = await site.bringWith([always('404', `/agents/${agentAt(3)}`)])
    expect(outcome.code).toBe(0)
    const { agent_details } = outcome.extracted!.marker.entities
    expect(agent_details).toMatchObject({ complete: true, rows: 10, skipped: [agentAt(3), '69019999992'] })
    expect(recordsOf(outcome.extracted!.folder, 'agent_details')).toHaveLength(10)
  })

  it('is no trifle when many do: the list is walked anew by the next run', async () => {
    const outcome = await site.bringWith([always('404', `/agents/${agentAt(3)}`), always('404', `/agents/${agentAt(5)}`)])
    site.expectNothing(outcome)
    expect([outcome.code, outcome.said]).toEqual([
      4,
      expect.stringContaining('Too many missing agent_details: 2 of 10 ids listed in agents answered 404'),
    ])
    const calls = callsByPath(site.freshdesk.calls)['/agents']
    site.freshdesk.faults = []
    site.expectWhole(await site.bring())
    expect(callsByPath(site.freshdesk.calls)['/agents']).toBe(2 * calls!)
  })

  it('is never another record', async () => {
    const swapped = site.desk.details.get(agentAt(5))!
    site.desk.details.set(agentAt(3), swapped)
    const outcome = await site.bringWith([])
    site.expectNothing(outcome)
    expect(outcome.said).toContain(`200 with a body that is not the record ${agentAt(3)}`)
  })

  it('a page that is none is no record either', async () => {
    const outcome = await site.bringWith([always('login-object', `/agents/${agentAt(3)}`)])
    site.expectNothing(outcome)
    expect(outcome.code).toBe(4)
  })
})

describe('what is optional', () => {
  it.each(['no', 'ignored'] as const)('is left out with its reason: deleted cards that are not offered (%s)', async deleted => {
    site.bill.deleted = deleted
    const outcome = await site.bringWith([])
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
    const outcome = await site.bringWith([], [{ path: '/cards', nth: 11, kind: '401' }])
    expect(site.bill.struck).toHaveLength(1)
    expect(site.bill.calls.at(-1)!.query.get('filters')).toBe('status:eq:DELETED')
    site.expectNothing(outcome)
    expect(outcome.code).toBe(3)
  })
})

describe('what a feed may hold', () => {
  it('a byte order mark is kept as it came', async () => {
    const outcome = await site.bringWith([always('bom')])
    site.expectWhole(outcome)
    expect(readFileSync(join(outcome.extracted!.folder, 'agents/1.json')).subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]))
  })

  it('an empty list is a whole one', async () => {
    site.spend.users.length = 0
    const outcome = await site.bringWith([])
    site.expectWhole(outcome)
    expect(outcome.extracted!.marker.entities.users).toMatchObject({ complete: true, rows: 0, pages: 1 })
  })

  it.each(['../evil', 'a/b', '-1', 'ä', 'x'.repeat(300)])('an id that cannot be part of a path ends the run: %j', async id => {
    const row = site.spend.transactions.find(({ fields }) => fields.isParent)!
    row.json = row.json.replace(/"childTransactionUuids":\["[^"]*"/, `"childTransactionUuids":[${JSON.stringify(id)}`)
    const outcome = await site.bringWith([])
    site.expectNothing(outcome)
    expect([outcome.code, outcome.said]).toEqual([4, expect.stringContaining('it cannot be part of a URL')])
  })

  it('an invalid id that only a group names is left to the warehouse', async () => {
    const [group] = site.desk.admin_groups
    group!.json = group!.json.replace(',null,-1]', ',null,-1,"../evil","-7",{}]')
    const outcome = await site.bringWith([])
    site.expectWhole(outcome)
    expect(group!.json).toContain('../evil')
    expect(outcome.extracted!.marker.entities.agent_details!.skipped).toEqual(['69019999992'])
  })
})
