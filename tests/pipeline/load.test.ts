import { createHash } from 'node:crypto'
import { rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { copyRows, startCopy } from '../../loaders/copy.ts'
import { load } from '../../loaders/load.ts'
import { createRows, roomFor } from '../../loaders/rows.ts'
import type { FreshDatabase } from './database.ts'
import { agent, withLandings } from './feed-folder.ts'

let database: FreshDatabase
let data: string

const { place, put, loadAll, ledger, stamps, landed, records } = withLandings()
beforeEach(() => {
  ;({ database, data } = place())
})

/** A file of `count` records of 1 kB, which needs both connections. */
const putLarge = (count: number) =>
  put(
    'sync-day1/agents/1.json',
    JSON.stringify(Array.from({ length: count }, (_, id) => ({ ...agent(id + 1), signature: 'x'.repeat(1000) }))),
  )

/** Runs an action on a backend as soon as one meets the condition. */
const whenever = async (condition: string, action = 'pg_backend_pid() + abs') => {
  for (;;) {
    const found = await database.sql.unsafe(
      `select ${action}(pid) from pg_stat_activity where datname = current_database() and ${condition} limit 1`,
    )
    if (found.length > 0) return
  }
}

describe('landing', () => {
  it('takes every shape and ending of the feed', async () => {
    const lines = `${JSON.stringify(agent(5))}\n${JSON.stringify({ stream: 'agents', data: agent(6), emitted_at: 1 })}\n`
    put('sync-day1/agents/1.json', JSON.stringify([agent(1), agent(2)], null, 2))
    put('sync-day1/agents/2.json', `\ufeff${JSON.stringify({ agents: [agent(3)] })}`)
    put('sync-day1/agents/3.json', JSON.stringify(agent(4)))
    put('sync-day1/agents/4.ndjson', lines)
    put('sync-day1/agents/5.jsonl.gz', gzipSync(lines.replace('5', '7').replace('6', '8')))
    put('sync-day1/agents/6.json', '')
    put('sync-day1/agents/10.json.gz', gzipSync(JSON.stringify({ results: [agent(9)] })))
    put('sync-day2/agents.json', JSON.stringify([agent(10)]))
    const report = await loadAll()
    expect((await records()).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(report.loads).toMatchObject([
      { batch: 'sync-day1', entity: 'agents', files: 7, read: 9, accepted: 9, unchanged: 0, refused: [] },
      { batch: 'sync-day2', entity: 'agents', files: 1, read: 1, accepted: 1 },
    ])
  })

  it('keeps numbers and escapes as their source wrote them', async () => {
    put('tran/transactions.json', '[{"id":"a","amount":184.10,"big":12345678901234567890,"text":"\\"\\n\\ud83d\\ude00"}]')
    await loadAll()
    expect((await landed('transactions'))[0]?.record).toBe('{"id": "a", "big": 12345678901234567890, "text": "\\"\\n😀", "amount": 184.10}')
  })

  it('lands as text what jsonb refuses', async () => {
    const lines = [
      '{"id":1,"name":"\\u0000"}',
      '{"id":2,"name":"\\udead"}',
      '{"id":3,"name":NaN}',
      '{"id":4,"name":"\u0000"}',
      '{"id":5',
      '{"id":6,"name":1e200000}',
      '{"id":7,"name":7}',
      '',
    ]
    put('sync-day1/roles/1.ndjson', lines.join('\n'))
    const report = await loadAll()
    expect(await landed('roles')).toMatchObject([
      { raw_text: lines[0], readable: { id: 1, name: '\ufffd' }, problem: 'unrepresentable_text' },
      { raw_text: lines[1], readable: { id: 2, name: '\ufffd' }, problem: 'unrepresentable_text' },
      { raw_text: lines[2], readable: null, problem: 'invalid_json' },
      { raw_text: '{"id":4,"name":"␀"}', readable: null, problem: 'invalid_json' },
      { raw_text: lines[4], readable: null, problem: 'invalid_json' },
      { raw_text: lines[5], readable: { id: 6, name: null }, problem: 'unrepresentable_text' },
      { record: '{"id": 7, "name": 7}', raw_text: null, problem: null },
    ])
    expect(report.loads[0]?.rejected).toEqual(
      new Map([
        ['unrepresentable_text', 2],
        ['invalid_json', 1],
        ['not a record of roles', 2],
        // JavaScript reads 1e200000 as Infinity.
        ['name must be a text or a number', 1],
      ]),
    )
  })

  it('says of each record whether it conforms to the declaration', async () => {
    put(
      'sync-day1/agents/1.json',
      JSON.stringify([agent(1), { id: '2', contact: { email: 'a@example.com' } }, { id: 3, contact: null }, 4]),
    )
    const report = await loadAll()
    expect((await landed()).map(({ conforms }) => conforms)).toEqual([true, false, false, false])
    expect(report.loads[0]).toMatchObject({ read: 4, accepted: 2 })
  })

  it('lands a file of many bundles over two connections', async () => {
    const signature = 'x'.repeat(1000)
    const many = Array.from({ length: 12_000 }, (_, id) => ({ ...agent(id + 1), signature }))
    const text = JSON.stringify({ results: many })
    put('sync-day1/agents/1.json', text.replace('"id":9000,', '"id":9000,"huge":1e300000,'))
    await loadAll()
    expect(
      await database.sql`
      select count(*)::int, count(record)::int as records, count(distinct position)::int as positions, max(position), bool_and(record is null or (record ->> 'id')::int = position + 1) as in_order
      from raw.agents join ops.files using (file_id)
    `,
    ).toEqual([{ count: 12_000, records: 11_999, positions: 12_000, max: 11_999, in_order: true }])
    expect(await database.sql`select * from ops.unfinished_files`).toEqual([])

    put('sync-day1/agents/1.json', text.slice(0, -10))
    await loadAll()
    expect(await ledger()).toMatchObject([{ status: 'refused', reason: expect.stringContaining('ends in the middle'), records: 0 }])
    expect(await database.sql`select count(*)::int from raw.agents`).toEqual([{ count: 0 }])
    expect(await database.sql`select * from ops.unfinished_files`).toEqual([])
  })

  it('takes back rows on one connection after they have landed, when those on the other are refused', async () => {
    const lane = await database.sql.reserve()
    const rows = createRows(1n, Buffer.alloc(roomFor(1, 100)))
    rows.add(0, Buffer.from('{}'), null, null)
    await lane`begin`
    const copying = await startCopy(lane, 'agents')
    await copying.write(rows.pieces())
    await copying.end()
    await copying.abandon()
    await lane`rollback`
    lane.release()
    expect(await database.sql`select * from raw.agents`).toEqual([])
  })

  it('sends nothing of a COPY that failed into the one after it', async () => {
    const rows = createRows(1n, Buffer.alloc(roomFor(150, 42_000_000)))
    rows.add(0, Buffer.from('{"id":1e999999}'), null, null)
    for (let position = 1; position < 150; position += 1)
      rows.add(position, Buffer.from(`{"id":${position},"signature":"${'x'.repeat(270_000)}"}`), null, null)
    const lane = await database.sql.reserve()
    await lane`begin`
    await copyRows(lane, 'agents', rows.pieces())
    await lane`commit`
    lane.release()
    expect(await database.sql`select position, record ->> 'id' as id, problem_detail as detail from raw.agents order by position`).toEqual([
      { position: 0, id: null, detail: expect.stringContaining('jsonb refuses it') },
      ...Array.from({ length: 149 }, (_, index) => ({ position: index + 1, id: `${index + 1}`, detail: null })),
    ])
  })

  it('ends when one of its connections is lost, and the next load lands all', async () => {
    putLarge(60_000)
    const ending = expect(loadAll()).rejects.toMatchObject({ code: expect.stringMatching(/57P01|CONNECTION_CLOSED|ECONNRESET|EPIPE/) })
    await whenever("query like 'copy raw.agents%' and wait_event = 'ClientRead'", 'pg_terminate_backend')
    await ending
    await loadAll()
    expect(await database.sql`select count(distinct position)::int as count from raw.agents`).toEqual([{ count: 60_000 }])
    expect(await database.sql`select * from ops.unfinished_files`).toEqual([])
  })

  it('ends when it is interrupted while a large file waits for a lock', async () => {
    putLarge(10_000)
    const interrupt = new AbortController()
    const holder = await database.sql.reserve()
    await holder`begin`
    await holder`lock table raw.agents in access exclusive mode`
    const ending = expect(load(database.sql, data, { prune: false, signal: interrupt.signal })).rejects.toThrow()
    await whenever("query like 'copy raw.agents%' and wait_event_type = 'Lock'")
    interrupt.abort()
    await ending
    await holder`rollback`
    holder.release()
  })

  it('sweeps what a load left that was cut off', async () => {
    await database.sql`insert into ops.unfinished_files values (77, 'agents')`
    await database.sql`insert into raw.agents (file_id, position, record) values (77, 0, '{}')`
    put('sync-day1/agents/1.json', '[]')
    await loadAll()
    expect(await database.sql`select * from raw.agents`).toEqual([])
    expect(await database.sql`select * from ops.unfinished_files`).toEqual([])
  })
})

describe('the ledger', () => {
  it('knows each file by its hash, and reads it once', async () => {
    const content = JSON.stringify([agent(1)])
    put('sync-day1/agents/1.json', content)
    await loadAll()
    const before = await database.sql`select file_id, sha256, bytes from ops.files`
    expect(before).toMatchObject([{ sha256: createHash('sha256').update(content).digest('hex'), bytes: `${content.length}` }])

    const again = await loadAll()
    expect(again).toMatchObject({ changed: false, loads: [{ files: 1, read: 0, unchanged: 1 }] })
    utimesSync(join(data, 'sync-day1/agents/1.json'), 1, 1)
    expect((await loadAll()).changed).toBe(false)
    expect(await database.sql`select file_id, sha256, bytes from ops.files`).toEqual(before)
  })

  it('replaces what a corrected file gave, even one of the same size and time', async () => {
    put('sync-day1/agents/1.json', JSON.stringify([agent(1), agent(2)]))
    put('sync-day1/agents/2.json', JSON.stringify([agent(3)]))
    utimesSync(join(data, 'sync-day1/agents/1.json'), 1, 1)
    await loadAll()
    const before = await stamps()
    put('sync-day1/agents/1.json', JSON.stringify([agent(1), agent(4)]))
    utimesSync(join(data, 'sync-day1/agents/1.json'), 1, 1)
    expect(await loadAll()).toMatchObject({ changed: true, loads: [{ read: 2, unchanged: 1 }] })
    expect((await records()).map(({ id }) => id)).toEqual([1, 4, 3])
    expect((await stamps())['sync-day1/agents']).toBeGreaterThan(before['sync-day1/agents'] as number)
  })

  it('keeps what is gone from the folder, unless told to prune', async () => {
    put('sync-day1/agents/1.json', JSON.stringify([agent(1)]))
    put('sync-day2/agents/1.json', JSON.stringify([agent(2)]))
    await loadAll()
    const before = await stamps()
    rmSync(join(data, 'sync-day2'), { recursive: true })
    expect((await loadAll()).changed).toBe(false)
    expect(await records()).toHaveLength(2)
    expect((await loadAll(true)).loads).toMatchObject([{ batch: 'sync-day1' }, { batch: 'sync-day2', files: 0, pruned: 1 }])
    expect((await records()).map(({ id }) => id)).toEqual([1])
    expect((await stamps())['sync-day2/agents']).toBeGreaterThan(before['sync-day2/agents'] as number)
    expect(await stamps()).toMatchObject({ 'sync-day1/agents': before['sync-day1/agents'] })
  })
})

describe('the folder', () => {
  it('holds things that are not feed', async () => {
    put('sync-day1/agents/1.json', '[]')
    for (const path of [
      '.DS_Store',
      'README.md',
      'sync-day1/agents/.1.json',
      'sync-day1/agents/1.json~',
      'sync-day1/agents/old/1.json',
      'sync-day1/.git/1.json',
    ])
      put(path, 'x')
    put('sync-day1/tickets/1.json', '[]')
    put('sync-day2/tickets/1.json', '[]')
    const report = await loadAll()
    expect(await ledger()).toHaveLength(1)
    expect(report.notices).toEqual([
      expect.stringContaining('sync-day1/agents/old is a folder'),
      expect.stringContaining("'tickets' is skipped"),
      expect.stringContaining('1.json~ is skipped: it has the unknown ending .json~'),
    ])
  })

  it('must be there and hold feed', async () => {
    await expect(load(database.sql, join(data, 'no'), { prune: false })).rejects.toThrow('cannot be read (no such file)')
    await expect(loadAll()).rejects.toThrow('No feed file in the data folder')
  })
})
