import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { type LoadProgress, load } from '../../loaders/load.ts'
import type { FreshDatabase } from './database.ts'
import { agent, withLandings } from './feed-folder.ts'

let database: FreshDatabase
let data: string

const { place, put, loadAll, ledger, stamps, records } = withLandings()
beforeEach(() => {
  ;({ database, data } = place())
})

describe('a refused file', () => {
  const bomb = gzipSync(JSON.stringify([agent(1)]))
  it.each([
    ['1.json', '[{"id":1},{"id":', 'ends in the middle of its JSON document'],
    ['1.json', '[{"id":1},{"id":"\u0000"}]', 'does not parse: record 1'],
    ['1.ndjson', '{"id":1}\n{"id":', 'ends in the middle of its last line'],
    ['1.json.gz', bomb.subarray(0, -9), 'gzip that ends early'],
    ['1.json.gz', Buffer.from('[{"id":1}]'), 'not a valid gzip file'],
    ['1.json', bomb, 'its name must end in .gz'],
    ['1.json', Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), 'not valid UTF-8'],
    ['1.json', Buffer.from('["é"]').subarray(0, 3), 'not valid UTF-8'],
    [
      '1.json',
      '{"description":"Access denied","errors":[{"code":"x"}]}',
      "has the fields 'description', 'errors'; a record of agents has id",
    ],
    ['1.json', '[{"timestamp":1,"code":"BDC_1144"},{}]', "has the fields 'timestamp', 'code'; a record of agents has id"],
    ['1.json', '<!doctype html><html></html>', 'HTML'],
  ])('%s with %j', async (name, content, reason) => {
    put(`sync-day1/agents/${name}`, content)
    const report = await loadAll()
    expect(await ledger()).toMatchObject([
      { path: `sync-day1/agents/${name}`, status: 'refused', records: 0, reason: expect.stringContaining(reason) },
    ])
    expect(report.loads[0]).toMatchObject({ files: 1, read: 0, refused: [{ reason: expect.stringContaining(reason) }] })
    expect(await database.sql`select * from raw.agents`).toEqual([])
    const before = await stamps()
    expect((await loadAll()).changed).toBe(false)
    expect(await stamps()).toEqual(before)
  })

  it.each([
    ['1.json', (text: string) => Buffer.from(text)],
    ['1.json.gz', (text: string) => gzipSync(text, { level: 1 })],
  ])('%s with a record over the limit, a bomb of some kB when zipped', async (name, form) => {
    put(`sync-day1/agents/${name}`, form(`[{"id":1},{"id":2,"signature":"${'A'.repeat(65_000_000)}"}]`))
    await loadAll()
    expect(await ledger()).toMatchObject([{ status: 'refused', records: 0, reason: 'has a record larger than 64 MB, after 1 records' }])
    expect(await database.sql`select * from raw.agents`).toEqual([])
  })

  it('has a record of so many values that it would not fit in memory', async () => {
    put('sync-day1/agents/1.json', `[{"id":1},{"id":2,"skill_ids":[${'1,'.repeat(5_500_000)}1]}]`)
    put('sync-day1/agents/2.ndjson', `{"id":3,"skill_ids":[${'1,'.repeat(5_500_000)}1]}\n`)
    await loadAll()
    const reason = (count: number) => `has a record larger than 10 MB without its long texts, after ${count} records`
    expect(await ledger()).toMatchObject([
      { status: 'refused', reason: reason(1) },
      { status: 'refused', reason: reason(0) },
    ])
  })

  it('counts what is read up to what there is to read, also beside a file that is refused at its beginning', async () => {
    put('sync-day1/agents/1.json', `<html>${'x'.repeat(5_000_000)}`)
    put(
      'sync-day1/agents/2.json',
      JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ ...agent(id + 1), signature: 'x'.repeat(100) }))),
    )
    const seen: LoadProgress[] = []
    await load(database.sql, data, { prune: false, onProgress: progress => seen.push(progress) })
    expect(seen.at(-1)).toMatchObject({ bytes: seen[0]?.totalBytes, files: 2, totalFiles: 2, path: 'sync-day1/agents/2.json' })
    expect(seen.every(({ bytes }, index) => bytes >= (seen[index - 1]?.bytes ?? 0))).toBe(true)
  })

  it.each([
    ['small', 3],
    ['large', 20_000],
  ])('is a %s one that grows while it is read, until it stands still', async (_, count) => {
    const text = JSON.stringify(Array.from({ length: count }, (_, id) => ({ ...agent(id + 1), signature: 'x'.repeat(100) })))
    put('sync-day1/agents/1.json', text)
    let grown = false
    const report = await load(database.sql, data, {
      prune: false,
      onProgress: () => {
        if (!grown) appendFileSync(join(data, 'sync-day1/agents/1.json'), ' ')
        grown = true
      },
    })
    expect(report.loads[0]).toMatchObject({ read: 0, refused: [{ reason: 'changed while it was read' }] })
    expect(await ledger()).toMatchObject([{ status: 'refused', records: 0 }])
    expect(await database.sql`select * from raw.agents`).toEqual([])
    expect(await database.sql`select * from ops.unfinished_files`).toEqual([])
    expect((await loadAll()).loads[0]).toMatchObject({ read: count, refused: [] })
  })

  it('takes away what the path gave before', async () => {
    put('sync-day1/agents/1.json', JSON.stringify([agent(1)]))
    await loadAll()
    put('sync-day1/agents/1.json', '[')
    await loadAll()
    expect(await database.sql`select * from raw.agents`).toEqual([])
    put('sync-day1/agents/1.json', JSON.stringify([agent(2)]))
    await loadAll()
    expect((await records()).map(({ id }) => id)).toEqual([2])
  })

  it('leads out of the folder, to nothing, or is no file', async () => {
    put('sync-day1/agents/1.json', JSON.stringify([agent(1)]))
    symlinkSync('/etc/hostname', join(data, 'sync-day1/agents/2.json'))
    symlinkSync('nothing', join(data, 'sync-day1/agents/3.json'))
    mkdirSync(join(data, 'sync-day1/agents/4.json'))
    symlinkSync('1.json', join(data, 'sync-day1/agents/5.json'))
    await loadAll()
    expect(await ledger()).toMatchObject([
      { status: 'loaded' },
      { reason: 'is a symbolic link that leads out of the data folder' },
      { reason: 'cannot be read (no such file)' },
      { reason: 'is a folder' },
      { status: 'loaded', records: 1 },
    ])
    expect((await loadAll()).changed).toBe(false)
  })

  // Opening a pipe waits for its other end, and a device can be read without end.
  it.skipIf(process.platform === 'win32')('is no file: a pipe, a socket, a link to a device. None is opened', async () => {
    put('sync-day1/agents/1.json', JSON.stringify([agent(1)]))
    execFileSync('mkfifo', [join(data, 'sync-day1/agents/2.json'), join(data, 'sync-day1/_COMPLETE')])
    symlinkSync('/dev/zero', join(data, 'sync-day1/agents/3.json'))
    symlinkSync('2.json', join(data, 'sync-day1/agents/4.json'))
    const socket = createServer()
    await once(socket.listen(join(data, 'sync-day1/agents/5.json')), 'listening')
    try {
      await loadAll()
      expect([
        ...(await database.sql`select path, sha256, raw_text from ops.files where status = 'refused' order by natural_order`),
      ]).toEqual([2, 3, 4, 5].map(number => ({ path: `sync-day1/agents/${number}.json`, sha256: null, raw_text: null })))
      expect([...(await database.sql`select reason from ops.markers`)]).toEqual([{ reason: 'it is not a regular file' }])
      expect((await loadAll()).changed).toBe(false)
    } finally {
      socket.close()
    }
  })
})
