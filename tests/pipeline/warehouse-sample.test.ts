import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectDir } from './database.ts'
import { PROPERTY_TIMEOUT } from './property.ts'
import type { FeedFile } from './rules/feed.ts'
import { feedSeeds } from './rules/feeds.ts'
import { readFeed } from './rules/read-feed.ts'
import { readSeeds } from './rules/seeds.ts'
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

  it(
    'becomes what the rules say, and a second build changes nothing',
    async () => {
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
    },
    PROPERTY_TIMEOUT,
  )

  it(
    'that comes day by day is as if it were judged at once, down to staging',
    async () => {
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
    },
    PROPERTY_TIMEOUT,
  )
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

  it(
    'keep what was found of them only where they are the same to the letter, and are ranked where their key repeats',
    async () => {
      // Within a batch a record without a time loses to one with a time, and is reported at the last of its places; TRUE is not a boolean.
      const timeless = agent(7, { available: 'TRUE' })
      const repeating = [agent(7, { updated_at: '2026-01-01T00:00:00Z', available: true }), timeless, timeless]
      const feed = [
        batch(
          1,
          [
            agent(1),
            agent(2),
            agent('3'),
            agent(4, { ticket_scope: 'x' }),
            { id: 6, type: 'x' },
            agent(8, { available: 'TRUE' }),
            ...repeating,
          ],
          group('[1, 2, "3", 99]'),
          [card(), card({ id: 'c2' })],
        ),
        // As the day before, but agent 2 is written differently, and a card is repeated.
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
    },
    PROPERTY_TIMEOUT,
  )
})
