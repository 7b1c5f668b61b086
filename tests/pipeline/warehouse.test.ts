import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectDir } from './database.ts'
import { holds } from './property.ts'
import type { Feed, FeedFile } from './rules/feed.ts'
import { deliveries, feedSeeds, feeds } from './rules/feeds.ts'
import { readFeed } from './rules/read-feed.ts'
import { readSeeds, type Seeds } from './rules/seeds.ts'
import { compare, snapshot } from './rules/snapshot.ts'
import { expectedWarehouse } from './rules/warehouse.ts'
import { projectWith, rowsTouched } from './warehouse.ts'

type TestProject = Awaited<ReturnType<typeof projectWith>>

describe('the sample feed', () => {
  let project: TestProject
  const data = join(projectDir, 'data')
  const seeds = readSeeds(join(projectDir, 'seeds'), data)
  beforeAll(async () => {
    project = await projectWith(seeds)
  })
  afterAll(() => project.remove())

  it('becomes what the rules say, and a second build changes nothing', async () => {
    const warehouse = await project.warehouse()
    try {
      await warehouse.load(data)
      await warehouse.build()
      const expected = expectedWarehouse(readFeed(data), seeds)
      expect(compare(expected, await snapshot(warehouse.sql))).toEqual([])

      expect(rowsTouched(await warehouse.build())).toBe(0)
      expect(rowsTouched(await warehouse.build({ fullRefresh: true }))).toBe(0)
    } finally {
      await warehouse.drop()
    }
  })

  it('that comes day by day is as if it were judged at once, down to staging', async () => {
    const warehouse = await project.warehouse()
    const days = ['sync-day1', 'tran', 'sync-day3', 'sync-day2']
    const fed = mkdtempSync(join(tmpdir(), 'deskledger-days-'))
    try {
      for (const day of days) {
        cpSync(join(data, day), join(fed, day), { recursive: true })
        await warehouse.load(fed)
        await warehouse.build()
      }
      expect(rowsTouched(await warehouse.build({ fullRefresh: true }))).toBe(0)
    } finally {
      await warehouse.drop()
      rmSync(fed, { recursive: true })
    }
  }, 300_000)
})

describe('records that come again', () => {
  const card = (over: object = {}) => ({
    id: 'c1',
    userId: 'u1',
    status: 'ACTIVE',
    type: 'VIRTUAL',
    createdTime: '2026-01-01T00:00:00Z',
    currentPeriod: { limit: 10, spent: 1 },
    ...over,
  })
  const agent = (id: unknown, over: object = {}) => ({ id, contact: { name: `agent ${id}` }, ticket_scope: 1, ...over })
  const group = (ids: string) => `[{"id": 5, "name": "a group", "agent_ids": ${ids}}]`
  const file = (entity: FeedFile['entity'], day: number, content: unknown): FeedFile => ({
    entity,
    path: `sync-day${day}/${entity}/1.json`,
    content: typeof content === 'string' ? content : JSON.stringify(content),
  })
  const batch = (day: number, agents: unknown, groups: string, cards: unknown) => ({
    name: `sync-day${day}`,
    files: [file('agents', day, agents), file('admin_groups', day, groups), file('cards', day, cards)],
  })

  it('keep what was found of them only where they are the same to the letter, and are ranked where their key repeats', async () => {
    const feed = [
      batch(1, [agent(1), agent(2), agent('3'), agent(4, { ticket_scope: 'x' }), { id: 6, type: 'x' }], group('[1, 2, "3", 99]'), [
        card(),
        card({ id: 'c2' }),
      ]),
      // As the day before, but agent 2 is not written alike, and a card comes twice.
      batch(
        2,
        JSON.stringify([agent(1), agent(2), agent('3'), agent(4, { ticket_scope: 'x' }), { id: 6, type: 'x' }]).replace(
          '"ticket_scope":1}',
          '"ticket_scope":1.0}',
        ),
        group('[1, 2, "3", 99]'),
        [card(), card({ id: 'c2' }), card({ id: 'c2', status: 'CLOSED' })],
      ),
      batch(3, [agent(4, { ticket_scope: 'x' }), agent(1), { id: 6, type: 'x' }], group('[1, 2, 3]'), [
        card({ id: ' c1' }),
        card({ id: 'c2' }),
      ]),
    ]
    const project = await projectWith(feedSeeds)
    const warehouse = await project.warehouse()
    try {
      for (const day of feed) {
        await warehouse.deliver([day])
        await warehouse.build()
      }
      const expected = expectedWarehouse(feed, feedSeeds)
      expect(compare(expected, await snapshot(warehouse.sql))).toEqual([])
      expect(rowsTouched(await warehouse.build({ fullRefresh: true }))).toBe(0)
    } finally {
      await warehouse.drop()
      await project.remove()
    }
  }, 300_000)
})

