import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { card, feedOf, money, person, transaction } from './rules/by-hand.ts'
import { feedSeeds } from './rules/feeds.ts'
import { compare, snapshot } from './rules/snapshot.ts'
import { expectedWarehouse } from './rules/warehouse.ts'
import { projectWith, type Warehouse } from './warehouse.ts'

const user = (id: string, firstName: string, lastName: string, email?: string) => ({ id, firstName, lastName, email, role: 'MEMBER' })
const spent = (id: string, fields: object = {}) => transaction({ id, userId: 'USR1', userName: 'Ana Novak', ...money(), ...fields })
const budget = { id: 'BGT1', uuid: 'bgt_1', name: 'Travel', timezone: 'America/New_York', limitlessOverspend: true, retired: false }

/** Spend of a user whose name the two systems write differently, on a card and from a budget that no list contains. */
const day = {
  'sync-2026-01-05/agents.json': [
    person(11, 'Ana Novak', { contact: { name: 'Ana Novak', email: 'ana.novak@example.test' } }),
    person(12, 'Bo Lind'),
  ],
  'sync-2026-01-05/users/1.json': { results: [user('USR1', 'Anna', 'Novak', 'Ana.Novak@example.test')] },
  'sync-2026-01-05/budgets/1.json': { results: [budget] },
  'sync-2026-01-05/cards/1.json': {
    results: [card({ id: 'CRD1', userId: 'USR1', lastFour: '0042' }), card({ id: 'CRD2', userId: undefined })],
  },
  'sync-2026-01-05/transactions/1.json': {
    results: [
      spent('TX1', { budgetId: 'BGT1', budgetName: 'Travel', cardId: 'CRD1', cardLastFour: '0042' }),
      spent('TX2', { budgetId: 'BGT2', budgetName: 'Software', cardId: 'CRD9', cardLastFour: '0999', cardType: 'VIRTUAL_VENDOR' }),
    ],
  },
}

describe('users of the spend system', () => {
  let project: Awaited<ReturnType<typeof projectWith>>
  let warehouse: Warehouse
  beforeAll(async () => {
    project = await projectWith({ ...feedSeeds, user_agent_overrides: [] })
  })
  afterAll(async () => {
    await warehouse?.drop()
    await project?.remove()
  })

  const rows = (query: string) => warehouse.sql.unsafe(query).values()

  it('are agents by their email, however their names are written; parents that no batch holds have what is said of them', async () => {
    warehouse = await project.warehouse()
    await warehouse.deliver(feedOf(day))
    await warehouse.build()
    expect(await rows('select user_id, agent_id, user_name, matched_by, source from core.user_agent_mapping')).toEqual([
      ['USR1', '11', 'Anna Novak', 'email', 'sync-2026-01-05'],
    ])
    expect(
      await rows('select card_id, user_id, agent_id, last_four, card_type, is_listed, is_inferred from core.cards order by 1'),
    ).toEqual([
      ['CRD1', 'USR1', '11', '0042', 'PHYSICAL', true, false],
      ['CRD2', null, null, null, 'PHYSICAL', true, false],
      ['CRD9', 'USR1', '11', '0999', 'VIRTUAL_VENDOR', false, true],
    ])
    expect(await rows('select budget_id, name, is_listed, is_inferred from core.budgets order by 1')).toEqual([
      ['BGT1', 'Travel', true, false],
      ['BGT2', 'Software', false, true],
    ])
    expect(await rows('select distinct agent_id from core.transactions')).toEqual([['11']])
    expect(await rows("select * from errors.card_pipeline_errors where card_id = 'CRD2'")).toEqual([])
  })

  it('match nobody by an email that two agents or two users have, and are then looked for by name', async () => {
    const two = {
      ...day,
      'sync-2026-01-06/agents.json': [
        person(11, 'Ana Novak', { contact: { name: 'Ana Novak', email: 'desk@example.test' } }),
        person(12, 'Bo Lind', { contact: { name: 'Bo Lind', email: 'Desk@example.test' } }),
        person(13, 'Cy Ott', { contact: { name: 'Cy Ott', email: 'cy@example.test' } }),
      ],
      'sync-2026-01-06/users/1.json': {
        results: [
          user('USR1', 'Anna', 'Novak', 'desk@example.test'),
          user('USR2', 'LIND,', 'Bo', 'bo@example.test'),
          user('USR3', 'Team', 'One', 'cy@example.test'),
          user('USR4', 'Team', 'Two', 'CY@example.test'),
        ],
      },
    }
    await warehouse.deliver(feedOf(two))
    await warehouse.build()
    expect(await rows('select user_id, agent_id, matched_by from core.user_agent_mapping order by 1')).toEqual([
      ['USR1', null, 'none'],
      ['USR2', '12', 'name'],
      ['USR3', null, 'none'],
      ['USR4', null, 'none'],
    ])
    expect(await rows('select distinct agent_id from core.transactions')).toEqual([[null]])
    expect(compare(expectedWarehouse(feedOf(two), { ...feedSeeds, user_agent_overrides: [] }), await snapshot(warehouse.sql))).toEqual([])
  })
})
