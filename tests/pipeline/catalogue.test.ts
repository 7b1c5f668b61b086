import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { findRelation, forgetCatalogue, rememberCatalogue } from '../../run/database/catalogue.ts'
import { connect } from '../../run/database/connection.ts'
import type { Session, Sql } from '../../run/database/driver.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'

let database: FreshDatabase
let other: Sql
beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
  other = connect(database.url, { max: 2 })
})
afterAll(async () => {
  await other.end()
  await database.drop()
})

let session: Session
beforeEach(async () => {
  await other.unsafe(
    'drop schema if exists desk cascade; create schema desk; create table desk."a ""b""" (id bigint primary key, price numeric(18,2))',
  )
  session = await other.reserve()
  rememberCatalogue(session, ['desk'])
})
afterEach(() => session.release())

const NAME = '"desk"."a ""b"""'
const columns = async () => (await findRelation(session, NAME))?.columns.map(({ name, type }) => `${name} ${type}`)
const BEFORE = ['id bigint', 'price numeric(18,2)']
/** A change that this session does not know of: the result shows whether the catalogue is read again. */
const alterElsewhere = () => other.unsafe(`alter table desk."a ""b""" add column elsewhere text`)

it('reads all relations once, as each is by itself', async () => {
  await other.unsafe(`
    comment on table desk."a ""b""" is 'the table'; comment on column desk."a ""b""".price is 'in USD';
    alter table desk."a ""b""" add constraint positive check (price > 0), add column twice numeric generated always as (price * 2) stored;
    comment on constraint positive on desk."a ""b""" is 'mine'; create index by_price on desk."a ""b""" (price); comment on index desk.by_price is 'quick';
    create view desk.shown as select id from desk."a ""b""";
    insert into desk."a ""b""" values (1, 2); analyze desk."a ""b"""`)
  const plain = connect(database.url, { max: 1 })
  for (const name of [NAME, '"desk"."shown"', '"desk"."none"', 'pg_temp."none"'])
    expect(await findRelation(session, name)).toEqual(await findRelation(plain, name))
  await plain.end()
  expect(await findRelation(session, NAME)).toMatchObject({
    kind: 'table',
    comment: 'the table',
    primaryKey: ['id'],
    hadRows: true,
    columns: [{ name: 'id' }, { comment: 'in USD', isGenerated: false }, { name: 'twice', isGenerated: true }],
    constraints: [{ name: 'positive', comment: 'mine' }],
  })
})

it.each([
  'select 1',
  '-- a comment\n/* another */ with one as (select 1 as x) select * from one',
  'insert into desk."a ""b""" values (1, 2); delete from desk."a ""b"""',
  'create temporary table mine (id bigint); drop table if exists pg_temp.mine, pg_temp."other"',
  'savepoint one; release savepoint one',
  'merge into desk."a ""b""" as t using (select 1::bigint as id, \'into\' as word) as s on t.id = s.id when not matched then insert (id) values (s.id)',
])('holds over what defines nothing: %s', async text => {
  await session`begin`
  expect(await columns()).toEqual(BEFORE)
  await alterElsewhere()
  await session.unsafe(text)
  expect(await columns()).toEqual(BEFORE)
  await session`commit`
  expect(await columns()).toEqual([...BEFORE, 'elsewhere text'])
})

it.each([
  ['alter table desk."a ""b""" add column mine text', [...BEFORE, 'mine text']],
  ['select 1; alter table desk."a ""b""" add column mine text', [...BEFORE, 'mine text']],
  ['drop table desk."a ""b"""', undefined],
  ['drop table if exists pg_temp.x, desk."a ""b"""', undefined],
  [`do $$ begin alter table desk."a ""b""" add column mine text; end $$`, [...BEFORE, 'mine text']],
  ['alter schema desk rename to gone', undefined],
])('does not hold over: %s', async (text, expected) => {
  expect(await columns()).toEqual(BEFORE)
  await session.unsafe(text)
  expect(await columns()).toEqual(expected)
  await session.unsafe('drop schema if exists gone cascade; create schema if not exists desk')
})

it('a table made by select … into is found', async () => {
  expect(await findRelation(session, '"desk"."copy"')).toBeNull()
  await session.unsafe(`select * into desk.copy from desk."a ""b"""`)
  expect((await findRelation(session, '"desk"."copy"'))?.columns).toHaveLength(2)
})

it('a transaction that is taken back takes its definitions with it, and what a function defined can be told', async () => {
  await session`begin`
  await session.unsafe(`alter table desk."a ""b""" add column mine text`)
  // So many queries that all are read again inside the transaction.
  for (let at = 0; at < 60; at++) expect(await columns()).toEqual([...BEFORE, 'mine text'])
  await session`rollback`
  expect(await columns()).toEqual(BEFORE)
  for (let at = 0; at < 60; at++) expect(await columns()).toEqual(BEFORE)
  await alterElsewhere()
  expect(await columns()).toEqual(BEFORE)
  forgetCatalogue(session)
  expect(await columns()).toEqual([...BEFORE, 'elsewhere text'])
})
