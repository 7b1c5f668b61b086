import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FaultKind } from '../extract/faults.ts'
import { always, createFaultySite, type FaultySite, once } from '../extract/faulty.ts'
import { callsByPath } from '../extract/server.ts'

let site: FaultySite
beforeEach(async () => {
  site = await createFaultySite()
})
afterEach(() => site.end())

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
    const outcome = await site.bringWith([once(kind)], [], kind.startsWith('slow') ? 2 : 30)
    site.expectWhole(outcome)
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
      const outcome = await site.bringWith([always(kind, '/roles')], [], kind.startsWith('slow') ? 0.2 : 30)
      site.expectNothing(outcome)
      expect(outcome.code).toBe(4)
      expect(outcome.said).toMatch(/^freshdesk GET \/api\/v2\/roles page 1 failed: .*, after 6 tries\n.*Run extract again later/)
      expect(callsByPath(site.freshdesk.calls)).toEqual({ '/roles': 6 })
    },
  )

  it('is asked for so often in a run, and no more', async () => {
    await site.end()
    site = await createFaultySite(config => ({ ...config, retry_budget: 8 }))
    const faults = ['/roles', '/admin/groups', '/agents'].flatMap(path => [1, 2, 3, 4].map(nth => once('503', path, nth)))
    const outcome = await site.bringWith(faults)
    site.expectNothing(outcome)
    expect(outcome.code).toBe(4)
    expect(outcome.said).toContain('after the 8 retries of a run')
  })

  it.each(['BDC_1322', 'BDC_1322-200', 'BDC_1001-v2'] as FaultKind[])('of BILL is known by the code in the body: %s', async kind => {
    const outcome = await site.bringWith([], [once(kind, '/cards')])
    site.expectWhole(outcome)
    expect(outcome.extracted!.marker.entities.cards!.retries).toBe(1)
  })

  it('of BILL within the hour is waited for', async () => {
    const outcome = await site.bringWith([], [once('BDC_1144', '/cards')])
    site.expectWhole(outcome)
    expect(Math.max(...site.clock.waits)).toBeGreaterThan(3_590_000)
  })

  it('of BILL within the hour ends the run when the deadline comes first', async () => {
    site.bill.faults = [once('BDC_1144', '/cards')]
    const outcome = await site.bring({ deadlineMinutes: 30 })
    site.expectNothing(outcome)
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
    const outcome = await site.bringWith([once(kind, '/agents', 1)])
    site.expectNothing(outcome)
    expect([outcome.code, outcome.said]).toEqual([code, expect.stringContaining(said)])
    expect(outcome.said).toContain('No batch was made')
    expect(callsByPath(site.freshdesk.calls)['/agents']).toBe(1)
    expect(outcome.lines.filter(line => line.includes('Waiting'))).toEqual([])
  })

  it.each(['BDC_1109', 'BDC_9999'] as FaultKind[])('of BILL too, with a status of 200: %s', async kind => {
    const outcome = await site.bringWith([], [always(kind, '/users')])
    site.expectNothing(outcome)
    expect(outcome.code).toBe(kind === 'BDC_1109' ? 3 : 4)
    expect(callsByPath(site.bill.calls)).toEqual({ '/users': 1 })
  })

  it('a refusal says which key, and what it must be', async () => {
    const { said } = await site.bringWith([always('403', '/admin/groups')])
    expect(said).toMatch(
      /freshdesk GET \/api\/v2\/admin\/groups page 1 failed: 403 .*\nThis needs the key of an administrator: check FRESHDESK_API_KEY, then run extract again/,
    )
  })

  it('a refusal that was a moment’s is no loss: the next run is whole', async () => {
    expect((await site.bringWith([once('403', '/agents', 1)])).code).toBe(3)
    site.freshdesk.faults = []
    site.expectWhole(await site.bring())
  })

  it('an error that echoes the key does not show it', async () => {
    const { code, said } = await site.bringWith([always('echo-403', '/roles')])
    expect(code).toBe(3)
    expect(said).toContain('"The key [secret] may not","header":"[secret]"')
  })

  it('one source that fails ends the other', async () => {
    const outcome = await site.bringWith([always('401', '/roles')])
    expect(outcome.code).toBe(3)
    expect(site.bill.calls.length).toBeLessThan(5)
  })
})
