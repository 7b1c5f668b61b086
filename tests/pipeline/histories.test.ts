import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { card, feedOf, group, person, transaction } from './rules/by-hand.ts'
import type { Feed } from './rules/feed.ts'
import { feedSeeds } from './rules/feeds.ts'
import { compare, snapshot } from './rules/snapshot.ts'
import { expectedWarehouse } from './rules/warehouse.ts'
import { cleanLanding, projectWith, rowsTouched, type Warehouse } from './warehouse.ts'

const budget = (id: string, spent: number, fields: object = {}) => ({
  id,
  name: 'Travel',
  limitlessOverspend: false,
  currentPeriod: { startDate: '2026-01-01', endDate: '2026-02-01', limit: 500, spent: { total: spent } },
  ...fields,
})

/** One day: the amount spent per budget (null: a quarantined record), the user of the card, and the members of the group. */
const day = (batch: string, budgets: Record<string, number | null>, user: string, members: unknown) =>
  feedOf({
    [`${batch}/agents.json`]: [person(1, 'Ana Novak'), person(2, 'Bo Lind'), person(3, 'Cy Ott')],
    [`${batch}/users/1.json`]: { results: [{ id: 'U1', firstName: 'Ana', lastName: 'Novak' }] },
    [`${batch}/budgets/1.json`]: {
      results: Object.entries(budgets).map(([id, spent]) => (spent === null ? { id, name: '' } : budget(id, spent))),
    },
    [`${batch}/cards/1.json`]: { results: [card({ id: 'C1', userId: user, currentPeriod: { limit: 100, spent: 5 } })] },
    [`${batch}/admin_groups.json`]: members === undefined ? [group({ id: 9 })] : [group({ agent_ids: members }), group({ id: 9 })],
  })

const days = {
  monday: day('sync-2026-01-05', { B1: 100, B2: 7 }, 'U1', [1, 2]),
  tuesday: day('sync-2026-01-06', { B1: 100, B2: null }, 'U1', [1, 2, 3]),
  // B2 and the group are gone.
  wednesday: day('sync-2026-01-07', { B1: 250 }, 'U2', undefined),
  // Both are back; the list is unknown, and so unchanged.
  thursday: day('sync-2026-01-08', { B1: 250, B2: 7 }, 'U2', 'unknown'),
  friday: day('sync-2026-01-09', { B1: 250, B2: 7 }, 'U2', [2]),
}

describe('histories', () => {
  let project: Awaited<ReturnType<typeof projectWith>>
  let warehouse: Warehouse
  beforeAll(async () => {
    project = await projectWith({ ...feedSeeds, user_agent_overrides: [] })
    warehouse = await project.warehouse()
  })
  afterAll(async () => {
    await warehouse?.drop()
    await project?.remove()
  })

  // The content of the warehouse: each test continues from the previous one.
  const { monday, tuesday, wednesday, thursday, friday } = days
  const corrected = day('sync-2026-01-06', { B1: 130, B2: 7 }, 'U1', [2])
  const renamed = feedOf({ 'sync-2026-01-10/users/1.json': { results: [{ id: 'U1', firstName: 'Bo', lastName: 'Lind' }] } })
  const undated = day('tran', { B1: 1 }, 'U1', [1, 3])
  const rows = (query: string) => warehouse.sql.unsafe(query).values()

  it('have a row per run, whatever the order of the days', async () => {
    for (const feed of [[...friday, ...monday, ...wednesday], tuesday, thursday]) await bring(feed)
    expect(
      await rows('select budget_id, from_date::text, to_date::text, spent_total, source from core.budget_history order by 1, 2'),
    ).toEqual([
      ['B1', '2026-01-05', '2026-01-07', '100', 'sync-2026-01-05'],
      ['B1', '2026-01-07', null, '250', 'sync-2026-01-07'],
      // A listed but unreadable record ends nothing.
      ['B2', '2026-01-05', '2026-01-07', '7', 'sync-2026-01-05'],
      ['B2', '2026-01-08', null, '7', 'sync-2026-01-08'],
    ])
    expect(await rows('select from_date::text, to_date::text, user_id, agent_id from core.card_history order by 1')).toEqual([
      ['2026-01-05', '2026-01-07', 'U1', '1'],
      ['2026-01-07', null, 'U2', null],
    ])
    expect(await rows('select agent_id, joined_on::text, left_on::text, source from core.group_membership_history order by 1, 2')).toEqual([
      ['1', '2026-01-05', '2026-01-07', 'sync-2026-01-05'],
      ['1', '2026-01-08', '2026-01-09', 'sync-2026-01-08'],
      ['2', '2026-01-05', '2026-01-07', 'sync-2026-01-05'],
      ['2', '2026-01-08', null, 'sync-2026-01-08'],
      ['3', '2026-01-06', '2026-01-07', 'sync-2026-01-06'],
      ['3', '2026-01-08', '2026-01-09', 'sync-2026-01-08'],
    ])
    await agree([...monday, ...tuesday, ...wednesday, ...thursday, ...friday])
  })

  it('follow a correction of a day, and today’s mapping on all days', async () => {
    for (const feed of [corrected, renamed]) await bring(feed)
    expect(await rows('select agent_id, user_id from core.card_history order by from_date')).toEqual([
      ['2', 'U1'],
      [null, 'U2'],
    ])
    await agree([...monday, ...corrected, ...wednesday, ...thursday, ...friday, ...renamed])
  })

  it('forget days that are taken out, and count the list of an undated batch', async () => {
    await warehouse.deliver(undated)
    await warehouse.withdraw(['sync-2026-01-06', 'sync-2026-01-08', 'sync-2026-01-10'])
    await warehouse.build()
    await agree([...undated, ...monday, ...wednesday, ...friday])
  })

  it('say the same when landing has been cleaned, and go on from there', async () => {
    // Cleaning removes states of transactions; it must keep all that histories depend on.
    const paid = ['2026-01-05', '2026-01-07', '2026-01-09'].flatMap((on, at) =>
      feedOf({
        [`sync-${on}/transactions/1.json`]: [transaction({ id: 'T1', updatedTime: `${on}T10:00:00Z`, merchantName: `Shop ${at}` })],
      }),
    )
    const before = [...undated, ...monday, ...wednesday, ...friday, ...paid]
    await bring(paid)
    expect(await cleanLanding(warehouse.sql, 1)).toBeGreaterThan(0)
    await warehouse.build()
    await agree(before)
    const later = [...day('sync-2026-01-12', { B1: 250, B2: 9 }, 'U2', 'unknown'), ...day('sync-2026-01-13', { B1: 300 }, 'U1', [2, 3])]
    await bring(later)
    await agree([...before, ...later])
  })

  async function bring(feed: Feed): Promise<void> {
    await warehouse.deliver(feed)
    await warehouse.build()
  }

  async function agree(feed: Feed): Promise<void> {
    const expected = expectedWarehouse(feed, { ...feedSeeds, user_agent_overrides: [] })
    // Cleaning also removes states of transactions from staging.
    const differences = compare(expected, await snapshot(warehouse.sql))
    expect(differences.filter(line => !line.startsWith('staging.stg_transactions'))).toEqual([])
    expect(rowsTouched(await warehouse.build({ fullRefresh: true }))).toBe(0)
  }
})
