import { afterAll, beforeAll, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
  project = await fixture()
})
afterAll(async () => {
  await database.drop()
  await project.remove()
})

const build = async (files: Record<string, string>) => {
  await project.write(files)
  const { status, printed } = await buildFixture(database.sql, project.dir)
  expect(printed).not.toContain('ERROR')
  expect(status).toBe('published')
}
const indexes = async () => {
  const rows = await database.sql`select indexdef from pg_indexes where tablename = 't' and indexname not like '%pkey'`
  return rows.map(row => String(row.indexdef).replace(/^.* USING btree /, '')).sort()
}

it.each(['table', 'incremental'])('indexes that the config of a %s has no longer are dropped; those of others stay', async materialized => {
  const model = (list: string) => ({
    'models/t.sql': `{{ config(materialized='${materialized}', unique_key='a', indexes=${list}) }} select 1 as a, 2 as b`,
  })
  await database.sql.unsafe('drop table if exists t')
  await build(model("[{'columns': ['a']}, {'columns': ['a', 'b'], 'unique': true}]"))
  await database.sql.unsafe('create index by_hand on t (b, a)')
  expect(await indexes()).toEqual(['(a)', '(a, b)', '(b, a)'])
  const [before] = await database.sql`select max(oid) as oid from pg_class`
  await build(model("[{'columns': ['a']}]"))
  expect(await indexes()).toEqual(['(a)', '(b, a)'])
  await build(model('[]'))
  expect(await indexes()).toEqual(['(b, a)'])
  const [after] = await database.sql`select max(pg_class.oid) as oid from pg_class where relname = 't'`
  expect(Number(after?.oid)).toBeLessThanOrEqual(Number(before?.oid))
})

it.each([
  ['character varying(3)', 'character varying(9)'],
  ['character varying(3)', 'text'],
])('a %s of an incremental table grows to %s with the query, and never shrinks', async (from, to) => {
  const model = (type: string, value: string) => ({
    'models/v.sql': `{{ config(materialized='incremental', unique_key='id') }} select 1 as id, '${value}'::${type} as name`,
  })
  const type = async () =>
    (
      await database.sql`select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = 'v'::regclass and attname = 'name'`
    )[0]?.type
  await database.sql.unsafe('drop table if exists v')
  await build(model(from, 'abc'))
  await build(model(to, 'abcdef'))
  expect(await type()).toBe(to)
  expect([...(await database.sql`select name from v`)]).toEqual([{ name: 'abcdef' }])
  await build(model(from, 'abc'))
  expect(await type()).toBe(to)
})

it('an increment of a tenth of its table gives it new statistics, a smaller one does not', async () => {
  const model = `{{ config(materialized='incremental', incremental_strategy='append') }}
    select i as a from generate_series(1, {{ '(select rows from increment)' if is_incremental() else 10 }}) as i`
  const grow = async (rows: number) => {
    await database.sql.unsafe(`drop table if exists increment; create table increment as select ${rows} as rows`)
    await build({ 'models/grown.sql': model })
    const [table] = await database.sql`select reltuples::int as rows from pg_class where relname = 'grown'`
    return table?.rows
  }
  expect(await grow(0)).toBe(10)
  expect(await grow(2000)).toBe(2010)
  expect(await grow(150)).toBe(2010)
  expect(await grow(30_000)).toBe(32_160)
  expect(await grow(2000)).toBe(32_160)
})
