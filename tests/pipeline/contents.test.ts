import { rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contentHash, knownContents } from '../../loaders/contents.ts'
import { load } from '../../loaders/load.ts'
import type { FreshDatabase } from './database.ts'
import { putFile, withFeedFolder } from './feed-folder.ts'
import { holds } from './property.ts'
import type { FeedBatch, FeedFile } from './rules/feed.ts'
import { feedSeeds } from './rules/feeds.ts'
import { compare, snapshot } from './rules/snapshot.ts'
import { expectedWarehouse } from './rules/warehouse.ts'
import { projectWith } from './warehouse.ts'

const agent = (id: number, name = `Agent ${id}`) => `{"id": ${id}, "contact": {"name": "${name}"}, "ticket_scope": 1}`
const list = (...records: string[]) => `[${records.join(', ')}]`

describe('a record that comes again byte for byte', () => {
  let database: FreshDatabase
  let data: string
  withFeedFolder(given => {
    ;({ database, data } = given)
  })

  const put = (path: string, content: string) => putFile(data, path, content)
  const remove = (path: string) => rmSync(join(data, path), { recursive: true })
  const loadAll = (prune = false) => load(database.sql, data, { prune })
  /** Where each content of agents stands, by its id: `batch[position]`, the first place first. */
  const places = async (): Promise<Record<string, string[]>> => {
    const rows = await database.sql<{ id: string; place: string }[]>`
      with places as (
        select file_id, position, file_id as first_file_id, position as first_position, 1 as rank from raw.agents
        union all
        select file_id, position, first_file_id, first_position, 2 from raw.agents_repeats
      )
      select coalesce(landed.record ->> 'id', landed.raw_text) as id, coalesce(batch, 'gone') || '[' || places.position || ']' as place
      from places
      left join ops.files on places.file_id = files.file_id
      left join raw.agents as landed on first_file_id = landed.file_id and first_position = landed.position
      order by rank, path, places.position`
    const found: Record<string, string[]> = {}
    for (const { id, place } of rows) found[id] = [...(found[id] ?? []), place]
    return found
  }
  const formerFiles = async () => (await database.sql`select batch from ops.former_files`).map(({ batch }) => batch)

  it('lands once, from day to day and within a file, in whatever form it comes', async () => {
    put('day1/agents/1.json', list(agent(1), agent(2), agent(2)))
    await loadAll()
    put('day2/agents/1.ndjson', `${agent(2)}\n${agent(3)}\n`)
    put('day2/agents/2.json', `{"type": "RECORD", "stream": "agents", "record": ${agent(1)}}`)
    put('day3/agents/1.json', `{"agents": ${list(agent(3), agent(1, 'another'))}}`)
    const { loads } = await loadAll()
    expect(loads.find(({ batch }) => batch === 'day2')).toMatchObject({ read: 3, accepted: 3 })
    expect(await places()).toEqual({
      1: ['day1[0]', 'day3[1]', 'day2[0]'],
      2: ['day1[1]', 'day1[2]', 'day2[0]'],
      3: ['day2[1]', 'day3[0]'],
    })
    expect(await database.sql`select records from ops.files order by path`).toMatchObject([
      { records: 3 },
      { records: 2 },
      { records: 1 },
      { records: 2 },
    ])
  })

  it('is rejected in each report where its fields are wrong', async () => {
    for (const day of ['day1', 'day2']) {
      put(`${day}/agents/1.json`, list(agent(1), '{"id": "x", "contact": {"name": "A"}, "ticket_scope": 1}'))
      const { loads } = await loadAll()
      expect(loads.at(-1)).toMatchObject({ batch: day, read: 2, accepted: 1 })
    }
    expect(await places()).toEqual({ 1: ['day1[0]', 'day2[0]'], x: ['day1[1]', 'day2[1]'] })
  })

  it('is no repetition where it is none of the entity, of another stream, or does not parse', async () => {
    const odd = [`{"stream": "roles", "data": ${agent(5)}}`, '{"nothing": 1}', '{"id": 6, "contact": ']
    for (const day of ['day1', 'day2']) put(`${day}/agents/1.ndjson`, [agent(1), ...odd, ''].join('\n'))
    await loadAll()
    expect(await database.sql`select count(*)::int as landed from raw.agents`).toMatchObject([{ landed: 7 }])
    expect(await database.sql`select count(*)::int as repeats from raw.agents_repeats`).toMatchObject([{ repeats: 1 }])
  })

  it('stays when the file is corrected or pruned in which it landed first, as long as another names it', async () => {
    put('day1/agents/1.json', list(agent(1), agent(2), agent(3)))
    await loadAll()
    put('day2/agents/1.json', list(agent(1), agent(2)))
    await loadAll()
    put('day1/agents/1.json', list(agent(1), agent(3), agent(4)))
    await loadAll()
    expect(await places()).toEqual({
      1: ['day1[0]', 'gone[0]', 'day2[0]'],
      2: ['gone[1]', 'day2[1]'],
      3: ['day1[1]'],
      4: ['day1[2]'],
    })
    expect(await formerFiles()).toEqual(['day1'])

    // What comes next may name contents of former files.
    put('day3/agents/1.json', list(agent(2)))
    await loadAll()
    expect((await places())[2]).toEqual(['gone[1]', 'day2[1]', 'day3[0]'])

    const before = await stampOf('day1')
    remove('day2')
    await loadAll(true)
    expect(await places()).toEqual({ 1: ['day1[0]'], 2: ['gone[1]', 'day3[0]'], 3: ['day1[1]'], 4: ['day1[2]'] })
    expect(await stampOf('day1')).toBeGreaterThan(before)

    remove('day3')
    await loadAll(true)
    expect(await places()).toEqual({ 1: ['day1[0]'], 3: ['day1[1]'], 4: ['day1[2]'] })
    expect(await formerFiles()).toEqual([])
  })

  it('is not taken for known while the load takes it out', async () => {
    put('day1/agents/1.json', list(agent(1), agent(2)))
    await loadAll()
    // Both are read before the first of them is written.
    put('day1/agents/1.json', list(agent(3)))
    put('day2/agents/1.json', list(agent(1), agent(2)))
    await loadAll()
    expect(await places()).toEqual({ 1: ['day2[0]'], 2: ['day2[1]'], 3: ['day1[0]'] })
    remove('day2')
    put('day4/agents/1.json', list(agent(2)))
    await loadAll(true)
    expect(await places()).toEqual({ 2: ['day4[0]'], 3: ['day1[0]'] })
  })

  it('of a refused file is known of no other', async () => {
    put('day1/agents/1.json', `${list(agent(1), agent(2)).slice(0, -1)}, {"id": }]`)
    put('day2/agents/1.json', list(agent(1), agent(2)))
    await loadAll()
    expect(await places()).toEqual({ 1: ['day2[0]'], 2: ['day2[1]'] })
  })

  it('of a large file goes over the connection that writes the ledger', async () => {
    const records = Array.from({ length: 30_000 }, (_, id) => agent(id + 1, 'x'.repeat(500)))
    put('day1/agents/1.json', list(...records))
    await loadAll()
    put('day2/agents/1.json', list(...records.slice(100), ...records.slice(0, 50).map(record => record.replace('x', 'y'))))
    await loadAll()
    const counts = async () =>
      (
        await database.sql`select (select count(*)::int from raw.agents) as landed, (select count(*)::int from raw.agents_repeats) as repeats`
      )[0]
    expect(await counts()).toEqual({ landed: 30_050, repeats: 29_900 })
    // The corrected file names what landed with its own earlier content.
    put('day2/agents/1.json', list(...records))
    await loadAll()
    expect(await counts()).toEqual({ landed: 30_000, repeats: 30_000 })
    put('day1/agents/1.json', list(agent(1)))
    await loadAll()
    expect(await counts()).toEqual({ landed: 30_001, repeats: 30_000 })
    expect(await formerFiles()).toEqual(['day1'])
  })

  it('is known beside a newer file of another entity that is too large to be remembered', async () => {
    put('day1/agents/1.json', list(agent(1)))
    await loadAll()
    await database.sql`
      insert into ops.files (path, batch, entity, status, records)
      values ('day1/transactions/1.json', 'day1', 'transactions', 'loaded', 1000000)`
    const { find } = await knownContents(database.sql, ['agents', 'transactions'], 0, [])
    expect(find('agents', contentHash(Buffer.from(agent(1))))).toMatchObject({ position: 0, conforms: true })
  })

  it('of a load that was cut off is swept with it', async () => {
    put('day1/agents/1.json', list(agent(1)))
    await loadAll()
    await database.sql`insert into ops.unfinished_files values (77, 'agents')`
    await database.sql`insert into raw.agents_repeats select 77, 0, file_id, position from raw.agents`
    await database.sql`insert into raw.agents (file_id, position, record) values (77, 1, '{}')`
    await loadAll()
    expect(await places()).toEqual({ 1: ['day1[0]'] })
  })

  it('that has no hash, as landed before there were hashes, lands once more', async () => {
    put('day1/agents/1.json', list(agent(1)))
    await loadAll()
    await database.sql`update raw.agents set content_hash = null`
    for (const day of ['day2', 'day3']) {
      put(`${day}/agents/1.json`, list(agent(1)))
      await loadAll()
    }
    expect(await places()).toEqual({ 1: ['day1[0]', 'day2[0]', 'day3[0]'] })
    expect(await database.sql`select count(*)::int as landed from raw.agents`).toMatchObject([{ landed: 2 }])
  })

  const stampOf = async (batch: string) =>
    Number((await database.sql`select changed_in from ops.batches where batch = ${batch} and entity = 'agents'`)[0]?.changed_in)
})

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
  }, 120_000)

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
  }, 120_000)

  it('sent again, corrected and pruned in any order become what the rules say (R3)', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.tuple(batches, fc.constantFrom('build', 'build', 'load', 'full')), { minLength: 2, maxLength: 5 }),
      fc.subarray(names, { maxLength: names.length - 1 }),
      async (steps, gone) => {
        const warehouse = await project.warehouse()
        const feed = new Map<string, FeedBatch>()
        try {
          for (const [batch, then] of steps) {
            await warehouse.deliver([batch])
            // Files that a batch had before are still there.
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
  }, 900_000)
})

const names = ['tran', 'sync-day1', 'sync-day2', 'sync-day3']

/** Records as their source writes them, so few that nearly all come again; some of one key, some wrong. */
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
