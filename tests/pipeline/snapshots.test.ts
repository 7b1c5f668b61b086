import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
})
afterAll(() => database.drop())
beforeEach(async () => {
  project = await fixture({ 'models/_sources.yml': 'sources:\n  - {name: shop, schema: public, tables: [{name: prices}]}\n' })
  await database.sql.unsafe(`
    drop schema public cascade; create schema public;
    create table prices (id int, price numeric, changed_at timestamp);
    insert into prices values (1, 10, '2026-01-01'), (2, 20, '2026-01-01')`)
})
afterEach(() => project.remove())

const run = (options = {}) => buildFixture(database.sql, project.dir, options)
const rows = (query: string) => database.sql.unsafe(query).then(result => [...result].map(row => ({ ...row })))
const change = (statement: string) => database.sql.unsafe(statement)
const block = (config: string, query = "select * from {{ source('shop', 'prices') }}") => ({
  'snapshots/history.sql': `{% snapshot price_history %}\n{{ config(unique_key='id', ${config}) }}\n${query}\n{% endsnapshot %}\n`,
})
const history = (columns = 'id, price, dbt_valid_from, dbt_valid_to') =>
  rows(`select ${columns} from price_history order by id, dbt_valid_from`)
const day = (text: string) => `2026-01-${text}T00:00:00`

it.each([[`'"No"'`], ['"id || \'-\' || \\"No\\""'], [`['"No"', 'id']`]])('unique_key may be written as in SQL: %s', async key => {
  const query = `select id, id + 1 as "No", price, changed_at from {{ source('shop', 'prices') }}`
  const config = `unique_key=${key}, strategy='check', check_cols=['price'], hard_deletes='invalidate'`
  await project.write({
    'snapshots/history.sql': `{% snapshot price_history %}\n{{ config(${config}) }}\n${query}\n{% endsnapshot %}\n`,
  })
  await run()
  await change('update prices set price = 11 where id = 1; delete from prices where id = 2')
  expect((await run()).by.price_history).toMatchObject({ inserted: 1, updated: 2 })
  const [row] = await rows('select * from price_history limit 1')
  expect(Object.keys(row ?? {}).slice(0, 5)).toEqual(['id', 'No', 'price', 'changed_at', 'dbt_scd_id'])
})

it('has the indexes of its config', async () => {
  const indexed = (list: string) => block(`strategy='check', check_cols='all', indexes=[${list}]`)
  const definitions = async () =>
    (await rows("select indexdef from pg_indexes where tablename = 'price_history'")).map(({ indexdef }) => indexdef)
  await project.write(indexed("{'columns': ['id'], 'type': 'hash'}, {'columns': ['id', 'price'], 'unique': True}"))
  await run()
  expect((await definitions()).sort()).toEqual([
    expect.stringMatching(/^CREATE INDEX .* USING hash \(id\)$/),
    expect.stringMatching(/^CREATE UNIQUE INDEX .* USING btree \(id, price\)$/),
  ])
  await project.write(indexed("{'columns': ['id'], 'type': 'hash'}"))
  await run()
  expect(await definitions()).toEqual([expect.stringContaining('USING hash (id)')])
})

describe('strategy timestamp', () => {
  const config = "strategy='timestamp', updated_at='changed_at'"

  it('keeps each version, valid from its own time until the next', async () => {
    await project.write(block(config))
    expect((await run()).by.price_history).toMatchObject({ status: 'success', inserted: 2 })
    await change("update prices set price = 11, changed_at = '2026-01-03' where id = 1; insert into prices values (3, 30, '2026-01-04')")
    expect((await run()).by.price_history).toMatchObject({ inserted: 2, updated: 1 })
    expect(await history()).toEqual([
      { id: 1, price: '10', dbt_valid_from: day('01'), dbt_valid_to: day('03') },
      { id: 1, price: '11', dbt_valid_from: day('03'), dbt_valid_to: null },
      { id: 2, price: '20', dbt_valid_from: day('01'), dbt_valid_to: null },
      { id: 3, price: '30', dbt_valid_from: day('04'), dbt_valid_to: null },
    ])
    expect(await rows("select distinct dbt_scd_id = md5(id || '|' || dbt_updated_at) as same from price_history")).toEqual([{ same: true }])
  })

  it('without a newer time nothing changes, also on --full-refresh; what goes stays', async () => {
    await project.write(block(config))
    await run()
    await change('update prices set price = 99; delete from prices where id = 2')
    expect((await run({ fullRefresh: true })).by.price_history).toMatchObject({ message: 'UNCHANGED', inserted: 0 })
    expect(await history('id, price, dbt_valid_to')).toEqual([
      { id: 1, price: '10', dbt_valid_to: null },
      { id: 2, price: '20', dbt_valid_to: null },
    ])
  })

  it('hard_deletes invalidate closes what is gone; come back it is a new version that overlaps nothing', async () => {
    await project.write(block(`${config}, hard_deletes='invalidate'`))
    await run()
    await change('create table gone as select * from prices where id = 2; delete from prices where id = 2')
    await run()
    expect(await rows('select dbt_valid_to is not null as closed from price_history order by id')).toEqual([
      { closed: false },
      { closed: true },
    ])
    await change('insert into prices select * from gone')
    await run()
    expect(
      await rows(`
      select count(*)::int as versions, count(distinct dbt_scd_id)::int as ids, bool_or(next_from < dbt_valid_to) as overlap
      from (select *, lead(dbt_valid_from) over (partition by id order by dbt_valid_from) as next_from from price_history) as v where id = 2`),
    ).toEqual([{ versions: 2, ids: 2, overlap: false }])
  })

  it('hard_deletes new_record tells of the deletion in a row of its own', async () => {
    await project.write(block(`${config}, hard_deletes='new_record', dbt_valid_to_current="'9999-12-31'::timestamp"`))
    await run()
    await change('delete from prices where id = 2')
    await run()
    expect((await run()).by.price_history?.message).toBe('UNCHANGED')
    const open = "dbt_valid_to = '9999-12-31' as open"
    expect(await history(`id, price, dbt_is_deleted, ${open}`)).toEqual([
      { id: 1, price: '10', dbt_is_deleted: 'False', open: true },
      { id: 2, price: '20', dbt_is_deleted: 'False', open: false },
      { id: 2, price: '20', dbt_is_deleted: 'True', open: true },
    ])
    await change("insert into prices values (2, 20, '2026-01-01')")
    await run()
    expect(await rows(`select dbt_is_deleted, ${open} from price_history where id = 2 order by dbt_valid_from`)).toEqual([
      { dbt_is_deleted: 'False', open: false },
      { dbt_is_deleted: 'True', open: false },
      { dbt_is_deleted: 'False', open: true },
    ])
  })
})

