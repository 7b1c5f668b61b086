import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { card, feedOf, money, person, transaction } from './rules/by-hand.ts'
import { feedSeeds } from './rules/feeds.ts'
import { compare, snapshot } from './rules/snapshot.ts'
import { expectedWarehouse } from './rules/warehouse.ts'
import { projectWith, type Warehouse } from './warehouse.ts'

const seeds = { ...feedSeeds, user_agent_overrides: [] }

/** A transaction of Ana Novak at Cafe Uno out of the budget Travel, in dollars. */
const spent = (number: number, type: string, dollars: number, fields: object = {}) =>
  transaction({
    id: `TX${number}`,
    uuid: `txr_${number}`,
    transactionType: type,
    amount: dollars,
    ...money({ originalCurrencyAmount: String(Math.round(dollars * 100)) }),
    userId: 'USR1',
    userName: 'Ana Novak',
    budgetId: 'BGT1',
    budgetName: 'Travel',
    cardId: 'CRD1',
    merchantName: 'Cafe Uno',
    occurredTime: '2026-01-05T12:00:00.000+00:00',
    updatedTime: '2026-01-05T12:00:00.000+00:00',
    ...fields,
  })

const transactions = {
  // 100 are divided into 60 and, from another budget, 40.
  whole: spent(1, 'CLEAR', 100, { childTransactionIds: ['TX2', 'TX3'] }),
  part: spent(2, 'CLEAR', 60, { parentTransactionId: 'TX1' }),
  otherPart: spent(3, 'CLEAR', 40, { parentTransactionId: 'TX1', budgetId: 'BGT2', budgetName: 'Software' }),
  // Authorized, and reversed before settlement.
  authorized: spent(4, 'AUTHORIZATION', 50),
  reversed: spent(5, 'AUTHORIZATION', -50, { originalAuthTransactionUuid: 'txr_4' }),
  settledLater: spent(6, 'AUTHORIZATION', 70),
  settlement: spent(7, 'CLEAR', 70, { originalAuthTransactionId: 'TX6' }),
  funding: spent(8, 'OTHER', 330.06),
  declined: spent(9, 'DECLINE', 9, { declineReason: 'LIMIT' }),
  refund: spent(10, 'CLEAR', -15),
  // One of the two parts is missing.
  incomplete: spent(11, 'CLEAR', 40, { childTransactionIds: ['TX12', 'TX13'] }),
  early: spent(12, 'CLEAR', 10, { parentTransactionId: 'TX11', customFields: [{ name: 'Team', selectedValues: [{ value: 'A' }] }] }),
  // One of its lists of parts is complete, and has a single part.
  single: spent(17, 'CLEAR', 5, { childTransactionIds: ['TX18'], childTransactionUuids: ['txr_18', 'txr_99'] }),
  onlyPart: spent(18, 'CLEAR', 5),
  withoutCurrency: spent(14, 'CLEAR', 42.1, { currencyData: undefined }),
  // In New York it is still January.
  lateAtNight: spent(15, 'CLEAR', 20, { occurredTime: '2026-02-01T03:30:00.000+0000', merchantName: 'CAFE  uno' }),
}

const day = (list: object[], batch = 'sync-2026-01-05', timezone = 'America/New_York') => ({
  [`${batch}/agents.json`]: [person(11, 'Ana Novak'), person(12, 'Bo Lind')],
  [`${batch}/users/1.json`]: {
    results: [{ id: 'USR1', firstName: 'Anna', lastName: 'Novak', email: 'Ana.Novak@example.test', role: 'MEMBER' }],
  },
  [`${batch}/budgets/1.json`]: { results: [{ id: 'BGT1', name: 'Travel', timezone, limitlessOverspend: true }] },
  [`${batch}/cards/1.json`]: { results: [card({ id: 'CRD1', userId: 'USR1', lastFour: '0042' }), card({ id: 'CRD2', userId: null })] },
  [`${batch}/transactions/1.json`]: { results: list },
})

