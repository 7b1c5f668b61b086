import { cp } from 'node:fs/promises'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand } from '../../run/commands/build.ts'
import { connect } from '../../run/database/connection.ts'
import type { Session } from '../../run/database/driver.ts'
import { withLock } from '../../run/database/lock.ts'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'
import { fixture, silentReport } from './fixture.ts'

let database: FreshDatabase
const given = process.env.DATABASE_URL

beforeAll(async () => {
  database = await freshDatabase()
  process.env.DATABASE_URL = database.url
})
afterAll(async () => {
  if (given === undefined) delete process.env.DATABASE_URL
  else process.env.DATABASE_URL = given
  await database.drop()
})

describe('a session', () => {
  it('keeps its connection, whatever else the pool does', async () => {
    const session = await database.sql.reserve()
    const pids = await Promise.all(Array.from({ length: 12 }, () => database.sql<{ pid: number }[]>`select pg_backend_pid() as pid`))
    expect(pids.map(([row]) => row?.pid)).not.toContain(await pidOf(session))
    session.release()
  })

  it('that is lost between two statements never goes on elsewhere, outside its transaction', async () => {
    const session = await database.sql.reserve()
    await session`begin`
    await terminate(await pidOf(session))
    for (let i = 0; i < 12; i++) await database.sql`select ${i}`
    await expect(session.unsafe('create table escaped (a int)')).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
    await expect(session`commit`).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
    expect([...(await database.sql`select to_regclass('escaped') as escaped`)]).toEqual([{ escaped: null }])
  })

  it('that is lost fails all that waits for an answer', async () => {
    const session = await database.sql.reserve()
    const pid = await pidOf(session)
    const waiting = Promise.allSettled([session`select pg_sleep(60)`, session`select 1`, session`select 2`])
    setTimeout(() => terminate(pid), 100)
    expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  })

  it('of a transaction by begin() is one too: lost between two statements, the next fails and the process lives', async () => {
    const work = database.sql.begin(async transaction => {
      await transaction`create table kept_by_nobody (a int)`
      await terminate(await pidOf(transaction as unknown as Session))
      for (let i = 0; i < 3; i++) await new Promise(resolve => setImmediate(resolve))
      await transaction`insert into kept_by_nobody values (1)`
    })
    await expect(work).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
    expect(await database.sql.begin('read only', transaction => transaction`select 1 as one`)).toMatchObject([{ one: 1 }])
    await expect(database.sql.begin('read only', transaction => transaction`create table no (a int)`)).rejects.toMatchObject({
      code: '25006',
    })
    expect([...(await database.sql`select to_regclass('kept_by_nobody') as kept`)]).toEqual([{ kept: null }])
  })

  it('that a server refuses as it recovers leaves no connection behind, when the driver tries once more', async () => {
    const { port, hostname } = new URL(database.url)
    const [open, refused] = [new Set<Socket>(), `SFATAL\0C57P03\0Mthe database system is in recovery mode\0\0`]
    let attempts = 0
    const recovering = createServer(client => {
      attempts += 1
      client.on('error', () => {})
      if (attempts === 1) {
        const head = Buffer.from([69, 0, 0, 0, 4 + refused.length])
        client.once('data', () => client.end(Buffer.concat([head, Buffer.from(refused)])))
        return
      }
      const server = createConnection(Number(port), hostname)
      open.add(client)
      client.on('close', () => open.delete(client))
      client.pipe(server).pipe(client)
    })
    await new Promise<void>(resolve => recovering.listen(0, '127.0.0.1', resolve))
    const address = new URL(database.url)
    address.host = `127.0.0.1:${(recovering.address() as AddressInfo).port}`
    address.searchParams.set('sslmode', 'disable')
    const sql = connect(address.href)
    await expect(sql.reserve()).rejects.toMatchObject({ code: '57P03' })
    await sql.end({ timeout: 1 })
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(open.size).toBe(0)
    recovering.close()
  })

  it('is ended with its pool, of which what was asked for before is answered', async () => {
    const sql = connect(database.url)
    const asked = sql<{ one: number }[]>`select 1 as one`.then(rows => rows[0]?.one)
    await sql.end({ timeout: 5 })
    expect(await asked).toBe(1)
  })

  it('that held the lock and is lost leaves it to the next', async () => {
    const work = withLock(database.sql, { wait: false }, async session => {
      await terminate(await pidOf(session))
      await session`select 1`
    })
    await expect(work).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
    expect(await withLock(database.sql, { wait: true }, async () => 'in')).toBe('in')
  })
})

describe('a build', () => {
  // A sequence also counts what is rolled back.
  const failing = (code: string, times: number) =>
    `{{ config(materialized='table', pre_hook="do $$ begin if nextval('tries') <= ${times} then raise exception using errcode = '${code}', message = 'not now'; end if; end $$") }} select 1 as a`

  it.each(['40001', '40P01'])('that is in the way of another session (%s) is repeated from its start, and says so', async code => {
    expect(await run(failing(code, 1))).toMatchObject({
      code: 0,
      tries: 2,
      printed: expect.stringMatching(/not now( \(\w+\))?\. Retrying in 0\.5 s, attempt 1 of \d/),
      log: [{ status: 'published', nodes: 2 }],
    })
  })

  it('that is in the way of another session in a run_query() is repeated, too', async () => {
    const asked = failing('40P01', 1).replace(/\{\{.*pre_hook=(".*"\)) \}\}/, "{{ config(materialized='table') }} {% do run_query($1 %}")
    expect(await run(asked)).toMatchObject({ code: 0, tries: 2, log: [{ status: 'published', nodes: 2 }] })
  })

  it('whose connection is lost is repeated from its start', async () => {
    const model = `{{ config(materialized='table', pre_hook="select case when nextval('tries') = 1 then pg_terminate_backend(pg_backend_pid()) end") }} select 1 as a`
    expect(await run(model)).toMatchObject({
      code: 0,
      tries: 2,
      printed: expect.stringMatching(/The connection to the database was lost.*Retrying/),
      log: [{ status: 'published', nodes: 2 }],
    })
  })

  it('with an error of data is not', async () => {
    expect(await run(failing('22012', 1))).toMatchObject({ code: 1, tries: 1, log: [{ status: 'failed' }] })
  })

  async function run(model: string) {
    await database.sql.unsafe(
      'create sequence if not exists tries; alter sequence tries restart; truncate ops.runs cascade; truncate ops.nodes',
    )
    await database.sql.unsafe('drop table if exists hit, before')
    const project = await fixture({
      'models/before.sql': "{{ config(materialized='table') }} select 1 as a",
      'models/hit.sql': `-- depends_on: {{ ref('before') }}\n${model}`,
    })
    await cp(join(projectDir, 'migrations'), join(project.dir, 'migrations'), { recursive: true })
    const { report, printed } = silentReport()
    const command = {
      name: 'run',
      options: { projectDir: project.dir, logFormat: 'text' as const },
      report,
      signal: new AbortController().signal,
    }
    const code = await buildCommand(command, { types: ['model'], loads: false })
    await project.remove()
    const [row] = await database.sql<{ tries: string }[]>`select last_value as tries from tries`
    const log =
      await database.sql`select status, (select count(*)::int from ops.run_nodes where run_nodes.run_id = runs.run_id) as nodes from ops.runs`
    return { code, tries: Number(row?.tries), printed: printed(), log: [...log] }
  }
})

async function pidOf(session: Session): Promise<number> {
  const [row] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`
  return row!.pid
}

async function terminate(pid: number): Promise<void> {
  await database.sql`select pg_terminate_backend(${pid}, 5000)`
}
