import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { holds, PROPERTY_TIMEOUT } from './property.ts'
import type { Feed, FeedFile } from './rules/feed.ts'
import { deliveries, feedSeeds } from './rules/feeds.ts'
import type { Seeds } from './rules/seeds.ts'
import { compare, snapshot } from './rules/snapshot.ts'
import { expectedWarehouse } from './rules/warehouse.ts'
import { projectWith } from './warehouse.ts'

let project: Awaited<ReturnType<typeof projectWith>>
beforeAll(async () => {
  project = await projectWith(feedSeeds)
})
afterAll(() => project.remove())

it(
  'whatever is pruned, overridden and built in parts in between, becomes what the rules say (R3)',
  async () => {
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
            // Before the first whole build there are no parts to build on.
            const options = number === 0 ? { ...step, select: [] } : step
            await warehouse.deliver(delivered)
            await warehouse.withdraw(withdrawn)
            // Another seed rebuilds everything that depends on it, so it changes rarely.
            user_agent_overrides = overridden ?? user_agent_overrides
            await project.write({ user_agent_overrides })
            // A part may lack the targets of its foreign keys: such a build changes nothing.
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
    await holds(property, { feedsOf: ([[, delivered]]) => delivered })
    // If all builds failed, builds in between would not be tested; of a few all may fail.
    if (tried > 4) expect(published, `of ${tried} builds in between`).toBeGreaterThan(0)
  },
  PROPERTY_TIMEOUT,
)

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

/** Few transactions of few users in many batches, well formed; user, month, merchant and references to others change. */
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

/** Steps after a load: a batch is removed, overrides change, and there is a build, mostly of a part. */
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
