import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  project = await fixture({
    'models/people.sql': table("select 1 as id, 'ann' as name"),
    'models/names.sql': "select id, name from {{ ref('people') }}",
    'models/counted.sql': incremental(
      "select count(*) as n, {{ 'true' if is_incremental() else 'false' }} as again from {{ ref('names') }}",
    ),
    'models/other.sql': table('select 7 as id'),
    'models/_models.yml': 'models: [{ name: people, columns: [{ name: id, data_tests: [not_null] }] }]',
  })
  await database.sql.unsafe(
    'drop schema public cascade; create schema public; truncate ops.nodes; truncate ops.batches; truncate ops.touched',
  )
})
afterEach(() => project.remove())

/** Names of the nodes that ran, in build order. */
async function ran(options: Parameters<typeof buildFixture>[2] = {}): Promise<string[]> {
  const { results, status, printed } = await buildFixture(database.sql, project.dir, { hasLog: true, ...options })
  expect(status, printed).toBe(options.isTrial ? 'trial' : 'published')
  return results.filter(({ isReused }) => !isReused).map(({ node }) => node.name)
}
const rows = (query: string) => database.sql.unsafe(query).then(result => [...result].map(row => ({ ...row })))
function table(query: string): string {
  return `{{ config(materialized='table') }}\n${query}`
}
function incremental(query: string): string {
  return `{{ config(materialized='incremental', incremental_strategy='mirror', unique_key='n') }}\n${query}`
}
const land = (entity: string, changed: number) =>
  database.sql.unsafe(
    `insert into ops.batches (batch, entity, changed_in) values ('day', '${entity}', ${changed}) on conflict (batch, entity) do update set changed_in = ${changed}`,
  )

const all = ['other', 'people', 'not_null_people_id', 'names', 'counted']

describe('a node is passed over', () => {
  it('when neither it nor what it reads has changed; a comment is no change', async () => {
    expect((await ran()).sort()).toEqual([...all].sort())
    expect(await ran()).toEqual([])
    await project.write({ 'models/people.sql': `-- who works here\n${table("select 1 as id, 'ann' as name")}` })
    expect(await ran()).toEqual([])
  })

  it('and its result says so, in the artifacts as a success', async () => {
    await ran()
    const { by, printed } = await buildFixture(database.sql, project.dir, { hasLog: true })
    expect(by.people).toMatchObject({ status: 'success', message: 'REUSED', isReused: true })
    expect(by.not_null_people_id).toMatchObject({ status: 'pass', failures: 0, isReused: true })
    expect(printed).not.toContain('people')
  })

  it('when what it reads was made anew and has the same rows', async () => {
    await ran()
    await project.write({ 'models/people.sql': table("select 2 - 1 as id, 'an' || 'n' as name") })
    expect(await ran()).toEqual(['people'])
    expect(await ran()).toEqual([])
  })

  it('but not with --full-refresh, and what that leaves as it was wakes nothing later', async () => {
    await ran()
    expect((await ran({ fullRefresh: true })).sort()).toEqual([...all].sort())
    expect(await ran()).toEqual([])
  })

  it('and still gets descriptions that changed', async () => {
    const described = (text: string) =>
      `models: [{ name: people, description: ${text}, config: { persist_docs: { relation: true } }, columns: [{ name: id, data_tests: [not_null] }] }]`
    await project.write({ 'models/_models.yml': described('A') })
    await ran()
    await project.write({ 'models/_models.yml': described('B') })
    expect(await ran()).toEqual([])
    expect(await rows("select obj_description('people'::regclass) as said")).toEqual([{ said: 'B' }])
  })

  it('by a build that is only tried, which remembers nothing', async () => {
    await ran()
    await project.write({ 'models/people.sql': table("select 5 as id, 'eve' as name") })
    const changed = ['people', 'not_null_people_id', 'counted']
    expect(await ran({ isTrial: true })).toEqual(changed)
    expect(await ran()).toEqual(changed)
  })
})

