import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROPERTY_TIMEOUT } from './property.ts'
import type { Entity, Feed, FeedFile } from './rules/feed.ts'
import { feedSeeds, feeds } from './rules/feeds.ts'
import { compare, snapshot } from './rules/snapshot.ts'
import { expectedWarehouse } from './rules/warehouse.ts'
import { cleanLanding, projectWith, type Warehouse } from './warehouse.ts'

type TestProject = Awaited<ReturnType<typeof projectWith>>

describe('clean --landing', () => {
  let project: TestProject
  beforeAll(async () => {
    project = await projectWith(feedSeeds)
  })
  afterAll(() => project.remove())

  it(
    'leaves every table as the rules say, also after a full refresh and whatever batches come later',
    async () => {
      let removed = 0
      const property = fc.asyncProperty(
        fc
          .oneof(
            { weight: 1, arbitrary: feeds(['agents', 'roles', 'budgets', 'cards', 'transactions']) },
            { weight: 3, arbitrary: repeating },
          )
          .chain(feed =>
            fc.tuple(fc.shuffledSubarray(feed, { minLength: feed.length }), fc.nat(feed.length), fc.integer({ min: 1, max: 2 })),
          ),
        async ([feed, later, keep]) => {
          const warehouse = await project.warehouse()
          try {
            const [first, rest] = [feed.slice(later), feed.slice(0, later)]
            if (first.length > 0) {
              await warehouse.deliver(first)
              await warehouse.build()
              removed += await cleanLanding(warehouse.sql, keep)
              await warehouse.build()
              await agrees(warehouse, first, 'after clean')
              await warehouse.build({ fullRefresh: true })
              await agrees(warehouse, first, 'after a full refresh')
            }
            if (rest.length === 0) return
            await warehouse.deliver(rest)
            await warehouse.build()
            await agrees(warehouse, feed, 'after later batches')
            removed += await cleanLanding(warehouse.sql, keep)
            await warehouse.build({ fullRefresh: true })
            await agrees(warehouse, feed, 'after a second clean')
          } finally {
            await warehouse.drop()
          }
        },
      )
      const runs = Number(process.env.PROPERTY_RUNS ?? 1)
      const { failed, seed, counterexamplePath, errorInstance } = await fc.check(property, {
        numRuns: runs,
        endOnFailure: true,
        ...(process.env.PROPERTY_SEED ? { seed: Number(process.env.PROPERTY_SEED), path: process.env.PROPERTY_PATH ?? '' } : {}),
      })
      if (failed)
        throw new Error(`PROPERTY_SEED=${seed} PROPERTY_PATH=${counterexamplePath} repeats it.\n${(errorInstance as Error).message}`)
      // Some feeds have nothing to remove; the next test always has.
      if (runs >= 10) expect(removed).toBeGreaterThan(0)
    },
    PROPERTY_TIMEOUT,
  )

  it('removes what newer batches repeat, and keeps what says something else', async () => {
    const warehouse = await project.warehouse()
    try {
      const transaction = (id: string, updated: number) =>
        JSON.stringify({
          id,
          occurredTime: '2026-01-03T10:00:00Z',
          updatedTime: `2026-01-0${updated}T10:00:00Z`,
          currencyData: { originalCurrencyAmount: '500', exponent: 2, originalCurrencyCode: 'USD', exchangeRate: 1 },
        })
      const batch = (name: string, ...records: string[]) => ({
        name,
        files: [{ entity: 'transactions' as const, path: `${name}/transactions/1.json`, content: `[${records.join(', ')}]` }],
      })
      await warehouse.deliver(
        [1, 2, 3, 5, 6].map(day =>
          batch(`sync-day${day}`, transaction('a', day), transaction('b', 1), transaction('b', 1), '{"id": null}'),
        ),
      )
      await warehouse.build()
      const before = await snapshot(warehouse.sql)
      // The last state of days 1, 2, 3 and 5 stays, as do refused records, and unchanged ones of the last day.
      expect(await cleanLanding(warehouse.sql, 1)).toBe(3)
      const left = await warehouse.sql`select count(*)::int as n from raw.transactions`
      expect([...left]).toEqual([{ n: 8 }])
      await warehouse.build()
      expect(compare(before, await snapshot(warehouse.sql)).filter(line => !line.startsWith('staging.'))).toEqual([])
      expect([
        ...(await warehouse.sql`select path, records, staged, quarantined, duplicates from ops.file_accounting order by 1`),
      ]).toHaveLength(5)
      expect(
        await warehouse.sql`select from ops.file_accounting where records <> staged + quarantined + duplicates or staged <> 2`,
      ).toHaveLength(0)
      expect(await cleanLanding(warehouse.sql, 1)).toBe(0)
    } finally {
      await warehouse.drop()
    }
  })
})

// Few keys in many batches, as a source repeats them daily: mostly well formed, with other values, some twice, some missing for a while.
const repeating: fc.Arbitrary<Feed> = fc
  .uniqueArray(
    fc.constantFrom('tran', 'old', 'sync-day1', 'sync-day2', 'sync-day3', 'sync-day5', 'sync-day6', 'sync-2026-01-20', 'sync-day10'),
    {
      minLength: 4,
      maxLength: 8,
    },
  )
  .chain(names => fc.tuple(...names.map(name => fc.tuple(...Object.entries(records).map(([entity, text]) => file(name, entity, text))))))
  .map(batches => batches.map(files => ({ name: files[0]!.path.split('/')[0]!, files })))

const records: Record<string, (id: number, value: number) => string> = {
  roles: (id, value) => `{"id": ${id}, "name": "role ${value}"${value === 3 ? ', "default": "yes"' : ''}}`,
  budgets: (id, value) => `{"id": "b${id}", "name": "budget ${value}", "currentPeriod": {"limit": ${value === 4 ? -1 : value}}}`,
  cards: (id, value) =>
    `{"id": "c${id}", "userId": "u${value}", "budgetId": "b${value}", "type": "VIRTUAL", "status": "ACTIVE", "createdTime": "2026-01-0${value + 1}T00:00:00Z"}`,
  transactions: (id, value) =>
    `{"id": "t${id}", "occurredTime": "2026-01-03T10:00:00Z", "updatedTime": "2026-01-0${value + 1}T10:00:00Z", "cardId": "c${value}", "userId": "u${id}", "userName": "Ann ${value}", "transactionType": "CLEAR", "amount": ${value}, "currencyData": {"originalCurrencyAmount": "${value}00", "originalCurrencyCode": "USD", "exponent": 2, "exchangeRate": 1}}`,
}

function file(batch: string, entity: string, text: (id: number, value: number) => string): fc.Arbitrary<FeedFile> {
  return fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 4 })), { minLength: 2, maxLength: 6 }).map(list => ({
    entity: entity as Entity,
    path: `${batch}/${entity}/1.json`,
    content: `[${list.map(([id, value]) => text(id, value)).join(', ')}]`,
  }))
}

async function agrees({ sql }: Warehouse, feed: Parameters<typeof expectedWarehouse>[0], when: string): Promise<void> {
  expect(
    compare(expectedWarehouse(feed, feedSeeds), await snapshot(sql)).filter(line => !line.startsWith('staging.')),
    when,
  ).toEqual([])
}