describe('any feed', () => {
  let project: TestProject
  beforeAll(async () => {
    project = await projectWith(feedSeeds)
  })
  afterAll(() => project.remove())

  it('in any order, in any number of builds, becomes what the rules say (R3)', () => becomesWhatTheRulesSay(feeds()), 900_000)

  it(
    'of transactions created, updated, cleared, declined and refunded gives the same rows and totals (R26-R28)',
    () => becomesWhatTheRulesSay(feeds(['agents', 'users', 'budgets', 'cards', 'transactions'])),
    900_000,
  )

  it(
    'of agents with roles and channels in either feed gives the same runs and lists (R24)',
    () => becomesWhatTheRulesSay(feeds(['agents', 'agent_details', 'agent_availability', 'roles'])),
    900_000,
  )

  it(
    'of groups whose members come and go gives the same members and first days (R22, R23)',
    () => becomesWhatTheRulesSay(feeds(['agents', 'admin_groups'])),
    900_000,
  )

  it('whatever is pruned, overridden and built in parts in between, becomes what the rules say (R3)', async () => {
    let [tried, published] = [0, 0]
    const property = fc.asyncProperty(
      spendFeeds.chain(feed =>
        fc.tuple(fc.constant(feed), deliveries(feed), fc.infiniteStream(between(feed)), fc.subarray(feed, { maxLength: feed.length - 1 })),
      ),
      async ([feed, loads, steps, gone]) => {
        const warehouse = await project.warehouse()
        let { user_agent_overrides } = feedSeeds
        tried += loads.length
        try {
          for (const [number, delivered] of loads.entries()) {
            const { withdrawn, overridden, ...step } = steps.next().value
            // Before a whole build there is no part that others rest on.
            const options = number === 0 ? { ...step, select: [] } : step
            await warehouse.deliver(delivered)
            await warehouse.withdraw(withdrawn)
            // Another seed makes anew what follows from it, so it is rarely another one.
            user_agent_overrides = overridden ?? user_agent_overrides
            await project.write({ user_agent_overrides })
            // A part may lack what its rows refer to: such a build leaves everything as it was.
            await warehouse.build(options).then(
              () => (published += 1),
              () => {},
            )
          }
          const left = feed.filter(batch => !gone.includes(batch))
          await warehouse.deliver(left)
          await warehouse.withdraw(gone.map(({ name }) => name))
          await warehouse.build()
          const expected = expectedWarehouse(left, { ...feedSeeds, user_agent_overrides })
          expect(compare(expected, await snapshot(warehouse.sql))).toEqual([])
          await warehouse.build({ fullRefresh: true })
          expect(compare(expected, await snapshot(warehouse.sql)), 'after a full refresh').toEqual([])
        } finally {
          await project.write({ user_agent_overrides: feedSeeds.user_agent_overrides })
          await warehouse.drop()
        }
      },
    )
    await holds(property, ([[, delivered]]) => delivered)
    // Builds that all fail would show nothing of what is built in between.
    expect(published, `of ${tried} builds in between`).toBeGreaterThan(0)
  }, 900_000)

  async function becomesWhatTheRulesSay(feeds: fc.Arbitrary<Feed>): Promise<void> {
    const property = fc.asyncProperty(
      feeds.chain(feed => fc.tuple(fc.constant(feed), deliveries(feed))),
      async ([feed, loads]) => {
        const warehouse = await project.warehouse()
        try {
          for (const delivered of loads) {
            await warehouse.deliver(delivered)
            await warehouse.build()
          }
          const expected = expectedWarehouse(feed, feedSeeds)
          expect(compare(expected, await snapshot(warehouse.sql))).toEqual([])
          await warehouse.build({ fullRefresh: true })
          expect(compare(expected, await snapshot(warehouse.sql)), 'after a full refresh').toEqual([])
        } finally {
          await warehouse.drop()
        }
      },
    )
    await holds(property, ([[, delivered]]) => delivered)
  }
})

const one = (...values: string[]) => fc.constantFrom(...values)
const tagged = (name: string, value: string) => [{ name, selectedValues: [{ value }] }]

const agents = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom(101, 102),
    contact: fc.record({ name: one('Ann', 'Bob', 'Cy'), email: one('a@x', 'b@x') }, { requiredKeys: ['name'] }),
  }),
  {
    selector: ({ id }) => id,
    minLength: 1,
  },
)

