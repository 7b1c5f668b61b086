import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Marker } from '../../loaders/extract/marker.ts'
import type { Row } from '../extract/data.ts'
import { createSite, type Outcome, recordsOf, type Site } from '../extract/site.ts'

let site: Site
beforeEach(async () => {
  site = await createSite({ transactions: 40 })
})
afterEach(() => site.close())

const DAY = 86_400_000
const filters = () => site.bill.calls.filter(({ path }) => path === '/transactions').map(({ query }) => query.get('filters'))
const transactionsOf = ({ extracted }: Outcome) => extracted!.marker.entities.transactions!

/** Extracts on a later day, with the published markers; gives the requested filters, each once. */
async function nextDay(
  published: Marker | undefined,
  days = 1,
  more: object = {},
): Promise<{ outcome: Outcome; asked: (string | null)[] }> {
  site.clock.pass(days * DAY)
  site.bill.calls.length = 0
  const outcome = await site.bring({ publishedMarker: () => published, ...more })
  return { outcome, asked: [...new Set(filters())] }
}

/** Changes a transaction, for example by attaching a receipt. */
function update(row: Row, at: string): void {
  row.json = row.json
    .replace(/"updatedTime":"[^"]*"/, `"updatedTime":"${at}"`)
    .replace(/"receiptStatus":"\w+"/, '"receiptStatus":"VALIDATED"')
  row.fields = { ...row.fields, updatedTime: at }
}

describe('transactions', () => {
  it('are walked whole at first, month by month', async () => {
    const outcome = await site.bring()
    const asked = filters()
    expect(asked[0]).toBeNull()
    expect(asked[1]).toBe('occurredTime:lte:"2025-02-01T00:00:00.000Z"')
    expect(asked).toContain('occurredTime:gte:"2025-06-01T00:00:00.000Z",occurredTime:lte:"2025-07-01T00:00:00.000Z"')
    expect(asked.at(-1)).toBe('occurredTime:gte:"2026-01-01T00:00:00.000Z"')
    expect(transactionsOf(outcome).parts.map(({ name }) => name)).toEqual([
      ...Array.from({ length: 12 }, (_, at) => `2025-${String(at + 1).padStart(2, '0')}`),
      '2026-01',
      'children',
    ])
    expect(recordsOf(outcome.extracted!.folder, 'transactions')).toHaveLength(site.spend.transactions.length + site.spend.children.size)
  })

  it('then from the start of the published extraction, three days before it', async () => {
    const first = (await site.bring()).extracted!.marker
    const changed = site.spend.transactions[2]!
    update(changed, '2026-01-05T10:00:00.000+00:00')
    const { outcome, asked } = await nextDay(first)
    const began = first.entities.transactions!.fetched_at![0]
    const from = new Date(Date.parse(began) - 3 * DAY).toISOString()
    expect(asked.filter(text => text !== null)).toEqual([`updatedTime:gte:"${from}"`])
    expect(transactionsOf(outcome)).toMatchObject({ complete: true, window: { field: 'updatedTime', from, to: null }, full_at: began })
    const rows = recordsOf(outcome.extracted!.folder, 'transactions')
    expect(rows).toContain(changed.json)
    expect(rows.length).toBeLessThan(site.spend.transactions.length)
    // The transactions updated since then, and the children of splits.
    const due = site.spend.transactions.filter(({ fields }) => Date.parse(String(fields.updatedTime)) >= Date.parse(from))
    const children = due.flatMap(({ fields }) => fields.childTransactionUuids as string[]).map(uuid => site.spend.children.get(uuid)!.json)
    expect(rows.sort()).toEqual([...due.map(({ json }) => json), ...children].sort())
  })

  it('of all batches together are what the server knows, however late a change came', async () => {
    const latest = new Map<string, string>()
    const learn = (outcome: Outcome) => {
      for (const text of recordsOf(outcome.extracted!.folder, 'transactions')) latest.set((JSON.parse(text) as { uuid: string }).uuid, text)
    }
    const first = await site.bring()
    learn(first)
    let published = first.extracted!.marker
    for (let day = 1; day <= 6; day++) {
      // A change in the middle of a walk, before the requested page.
      site.bill.before = ({ path, query }) => {
        if (path === '/transactions' && query.has('nextPage'))
          update(site.spend.transactions[day]!, new Date(site.clock.now()).toISOString())
      }
      const { outcome } = await nextDay(published)
      learn(outcome)
      // Every second build fails, and publishes nothing.
      if (day % 2 === 0) published = outcome.extracted!.marker
    }
    site.bill.before = () => {}
    learn((await nextDay(published)).outcome)
    expect([...latest.values()].sort()).toEqual(
      [...site.spend.transactions, ...site.spend.children.values()].map(({ json }) => json).sort(),
    )
  })

  it('go on from what was published, not from what was extracted', async () => {
    const first = (await site.bring()).extracted!.marker
    const second = (await nextDay(first)).outcome.extracted!.marker
    const again = await nextDay(first)
    expect(transactionsOf(again.outcome).window).toEqual(second.entities.transactions!.window)
    const later = await nextDay(second)
    expect(
      Date.parse(transactionsOf(later.outcome).window!.from!) - Date.parse(second.entities.transactions!.window!.from!),
    ).toBeGreaterThan(DAY - 60_000)
  })

  it('are walked whole again every thirty days, counted from the last whole walk', async () => {
    let published = (await site.bring()).extracted!.marker
    const fullAt = published.entities.transactions!.full_at
    const next = await nextDay(published, 29)
    published = next.outcome.extracted!.marker
    expect(transactionsOf(next.outcome)).toMatchObject({ full_at: fullAt, window: { field: 'updatedTime' } })
    const last = await nextDay(published, 2)
    expect(transactionsOf(last.outcome).window).toBeNull()
    expect(Date.parse(transactionsOf(last.outcome).full_at!)).toBeGreaterThan(Date.parse(fullAt!) + 30 * DAY)
  })

  it('are walked whole where nothing tells of a publish of this host', async () => {
    const first = (await site.bring()).extracted!.marker
    const isWhole = async (published: unknown, more = {}) =>
      transactionsOf((await nextDay(published as Marker, 1, more)).outcome).window === null
    const { transactions } = first.entities
    expect(await isWhole(undefined)).toBe(true)
    expect(await isWhole(null)).toBe(true)
    expect(await isWhole({ ...first, sources: [{ name: 'bill', host: 'gateway.stage.bill.com' }] })).toBe(true)
    expect(await isWhole({ ...first, entities: { transactions: { ...transactions!, complete: false } } })).toBe(true)
    expect(await isWhole({ ...first, entities: {} })).toBe(true)
    const { full_at: _, ...undated } = { ...transactions!, window: { field: 'updatedTime', from: '2026-01-02T00:00:00.000Z', to: null } }
    expect(await isWhole({ ...first, entities: { transactions: undated } })).toBe(true)
    expect(await isWhole(first, { full: true })).toBe(true)
    expect(await isWhole(JSON.stringify(first))).toBe(false)
  })

  it('are walked whole, and it is said, when the published marker cannot be read', async () => {
    await site.bring()
    const undated = (await nextDay(undefined)).outcome.extracted!.marker
    undated.entities.transactions!.fetched_at = ['yesterday', 'today']
    for (const marker of ['{"format":', { format: 2 }, { format: 1, batch: 'x' }, undated]) {
      const { outcome } = await nextDay(marker as never)
      expect(transactionsOf(outcome).window).toBeNull()
      expect(outcome.lines.join('\n')).toContain('Invalid published marker for transactions, reading everything: ')
    }
  })

  it('that do not fit what was asked for end the run: the filter was passed over', async () => {
    const first = (await site.bring()).extracted!.marker
    site.bill.before = ({ path, query }) => {
      if (path === '/transactions') query.delete('filters')
    }
    const { outcome } = await nextDay(first)
    expect([outcome.code, outcome.said]).toEqual([
      4,
      expect.stringMatching(/Unexpected rows in transactions \(\/transactions\): record txr_\w+: updatedTime is/),
    ])
    expect(outcome.said).toContain('The API ignores the filter.')
  })

  it('of a company that has none yet are one empty page', async () => {
    site.spend.transactions.length = 0
    const outcome = await site.bring()
    expect(transactionsOf(outcome)).toMatchObject({ complete: true, rows: 0, pages: 1, parts: [{ name: 'all' }, { name: 'children' }] })
  })
})

