import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkServer, connect } from '../../run/database/connection.ts'
import { withLock } from '../../run/database/lock.ts'
import { type FreshDatabase, freshDatabase, withDatabase } from './database.ts'

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
})
afterAll(() => database.drop())

const problem = async (url: string) => {
  const sql = connect(url)
  return checkServer(sql, url)
    .then(() => 'none')
    .catch((error: Error) => `${error.name}: ${error.message}`)
    .finally(() => sql.end({ timeout: 1 }))
}

describe('connect', () => {
  it('gives values that lose nothing', async () => {
    const [row] = await database.sql`
      select
          9007199254740993::bigint as big,
          1.50::numeric as exact,
          date '2024-03-31' as day,
          timestamptz '2024-03-31 12:00:00.123456+02' as at,
          timestamp '2024-03-31 12:00:00' as local,
          'infinity'::timestamptz as never,
          '{"a": [1]}'::jsonb as record,
          array[timestamptz '2024-03-31 10:00:00+00'] as list
    `
    expect(row).toEqual({
      big: '9007199254740993',
      exact: '1.50',
      day: '2024-03-31',
      at: '2024-03-31T10:00:00.123456Z',
      local: '2024-03-31T12:00:00',
      never: 'infinity',
      record: { a: [1] },
      list: ['2024-03-31T10:00:00Z'],
    })
  })

  it('takes times as text without losing microseconds', async () => {
    const [row] = await database.sql`select ${'2024-03-31T10:00:00.123456Z'}::timestamptz as at, ${new Date(0)}::timestamptz as epoch`
    expect(row).toEqual({ at: '2024-03-31T10:00:00.123456Z', epoch: '1970-01-01T00:00:00Z' })
  })

  it('says what is wrong with a connection, without the password', async () => {
    expect(await problem(withDatabase(database.url, 'nowhere'))).toMatch(
      /^ProjectError: Cannot connect to .*nowhere \(DATABASE_URL\): that database does not exist/,
    )
    expect(await problem('postgres://somebody:secret@127.0.0.1:1/x')).toMatch(
      /somebody@127.0.0.1:1\/x \(DATABASE_URL\): no server answers there/,
    )
    expect(await problem('postgres://somebody:secret@127.0.0.1:1/x')).not.toContain('secret')
    expect(() => connect('mysql://somebody:secret@localhost')).toThrow('does not begin with postgres://')
  })
})

describe('withLock', () => {
  it('lets in one at a time and says who holds it', async () => {
    const other = connect(database.url, { application: 'deskledger build' })
    await withLock(other, { wait: false }, async () => {
      const refused = withLock(database.sql, { wait: false }, async () => 'in')
      await expect(refused).rejects.toThrow(/Another build or load is running: deskledger build, server process \d+, .*connected since 20/)
    })
    expect(await withLock(database.sql, { wait: false }, async () => 'in')).toBe('in')
    await other.end()
  })

  it('waits for the holder, having said so once', async () => {
    const said: string[] = []
    const order: string[] = []
    let second: Promise<unknown> = Promise.resolve()
    await withLock(database.sql, { wait: true }, async () => {
      second = withLock(database.sql, { wait: true, onWait: holder => said.push(holder) }, async () => order.push('second'))
      while (!said.length) await new Promise(resolve => setTimeout(resolve, 5))
      order.push('first')
    })
    await second
    expect(order).toEqual(['first', 'second'])
    expect(said).toHaveLength(1)
  })

  it('is free again after work that left a failed transaction', async () => {
    const work = withLock(database.sql, { wait: false }, async session => {
      await session`begin`
      await session`select 1 / 0`
    })
    await expect(work).rejects.toThrow('division by zero')
    const other = connect(database.url)
    expect(await withLock(other, { wait: false }, async () => 'in')).toBe('in')
    await other.end()
  })
})
