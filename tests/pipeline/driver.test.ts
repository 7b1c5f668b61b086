import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addressOfUrl } from '../../run/database/address.ts'
import { connect } from '../../run/database/connection.ts'
import { copyIn, copyOut, interceptSending, openPool, type Session } from '../../run/database/driver.ts'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'

/** The internals of postgres.js that run/database/driver.ts relies on. */
let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
})
afterAll(() => database.drop())

const none = { header: Buffer.alloc(0), trailer: Buffer.alloc(0) }

const plainPool = () => {
  const { host, port, user, password, database: name } = addressOfUrl(database.url)
  return openPool({ host: [host], port: [port], user, pass: password ?? '', database: name, max: 1, onnotice: () => {} })
}

describe('the driver', () => {
  it('is the one version whose insides are known', () => {
    const read = (file: string) => JSON.parse(readFileSync(join(projectDir, file), 'utf8'))
    expect(read('package.json').dependencies.postgres).toBe(read('node_modules/postgres/package.json').version)
  })

  it('goes on after a COPY … TO STDOUT of which more came at once than was read', async () => {
    const session = await connect(database.url).reserve()
    try {
      for (const rows of [1, 300, 400, 500, 600, 700, 800, 900, 1000]) {
        let bytes = 0
        for await (const chunk of copyOut(session, `copy (select repeat('x', 99) from generate_series(1, ${rows})) to stdout`)) {
          // Nothing is read for a while: the rest arrives together with the end.
          if (bytes === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
          bytes += chunk.length
        }
        expect(bytes).toBe(rows * 100)
        expect([...(await session`select 1 as one`)]).toEqual([{ one: 1 }])
      }
    } finally {
      session.release()
    }
  }, 30_000)

  it('sends a query by its handler, when it is first awaited', async () => {
    const sql = plainPool()
    const sent: string[] = []
    const query = sql`select 1 as one`
    interceptSending(query, (_, pass) => {
      sent.push('sent')
      pass()
    })
    await sleep(20)
    expect(sent).toEqual([])
    expect([...(await query)]).toEqual([{ one: 1 }])
    expect(sent).toEqual(['sent'])
    await sql.end()
  })

  it('fails a query by its reject', async () => {
    const sql = plainPool()
    const query = sql`select pg_sleep(0)`
    interceptSending(query, pending => pending.reject(new Error('refused before it was sent')))
    await expect(query).rejects.toThrow('refused before it was sent')
    await sql.end()
  })

  describe.each([
    ['over the socket', true],
    ['by the driver', false],
  ])('copies %s', (_, isDirect) => {
    const withSession = async (work: (session: Session) => Promise<void>): Promise<void> => {
      const sql = connect(database.url)
      // A session of the guarded pool has its socket registered; one of the driver's own has not.
      const plain = isDirect ? undefined : plainPool()
      const session = await (plain ?? sql).reserve()
      try {
        await session`create temporary table copied (text text)`
        await session`begin`
        await work(session)
      } finally {
        session.release()
        await plain?.end({ timeout: 1 })
        await sql.end({ timeout: 1 })
      }
    }

    it('every byte, in small and large pieces', () =>
      withSession(async session => {
        const copying = await copyIn(session, 'copy copied from stdin', none)
        const large = Buffer.from(`${'x'.repeat(3_000_000)}\n`)
        await copying.write([Buffer.from('a\n'), Buffer.from('b\n'), large])
        await copying.write([Buffer.from('c\n')])
        await copying.end()
        const rows = await session<{ length: number }[]>`select length(text)::int as length from copied order by length`
        expect(rows.map(({ length }) => length)).toEqual([1, 1, 1, 3_000_000])
        await session`rollback`
      }))

    it('and hears what the server says of the data', () =>
      withSession(async session => {
        const copying = await copyIn(session, 'copy copied from stdin', none)
        const sending = (async () => {
          await copying.write([Buffer.from('a\tb\n')])
          await copying.end()
        })()
        await expect(sending).rejects.toMatchObject({ code: '22P04' })
        await copying.abandon()
        await session`rollback`
        expect(await session`select 1 as one`).toHaveLength(1)
      }))

    it('and takes all of it back', () =>
      withSession(async session => {
        const copying = await copyIn(session, 'copy copied from stdin', none)
        await copying.write([Buffer.from('a\n')])
        await copying.abandon()
        await session`rollback`
        expect(await session`select from copied`).toHaveLength(0)
      }))
  })
})