describe('spend', () => {
  let project: Awaited<ReturnType<typeof projectWith>>
  let warehouse: Warehouse
  beforeAll(async () => {
    project = await projectWith(seeds)
    warehouse = await project.warehouse()
  })
  afterAll(async () => {
    await warehouse?.drop()
    await project?.remove()
  })

  const rows = (query: string) => warehouse.sql.unsafe(query).values()
  const kinds = async () =>
    Object.fromEntries(await rows('select transaction_id, spend_kind from core.transactions')) as Record<string, string>

  it('is counted once: splits by their parts, authorizations until they are settled, funding beside it (R28, R31)', async () => {
    await warehouse.deliver(feedOf(day(Object.values(transactions))))
    await warehouse.build()
    expect(await kinds()).toEqual({
      ...{ TX1: 'split', TX2: 'settled', TX3: 'settled', TX4: 'pending', TX5: 'pending', TX6: 'matched', TX7: 'settled' },
      ...{ TX8: 'other', TX9: 'declined', TX10: 'settled', TX11: 'settled', TX12: 'waiting', TX14: 'settled', TX15: 'settled' },
      ...{ TX17: 'split', TX18: 'settled' },
    })
    expect(await rows("select amount_usd, fx_source from core.transactions where transaction_id = 'TX14'")).toEqual([['42.1', 'amount']])
    expect(await rows("select spent_on::text, merchant, agent_id, user_name from marts.spend where transaction_id = 'TX15'")).toEqual([
      ['2026-01-31', 'CAFE UNO', '11', 'Anna Novak'],
    ])
    // 60 + 70 - 15 + 40 + 5 + 42.10 + 20
    expect(
      await rows(`
        select month::text, budget_id, budget_name, settled_usd, pending_usd, other_usd, transaction_count
        from marts.spend_by_budget_month order by budget_id
      `),
    ).toEqual([
      ['2026-01-01', 'BGT1', 'Travel', '222.10', '0.00', '330.06', '9'],
      ['2026-01-01', 'BGT2', 'Software', '40.00', '0', '0', '1'],
    ])
    expect(await rows('select merchant, amount_usd from marts.spend_by_merchant')).toEqual([['CAFE UNO', '262.10']])
  })

  it('follows what comes later: the last part, a clear, another time zone, a budget with another name', async () => {
    const missing = spent(13, 'CLEAR', 30, { parentTransactionUuid: 'txr_11' })
    const clear = spent(16, 'CLEARING', 50, { originalAuthTransactionUuid: 'txr_4' })
    // Its tag is removed, and comes back with the earlier state.
    const untagged = { ...transactions.early, customFields: [], updatedTime: '2026-01-06T12:00:00.000+00:00' }
    const files = {
      ...day(Object.values(transactions)),
      ...day([missing, clear, untagged], 'sync-2026-01-06', 'Asia/Tokyo'),
      'sync-2026-01-06/budgets/1.json': { results: [{ id: 'BGT1', name: 'Trips', timezone: 'Asia/Tokyo', limitlessOverspend: true }] },
    }
    await warehouse.deliver(feedOf(files))
    await warehouse.build()
    expect(await rows('select * from core.transaction_tags')).toEqual([])
    // The reversal is settled together with the reversed transaction.
    expect(await kinds()).toMatchObject({
      TX11: 'split',
      TX12: 'settled',
      TX13: 'settled',
      TX4: 'matched',
      TX5: 'matched',
      TX16: 'settled',
    })
    // 60 + 70 - 15 + 10 + 30 + 5 + 42.10 + 50, and in February the night that is a morning in Tokyo.
    expect(
      await rows("select month::text, budget_name, amount_usd from marts.spend_by_budget_month where budget_id = 'BGT1' order by month"),
    ).toEqual([
      ['2026-01-01', 'Trips', '252.10'],
      ['2026-02-01', 'Trips', '20.00'],
    ])
    expect(compare(expectedWarehouse(feedOf(files), seeds), await snapshot(warehouse.sql))).toEqual([])
  })

  it('goes back when what settled it is taken out again, though only the links are built first', async () => {
    await warehouse.withdraw(['sync-2026-01-06'])
    await warehouse.build({ select: ['+transaction_links', '+current_budgets'] })
    await warehouse.build()
    expect(await kinds()).toMatchObject({ TX11: 'settled', TX12: 'waiting', TX4: 'pending', TX5: 'pending' })
    expect(await rows('select transaction_id, name, value from core.transaction_tags')).toEqual([['TX12', 'Team', 'A']])
    expect(compare(expectedWarehouse(feedOf(day(Object.values(transactions))), seeds), await snapshot(warehouse.sql))).toEqual([])
  })

  it('has a defined answer for circles, orphans, two clears of one authorization and unknown time zones', async () => {
    const odd = [
      spent(21, 'CLEAR', 1, { childTransactionIds: ['TX22'], parentTransactionId: 'TX22' }),
      spent(22, 'CLEAR', 2),
      spent(23, 'CLEAR', 4, { parentTransactionId: 'TX99' }),
      spent(24, 'CLEAR', 8, { originalAuthTransactionUuid: 'txr_99' }),
      spent(25, 'AUTHORIZATION', 16),
      spent(26, 'CLEAR', 10, { originalAuthTransactionId: 'TX25' }),
      spent(27, 'CLEAR', 6, { originalAuthTransactionUuid: 'txr_25' }),
      spent(28, 'CLEAR', 32, { childTransactionIds: ['TX28', null, {}], childTransactionUuids: [] }),
      spent(29, 'SURCHARGE', 64),
    ]
    const files = day(odd, 'sync-2026-01-07', 'Mars/Olympus Mons')
    await warehouse.deliver(feedOf(files))
    await warehouse.withdraw(['sync-2026-01-05'])
    await warehouse.build()
    expect(await kinds()).toEqual({
      ...{ TX21: 'settled', TX22: 'settled', TX23: 'settled', TX24: 'settled', TX25: 'matched', TX26: 'settled', TX27: 'settled' },
      ...{ TX28: 'settled', TX29: 'other' },
    })
    // 1 + 2 + 4 + 8 + 10 + 6 + 32
    expect(await rows('select amount_usd, other_usd from marts.spend_by_merchant')).toEqual([['63.00', '64.00']])
    expect(await rows('select field, error_type from errors.budget_pipeline_errors where resolved_at is null')).toEqual([
      ['timezone', 'invalid_value'],
    ])
    expect(await rows('select field, error_type from errors.transaction_pipeline_errors where resolved_at is null')).toEqual([
      ['childTransactionIds', 'invalid_value'],
    ])
    expect(compare(expectedWarehouse(feedOf(files), seeds), await snapshot(warehouse.sql))).toEqual([])
  })
})