describe('a long walk that was cut off', () => {
  const months = () => filters().flatMap(text => /lte:"(\d{4}-\d\d)/.exec(text ?? '')?.[1] ?? [])

  /** Fails at the n-th call of transactions. */
  async function breakAt(nth: number): Promise<Outcome> {
    site.bill.faults = Array.from({ length: 6 }, (_, at) => ({ path: '/transactions', nth: nth + at, kind: '500' as const }))
    return site.bring()
  }

  it('goes on at its month', async () => {
    expect((await breakAt(8)).code).toBe(4)
    const before = [...new Set(months())]
    site.bill.calls.length = 0
    const { code, lines } = await site.bring()
    expect(code).toBe(0)
    expect(months().filter(month => before.slice(0, -1).includes(month))).toEqual([])
    expect(months()[0]).toBe(before.at(-1))
    expect(lines.join('\n')).toContain('bill transactions (2025-01): 1 page, 3 rows, read by an earlier run')
  })

  it('goes on the next day too, and the window after it begins where the walk began', async () => {
    expect((await breakAt(8)).code).toBe(4)
    const before = [...new Set(months())].slice(0, -1)
    expect(before.length).toBeGreaterThan(2)
    const began = site.clock.now()
    update(site.spend.transactions[0]!, new Date(began + 1000).toISOString())
    const { outcome } = await nextDay(undefined)
    expect(outcome.code).toBe(0)
    expect(months().filter(month => before.includes(month))).toEqual([])
    const marked = transactionsOf(outcome)
    expect(Date.parse(marked.fetched_at![0])).toBeLessThan(began)
    expect(marked.full_at).toBe(marked.fetched_at![0])
    // The change after its month was walked is not in this batch, but in the next window.
    expect(recordsOf(outcome.extracted!.folder, 'transactions')).not.toContain(site.spend.transactions[0]!.json)
    const next = await nextDay(outcome.extracted!.marker)
    expect(recordsOf(next.outcome.extracted!.folder, 'transactions')).toContain(site.spend.transactions[0]!.json)
  })

  it('begins anew when it lay for longer than whole walks are apart', async () => {
    expect((await breakAt(8)).code).toBe(4)
    const before = [...new Set(months())]
    const { outcome } = await nextDay(undefined, 31)
    expect(outcome.code).toBe(0)
    expect(new Set(months())).toEqual(new Set([...months(), ...before]))
  })

  it('lists of people are walked anew the next day', async () => {
    expect((await breakAt(8)).code).toBe(4)
    site.freshdesk.calls.length = 0
    await nextDay(undefined)
    expect(site.freshdesk.calls.some(({ path }) => path === '/agents')).toBe(true)
    expect(site.bill.calls.some(({ path }) => path === '/users')).toBe(true)
  })
})
