import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { contentHash, knownContents } from '../../loaders/contents.ts'
import { load } from '../../loaders/load.ts'
import type { FreshDatabase } from './database.ts'
import { putFile, withFeedFolder } from './feed-folder.ts'

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
  /** The places of each content of agents, by id: `batch[position]`, the first place first. */
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

    // Later files may refer to contents of former files.
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
    // The corrected file refers to what landed with its own earlier content.
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
      values ('day1/transactions/1.json', 'day1', 'transactions', 'loaded', 2000000)`
    const session = await database.sql.reserve()
    const { find } = await knownContents(session, ['agents', 'transactions'], { arriving: 0, room: 0 }, [])
    session.release()
    expect(find('agents', contentHash(Buffer.from(agent(1))))).toMatchObject({ position: 0, conforms: true })
  })

  it('is known of as many newest files as a load may repeat, not of a whole year', async () => {
    put('day1/agents/1.json', list(agent(1)))
    await loadAll()
    await database.sql`
      insert into ops.files (path, batch, entity, status, records)
      values ('day2/agents/1.json', 'day2', 'agents', 'loaded', 65536)`
    const session = await database.sql.reserve()
    const isKnown = async (arriving: number) => {
      const { find } = await knownContents(session, ['agents'], { arriving, room: 0 }, [])
      return find('agents', contentHash(Buffer.from(agent(1)))) !== undefined
    }
    expect([await isKnown(8000), await isKnown(9000)]).toEqual([false, true])
    session.release()
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