describe('strategy check', () => {
  it('keeps a version when a listed column changes, null too', async () => {
    await project.write(block("strategy='check', check_cols=['price']"))
    await run()
    await change("update prices set changed_at = '2026-02-01'")
    expect((await run()).by.price_history?.message).toBe('UNCHANGED')
    await change('update prices set price = null where id = 1')
    await run()
    expect(await history('id, price, dbt_valid_to is null as open')).toEqual([
      { id: 1, price: '10', open: false },
      { id: 1, price: null, open: true },
      { id: 2, price: '20', open: true },
    ])
  })

  it('a new column of check_cols all is added, and a change of every row; one that is gone stays', async () => {
    await project.write(block("strategy='check', check_cols='all'"))
    await run()
    await change("alter table prices add column note text default 'new'; alter table prices drop column changed_at")
    await run()
    expect(await history('id, note, changed_at')).toEqual([
      { id: 1, note: null, changed_at: day('01') },
      { id: 1, note: 'new', changed_at: null },
      { id: 2, note: null, changed_at: day('01') },
      { id: 2, note: 'new', changed_at: null },
    ])
  })

  it('a clock that stands still, or runs back, makes no two versions of one time', async () => {
    await project.write(block("strategy='check', check_cols='all', hard_deletes='invalidate'"))
    await run()
    await change("update price_history set dbt_valid_from = now()::timestamp + interval '1 hour'; update prices set price = price + 1")
    await run()
    expect(
      await rows('select bool_and(dbt_valid_to > dbt_valid_from) as fine, count(distinct dbt_scd_id)::int as ids from price_history'),
    ).toEqual([{ fine: true, ids: 4 }])
  })
})

describe('what belongs to it', () => {
  const yaml = (config: string) => ({
    'snapshots/_snapshots.yml': `snapshots:\n  - name: price_history\n    relation: source('shop', 'prices')\n    description: Prices as they were.\n    config: {unique_key: [id, changed_at], strategy: check, check_cols: all${config}}\n    columns: [{name: id, data_tests: [not_null]}]\n`,
  })

  it('YAML alone makes one, with tests, a list of keys, and own names of columns; ref() reads it', async () => {
    await project.write({
      ...yaml(', snapshot_meta_column_names: {dbt_valid_from: since, dbt_valid_to: until}, schema: kept'),
      'models/now.sql': "select id, since from {{ ref('price_history') }} where until is null",
      'dbt_project.yml': 'name: shop\nsnapshots:\n  shop:\n    +tags: [kept]\n',
    })
    const { status, by, project: parsed } = await run()
    expect([status, by.price_history?.status, by.not_null_price_history_id?.status]).toEqual(['published', 'success', 'pass'])
    expect(parsed.nodes.get('snapshot.shop.price_history')).toMatchObject({
      schema: 'public_kept',
      tags: ['kept'],
      fqn: ['shop', 'price_history'],
    })
    expect(await rows('select id from now order by id')).toEqual([{ id: 1 }, { id: 2 }])
  })

  it('a block with target_schema goes exactly there, and a file may hold several', async () => {
    const config = "strategy='check', check_cols='all', unique_key='id', target_schema='kept'"
    const one = (name: string) =>
      `{% snapshot ${name} %}{{ config(${config}) }} select * from {{ source('shop', 'prices') }}{% endsnapshot %}\n`
    await project.write({ 'snapshots/all.sql': one('a') + one('b') })
    const { project: parsed } = await run()
    expect(parsed.nodes.get('snapshot.shop.b')).toMatchObject({ schema: 'kept', fqn: ['shop', 'all', 'b'] })
    expect(await rows('select (select count(*) from kept.a)::int as a, (select count(*) from kept.b)::int as b')).toEqual([{ a: 2, b: 2 }])
  })

  it('publishes nothing with a build that fails', async () => {
    await project.write({ ...yaml(''), 'tests/never.sql': "select * from {{ ref('price_history') }}" })
    expect((await run()).status).toBe('failed')
    expect(await rows("select to_regclass('price_history') as t")).toEqual([{ t: null }])
  })

  it('a key that comes twice, or a relation that is no snapshot, is an error', async () => {
    await project.write(block("strategy='check', check_cols='all'", 'select 1 as id union all select 1'))
    expect((await run()).by.price_history?.message).toContain('found id = 1 (2 rows)')
    await change('create table price_history (id int)')
    await project.write(block("strategy='check', check_cols='all'"))
    expect((await run()).by.price_history?.message).toContain('is not a snapshot: it has no column dbt_scd_id, dbt_updated_at')
  })
})