const transactions = fc.array(
  fc
    .record(
      {
        id: one('1', '2', '3', '4', '5', '6'),
        transactionType: one('AUTHORIZATION', 'AUTHORIZATION', 'CLEAR', 'CLEAR', 'REFUND', 'DECLINE', 'OTHER'),
        occurredTime: one('2025-11-30T10:00:00Z', '2025-12-31T23:59:00-01:00', '2026-01-02T10:00:00Z'),
        updatedTime: one('2026-01-03T10:00:00Z', '2026-01-04T10:00:00Z', '2026-01-05T10:00:00Z'),
        userId: one('u1', 'u2', 'u3'),
        userName: one('Ann', 'Bob'),
        merchantName: one('Cafe', 'Hotel'),
        budgetId: one('b1', 'b2'),
        originalAuthTransactionUuid: one('x1', 'x2', 'x3'),
        originalAuthTransactionId: one('1', '2', '3'),
        matchedClearTransactionUuid: one('x4', 'x5'),
        parentTransactionId: one('1', '2', '4', '6'),
        childTransactionIds: fc.uniqueArray(one('3', '4', '5', '6'), { maxLength: 2 }),
        childTransactionUuids: fc.uniqueArray(one('x4', 'x5'), { maxLength: 2 }),
        originalCurrencyAmount: one('100', '250', '-75'),
        customFields: fc.constantFrom([], tagged('Team', 'A'), tagged('Team', 'B'), [...tagged('Team', 'A'), ...tagged('Year', '2026')]),
      },
      { requiredKeys: ['id', 'occurredTime', 'originalCurrencyAmount'] },
    )
    .map(({ originalCurrencyAmount, ...record }) => ({
      ...record,
      uuid: `x${record.id}`,
      amount: Number(originalCurrencyAmount) / 100,
      currencyData: { originalCurrencyAmount, originalCurrencyCode: 'USD', exponent: 2, exchangeRate: 1 },
    })),
  { minLength: 1, maxLength: 5 },
)

const budgets = fc.uniqueArray(
  fc.record({ id: one('b1', 'b2'), name: one('Travel', 'Tools'), timezone: one('America/New_York', 'Asia/Tokyo', 'Mars/Olympus', 'UTC') }),
  { selector: ({ id }) => id, minLength: 1 },
)

const users = fc.uniqueArray(
  fc.record(
    { id: one('u1', 'u2', 'u3'), firstName: one('Ann', 'BOB', 'Eve'), email: one('A@x', 'b@x') },
    { requiredKeys: ['id', 'firstName'] },
  ),
  { selector: ({ id }) => id, minLength: 1 },
)

/** Few transactions of few users in many batches, well formed: they change their user, month, merchant, what they settle and belong to. */
const spendFeeds: fc.Arbitrary<Feed> = fc
  .uniqueArray(fc.constantFrom('tran', 'sync-day1', 'sync-day2', 'sync-day3', 'sync-2026-01-06', 'sync-day10'), { minLength: 3 })
  .chain(names =>
    fc.tuple(
      ...names.map(name =>
        fc.tuple(
          file(name, 'agents', agents),
          file(name, 'users', users),
          file(name, 'budgets', budgets),
          file(name, 'transactions', transactions),
        ),
      ),
    ),
  )
  .map(batches => batches.map(files => ({ name: files[0].path.split('/')[0] ?? '', files })))

function file(
  batch: string,
  entity: 'agents' | 'users' | 'budgets' | 'transactions',
  records: fc.Arbitrary<object[]>,
): fc.Arbitrary<FeedFile> {
  return records.map(list => ({ entity, path: `${batch}/${entity}/1.json`, content: JSON.stringify(list) }))
}

const overrides: fc.Arbitrary<Seeds['user_agent_overrides']> = fc.uniqueArray(
  fc.record({ user_id: one('u1', 'u2'), agent_id: one('101', '102', '199') }),
  { selector: ({ user_id }) => user_id },
)

/** What is done after a load: a batch goes, overrides are other ones, and there is a build, most often of a part. */
function between(feed: Feed) {
  return fc.record({
    withdrawn: fc.subarray(
      feed.map(({ name }) => name),
      { maxLength: 1 },
    ),
    overridden: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: overrides }),
    fullRefresh: fc.nat(9).map(n => n === 0),
    select: fc.constantFrom<string[]>(
      [],
      [],
      ['+transactions'],
      ['transactions'],
      ['transactions+'],
      ['transaction_tags'],
      ['+transaction_tags'],
      ['+spend_users'],
      ['+transaction_links'],
      ['transaction_links'],
      ['+spend_kinds'],
      ['spend_kinds', 'transactions'],
      ['+current_budgets'],
      ['user_agent_mapping'],
      ['+user_agent_mapping'],
      ['current_transactions'],
      ['spend_by_agent_month', 'spend_by_merchant_month'],
      ['+spend_by_budget_month'],
    ),
  })
}