describe('a node runs', () => {
  it('when rows of what it reads changed, through views, which stay as they are', async () => {
    await ran()
    await project.write({ 'models/people.sql': table("select 5 as id, 'eve' as name") })
    expect(await ran()).toEqual(['people', 'not_null_people_id', 'counted'])
  })

  it('as a whole when what it reads was made anew, as no landing explains the change', async () => {
    await ran()
    await project.write({ 'models/people.sql': table("select 1 as id, 'ann' as name union all select 2, 'bob'") })
    await ran()
    expect(await rows('select n::int, again from counted')).toEqual([{ n: 2, again: false }])
    // The same, later: a change that a selection leaves out is found by the next build.
    await project.write({ 'models/people.sql': table("select 1 as id, 'ann' as name") })
    expect(await ran({ select: ['people'] })).toContain('people')
    expect(await ran()).toEqual(['counted'])
    expect(await rows('select n::int, again from counted')).toEqual([{ n: 1, again: false }])
  })

  it('when its relation is gone, with what reads it', async () => {
    await ran()
    await database.sql.unsafe('drop table people cascade')
    expect((await ran()).sort()).toEqual(['counted', 'names', 'not_null_people_id', 'people'])
  })

  it('also when what was dropped comes back without a row, or a table without rows has other columns', async () => {
    await database.sql.unsafe(
      'drop schema if exists elsewhere cascade; create schema elsewhere; create table elsewhere.things as select 1 as id',
    )
    await project.write({
      'models/_sources.yml': 'sources: [{ name: elsewhere, tables: [{ name: things }] }]',
      'models/other.sql': table("select * from {{ source('elsewhere', 'things') }}"),
      'models/reader.sql': table("select count(*)::int as n from {{ ref('other') }}"),
      'models/shown.sql': "select * from {{ ref('other') }}",
    })
    await ran()
    await database.sql.unsafe('delete from elsewhere.things; drop table other cascade')
    expect(await ran()).toEqual(['other', 'reader', 'shown'])
    expect(await rows('select n from reader')).toEqual([{ n: 0 }])
    await database.sql.unsafe('alter table elsewhere.things add column name text')
    expect(await ran()).toEqual(['other', 'reader', 'shown'])
    expect(await rows('select name from shown')).toEqual([])
  })

  it('when a macro that it calls, a variable that it names or a seed that it reads changed', async () => {
    await project.write({
      'models/other.sql': table("select {{ deep() }} + {{ var('more') }} as id"),
      'models/seeded.sql': table("select * from {{ ref('codes') }}"),
      'seeds/codes.csv': 'code\n1\n',
      'macros/m.sql': '{% macro deep() %}{{ deeper() }}{% endmacro %}{% macro deeper() %}1{% endmacro %}',
    })
    const vars = { more: 0, unused: 0 }
    await ran({ vars })
    expect(await ran({ vars: { ...vars, unused: 1 } })).toEqual([])
    expect(await ran({ vars: { ...vars, more: 1 } })).toEqual(['other'])
    await project.write({ 'macros/m.sql': '{% macro deep() %}{{ deeper() }}{% endmacro %}{% macro deeper() %}2{% endmacro %}' })
    expect(await ran({ vars: { ...vars, more: 1 } })).toEqual(['other'])
    await project.write({ 'seeds/codes.csv': 'code\n2\n' })
    expect(await ran({ vars: { ...vars, more: 1 } })).toEqual(['codes', 'seeded'])
  })

  it('when an ephemeral model in it changed, or what that reads', async () => {
    await project.write({
      'models/within.sql': "{{ config(materialized='ephemeral') }} select id from {{ ref('people') }}",
      'models/around.sql': table("select * from {{ ref('within') }}"),
    })
    await ran()
    await project.write({ 'models/within.sql': "{{ config(materialized='ephemeral') }} select id + 1 as id from {{ ref('people') }}" })
    expect(await ran()).toEqual(['within', 'around'])
    await project.write({ 'models/people.sql': table("select 9 as id, 'ann' as name") })
    expect(await ran()).toContain('around')
    expect(await rows('select id from around')).toEqual([{ id: 10 }])
  })

  it('of a view, when the columns of what it reads changed', async () => {
    await project.write({ 'models/names.sql': "select * from {{ ref('people') }}" })
    await ran()
    await project.write({ 'models/people.sql': table("select 1 as id, 'ann' as name, 3 as age") })
    expect(await ran()).toContain('names')
    expect(await rows('select age from names')).toEqual([{ age: 3 }])
  })

  it.each([
    ['the time', 'select 1 as id where now() is not null'],
    ['a keyword of it', 'select current_date as day'],
    ['chance', 'select (random() * 0)::int as id'],
    ['the catalogue', 'select count(*)::int * 0 as n from pg_class'],
    ['the catalogue by its schema', 'select count(*)::int * 0 as n from information_schema.tables'],
    ['a relation that it names itself', 'select * from elsewhere.things'],
    ['that in quotes', 'select * from "elsewhere"."things"'],
    ['one by its bare name', 'select * from bare_things'],
    ['one after a comma', 'select bare_things.* from (select 1) as one, bare_things'],
    ['a function of its owner', 'select elsewhere.counted() as n'],
    ['a clock of Python', "select '{{ modules.datetime.datetime.now().year }}' as year"],
    [
      'the answer of the database to another question',
      "{% set found = run_query('select count(*) from elsewhere.things') %} select 1 as id",
    ],
    [
      'the columns of a relation that it does not read',
      "select '{{ adapter.get_columns_in_relation(api.Relation.create(schema='elsewhere', identifier='things')) | length }}' as n",
    ],
  ])('always, when it reads %s', async (_, query) => {
    await database.sql.unsafe(`
      drop schema if exists elsewhere cascade; create schema elsewhere; create table elsewhere.things (id int); create table bare_things (id int);
      create function elsewhere.counted() returns bigint language sql stable return (select count(*) from elsewhere.things)`)
    await project.write({ 'models/other.sql': table(query) })
    await ran()
    expect(await ran()).toEqual(['other'])
    await project.write({ 'models/other.sql': query, 'models/reader.sql': table("select * from {{ ref('other') }}") })
    await ran()
    expect(await ran(), 'as a view, what reads it too').toEqual(['other', 'reader'])
  })

  it.each([
    ['functions that give one result for one question', "select lower('A') as a, date_trunc('day', timestamptz '2026-01-01') as day"],
    ['words about them in texts and comments', "select 'sooner' as a /* now() */ -- random()"],
    ['CTEs with the name of a relation', 'with bare_things as (select 1 as id) select * from bare_things'],
    [
      'the answer to a question about what it reads',
      "{% set q %}select count(*) from {{ ref('people') }}{% endset %}{% set n = run_query(q) %} select 1 as id",
    ],
  ])('not for %s', async (_, query) => {
    await database.sql.unsafe('create table bare_things (id int)')
    await project.write({ 'models/other.sql': table(query) })
    await ran()
    expect(await ran()).toEqual([])
  })

  it('always, with hooks, and sees what they wrote', async () => {
    const hook = 'update ops.batches set changed_in = changed_in + 1 where changed_in < 3'
    await project.write({
      'models/_sources.yml': 'sources: [{ name: ops, tables: [{ name: batches }] }]',
      'models/other.sql': `{{ config(materialized='table', post_hook='${hook}') }} select 7 as id`,
      'models/reader.sql': table("select max(changed_in)::int as n from {{ source('ops', 'batches') }}"),
    })
    await land('cards', 1)
    await ran()
    expect(await ran()).toEqual(['other', 'reader'])
    expect(await rows('select n from reader')).toEqual([{ n: 3 }])
    expect(await ran(), 'the hook has nothing to write').toEqual(['other'])
  })

  it('with hooks that follow its rows when there is another reason, and sees what they wrote', async () => {
    const sql = 'update ops.batches set changed_in = changed_in + 1 where changed_in < 3'
    const hook = `{"sql": "${sql}", "follows_rows": true}`
    await project.write({
      'models/_sources.yml': 'sources: [{ name: ops, tables: [{ name: batches }] }]',
      'models/other.sql': `{{ config(materialized='table', post_hook=${hook}) }} select 7 as id`,
      'models/reader.sql': table("select max(changed_in)::int as n from {{ source('ops', 'batches') }}"),
    })
    await land('cards', 1)
    await ran()
    expect(await ran()).toEqual([])
    expect(await rows('select n from reader')).toEqual([{ n: 2 }])
    await project.write({ 'models/other.sql': `{{ config(materialized='table', post_hook=${hook}) }} select 8 as id` })
    expect(await ran()).toEqual(['other', 'reader'])
    expect(await rows('select n from reader')).toEqual([{ n: 3 }])
    await project.write({ 'models/other.sql': `{{ config(materialized='table', post_hook=[${hook}, 'select 1']) }} select 8 as id` })
    await ran()
    expect(await ran(), 'another hook may do anything').toEqual(['other'])
  })

  it('always, over a source that nobody stamps; over one that is stamped when it landed', async () => {
    await database.sql.unsafe('drop schema if exists elsewhere cascade; create schema elsewhere; create table elsewhere.things (id int)')
    await project.write({
      'models/_sources.yml': 'sources: [{ name: elsewhere, tables: [{ name: things }] }, { name: raw, tables: [{ name: cards }] }]',
      'models/other.sql': table("select * from {{ source('elsewhere', 'things') }}"),
      'models/cards.sql': table("select count(*) as n from {{ source('raw', 'cards') }}"),
    })
    await land('cards', 1)
    expect(await ran()).toContain('cards')
    expect(await ran()).toEqual(['other'])
    await land('roles', 2)
    expect(await ran()).toEqual(['other'])
    await land('cards', 3)
    expect((await ran()).sort()).toEqual(['cards', 'other'])
    expect(await rows("select landed_in::int from ops.nodes where unique_id = 'model.shop.people'")).toEqual([{ landed_in: 3 }])
  })

  it('when it was published by a version that remembered nothing', async () => {
    await ran()
    await database.sql`update ops.nodes set seen = null, mark = null`
    expect((await ran()).sort()).toEqual([...all].sort())
  })
})

