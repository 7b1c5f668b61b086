import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holds, PROPERTY_TIMEOUT } from './property.ts'
import type { FeedBatch, FeedFile } from './rules/feed.ts'
import { feedSeeds } from './rules/feeds.ts'
import { compare, snapshot } from './rules/snapshot.ts'
import { expectedWarehouse } from './rules/warehouse.ts'
import { projectWith } from './warehouse.ts'

const agent = (id: number, name = `Agent ${id}`) => `{"id": ${id}, "contact": {"name": "${name}"}, "ticket_scope": 1}`
const list = (...records: string[]) => `[${records.join(', ')}]`

describe('batches of the same records', () => {
  let project: Awaited<ReturnType<typeof projectWith>>
  beforeAll(async () => {
    project = await projectWith(feedSeeds)
  })
  afterAll(() => project.remove())

  it('that land, are corrected or go show in no view before the next build is published, and leave nothing behind after it', async () => {
    const warehouse = await project.warehouse()
    const day = (number: number, ...records: string[]) => ({
      name: `sync-day${number}`,
      files: [{ entity: 'agents' as const, path: `sync-day${number}/agents/1.json`, content: list(...records) }],
    })
    const shown = async () =>
      (await warehouse.sql`select source, agent_id::int as id, name from staging.stg_agents order by 1, 2`).map(row =>
        Object.values(row).join(' '),
      )
    const landed = async () =>
      (
        await warehouse.sql`select (select count(*)::int from raw.agents) as contents, (select count(*)::int from raw.agents_repeats) as repeats`
      )[0]
    try {
      await warehouse.deliver([day(1, agent(1), agent(2), agent(3)), day(2, agent(1), agent(2))])
      await warehouse.build()
      const before = await shown()
      expect(before).toHaveLength(5)
      await warehouse.deliver([day(1, agent(1), agent(4)), day(3, agent(1))])
      await warehouse.withdraw(['sync-day2'])
      expect(await shown()).toEqual(before)
      await warehouse.build()
      expect(await shown()).toEqual(['sync-day1 1 Agent 1', 'sync-day1 4 Agent 4', 'sync-day3 1 Agent 1'])
      expect(await landed()).toEqual({ contents: 5, repeats: 3 })
      await warehouse.deliver([day(3, agent(1), agent(4))])
      await warehouse.build()
      await warehouse.deliver([day(4, agent(9))])
      expect(await landed()).toEqual({ contents: 3, repeats: 2 })
    } finally {
      await warehouse.drop()
    }
  })

  it('of which a file grows from one record to very many in a correction are built by plans for many', async () => {
    const warehouse = await project.warehouse()
    const roles = (count: number) => [
      {
        name: 'sync-day1',
        files: [
          {
            entity: 'roles' as const,
            path: 'sync-day1/roles/1.json',
            content: list(...Array.from({ length: count }, (_, id) => `{"id": ${id + 1}, "name": "Role"}`)),
          },
        ],
      },
    ]
    try {
      for (const count of [1, 20_000, 3]) {
        await warehouse.deliver(roles(count))
        await warehouse.build()
        expect(await warehouse.sql`select count(*)::int as roles from core.roles`).toEqual([{ roles: count }])
      }
    } finally {
      await warehouse.drop()
    }
  })

  it(
    'sent again, corrected and pruned in any order become what the rules say (R3)',
    async () => {
      const property = fc.asyncProperty(
        fc.array(fc.tuple(batches, fc.constantFrom('build', 'build', 'load', 'full')), { minLength: 2, maxLength: 5 }),
        fc.subarray(names, { maxLength: names.length - 1 }),
        async (steps, gone) => {
          const warehouse = await project.warehouse()
          const feed = new Map<string, FeedBatch>()
          try {
            for (const [batch, then] of steps) {
              await warehouse.deliver([batch])
              // The batch's earlier files still exist.
              const files = [...(feed.get(batch.name)?.files ?? []), ...batch.files]
              feed.set(batch.name, { name: batch.name, files: [...new Map(files.map(file => [file.path, file])).values()] })
              if (then !== 'load') await warehouse.build({ fullRefresh: then === 'full' })
            }
            await agree()
            const leaving = gone.filter(name => feed.has(name))
            if (leaving.length === 0 || leaving.length === feed.size) return
            await warehouse.withdraw(leaving)
            for (const name of leaving) feed.delete(name)
            await agree()
          } finally {
            await warehouse.drop()
          }

          async function agree(): Promise<void> {
            await warehouse.build()
            const expected = expectedWarehouse([...feed.values()], feedSeeds)
            expect(compare(expected, await snapshot(warehouse.sql))).toEqual([])
            await warehouse.build({ fullRefresh: true })
            expect(compare(expected, await snapshot(warehouse.sql)), 'after a full refresh').toEqual([])
          }
        },
      )
      await holds(property)
    },
    PROPERTY_TIMEOUT,
  )
})

