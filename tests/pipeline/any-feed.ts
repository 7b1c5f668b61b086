import fc from 'fast-check'
import { expect } from 'vitest'
import { holds } from './property.ts'
import type { Feed } from './rules/feed.ts'
import { deliveries, feedSeeds } from './rules/feeds.ts'
import { compare, snapshot } from './rules/snapshot.ts'
import { expectedWarehouse } from './rules/warehouse.ts'
import { projectWith } from './warehouse.ts'

/** Checks that any such feed, in any order and number of builds, gives the result of the rules, and that a first build does, too. */
export async function becomesWhatTheRulesSay(feeds: fc.Arbitrary<Feed>, runs = 1): Promise<void> {
  const project = await projectWith(feedSeeds)
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
  try {
    await holds(property, { feedsOf: ([[, delivered]]) => delivered, runs })
  } finally {
    await project.remove()
  }
}