describe('a test', () => {
  it('that warned stands, is told, and counts with --warn-error', async () => {
    await project.write({
      'models/_models.yml':
        'models: [{ name: people, columns: [{ name: id, data_tests: [{ accepted_values: { values: [2], config: { severity: warn } } }] }] }]',
    })
    await ran()
    const { by, printed } = await buildFixture(database.sql, project.dir, { hasLog: true })
    const [warned] = Object.values(by).filter(({ node }) => node.resourceType === 'test')
    expect(warned).toMatchObject({ status: 'warn', failures: 1, isReused: true })
    expect(printed).toMatch(/WARN 1 accepted_values/)
    expect((await buildFixture(database.sql, project.dir, { hasLog: true, warnError: true })).status).toBe('failed')
  })

  it('runs again when it was edited, when it keeps its rows, and never when it failed before', async () => {
    await project.write({ 'tests/none.sql': "select * from {{ ref('people') }} where id < 0" })
    await ran()
    await project.write({ 'tests/none.sql': "select * from {{ ref('people') }} where id < -1" })
    expect(await ran()).toEqual(['none'])
    expect((await ran({ storeFailures: true })).sort()).toEqual(['none', 'not_null_people_id'])
    await project.write({ 'tests/none.sql': "select * from {{ ref('people') }}" })
    for (const _ of [1, 2]) expect((await buildFixture(database.sql, project.dir, { hasLog: true })).by.none?.status).toBe('fail')
  })

  it('runs again when it asks for the time of the run', async () => {
    await project.write({ 'tests/late.sql': "select * from {{ ref('people') }} where '{{ run_started_at }}' = ''" })
    await ran()
    expect(await ran()).toEqual(['late'])
  })

  it('of a unit runs when its model changed, not when rows did', async () => {
    await project.write({
      'models/_units.yml': `unit_tests: [{ name: u, model: names, given: [{ input: ref('people'), rows: [{ id: 1, name: x }] }], expect: { rows: [{ id: 1, name: x }] } }]`,
    })
    await ran()
    await project.write({ 'models/people.sql': table("select 4 as id, 'dan' as name") })
    expect(await ran()).not.toContain('u')
    await project.write({ 'models/names.sql': "select id, name || '' as name from {{ ref('people') }}" })
    expect(await ran()).toContain('u')
  })
})