const names = ['tran', 'sync-day1', 'sync-day2', 'sync-day3']

/** Records as written by their source, so few that nearly all are repeated; some with a common key, some wrong. */
const pools: Partial<Record<FeedFile['entity'], string[]>> = {
  agents: [
    agent(1),
    agent(1, 'Renamed'),
    agent(2),
    agent(3),
    '{"id": 3, "ticket_scope": "x"}',
    '{"id": "07", "contact": {"name": "Bo"}, "type": "z"}',
  ],
  agent_details: [
    '{"id": 1, "role_ids": [7, 8], "ticket_scope": 1, "contact": {"name": "Ann"}}',
    '{"id": 1, "role_ids": [7], "ticket_scope": 1, "contact": {"name": "Ann"}}',
    '{"id": 2, "role_ids": [8, "x", 9], "ticket_scope": 1, "contact": {"name": "Bo"}, "availability": [{"channel": "chat", "available": true}]}',
    '{"id": 2, "role_ids": [8],  "ticket_scope": 1, "contact": {"name": "Bo"}}',
  ],
  roles: [
    '{"id": 7, "name": "Agent", "agent_type": 1}',
    '{"id": 8, "name": "Admin", "agent_type": 1}',
    '{"id": 8, "name": "Admin", "agent_type": "y"}',
  ],
  admin_groups: [
    '{"id": 5, "name": "Desk", "agent_ids": [1, 2]}',
    '{"id": 5, "name": "Desk", "agent_ids": [2, 99]}',
    '{"id": 6, "name": "Back", "agent_ids": [1, "z"], "parent_group_id": 5}',
  ],
  transactions: [
    '{"id": "t1", "occurredTime": "2026-01-02T10:00:00Z", "updatedTime": "2026-01-02T10:00:00Z", "amount": 10, "userId": "u1"}',
    '{"id": "t1", "occurredTime": "2026-01-02T10:00:00Z", "updatedTime": "2026-01-03T10:00:00Z", "amount": 12, "userId": "u1"}',
    '{"id": "t2", "occurredTime": "2026-01-02T10:00:00Z", "amount": "7", "cardId": "c9"}',
    '{"id": "t3", "amount": 1}',
  ],
}

const batches: fc.Arbitrary<FeedBatch> = fc
  .tuple(
    fc.constantFrom(...names),
    fc.tuple(
      ...Object.entries(pools).map(([entity, records]) =>
        fc.tuple(
          fc.constant(entity as FeedFile['entity']),
          fc.constantFrom('1.json', '2.json'),
          fc.array(fc.constantFrom(...records), { maxLength: 6 }),
          fc.boolean(),
        ),
      ),
    ),
  )
  .map(([name, files]) => ({
    name,
    files: files
      .filter(([, , , isThere]) => isThere)
      .map(([entity, file, records]) => ({ entity, path: `${name}/${entity}/${file}`, content: list(...records) })),
  }))
  .filter(({ files }) => files.length > 0)
