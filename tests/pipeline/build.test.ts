import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../run/database/connection.ts'
import { Interrupted } from '../../run/execute/interrupted.ts'
import { type FreshDatabase, freshDatabase, running } from './database.ts'
import { buildFixture, counts, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  project = await fixture()
  await database.sql.unsafe('drop schema public cascade; create schema public; truncate ops.nodes; truncate ops.batches')
})
afterEach(() => project.remove())

const run = (options: Parameters<typeof buildFixture>[2] = {}) => buildFixture(database.sql, project.dir, options)
const rows = (query: string) => database.sql.unsafe(query).then(result => [...result].map(row => ({ ...row })))
const table = (query: string) => `{{ config(materialized='table') }}\n${query}`

describe('one transaction', () => {
  it('publishes nothing when a test of severity error fails, and keeps its rows with store_failures', async () => {
    await project.write({ 'models/t.sql': table('select 1 as a') })
    await run()
    await project.write({
      'models/t.sql': table("select * from (values (1, 'x'), (1, 'y')) as v (a, b)"),
      'models/after.sql': "select * from {{ ref('t') }}",
      'models/_models.yml': 'models:\n  - name: t\n    columns:\n      - name: a\n        data_tests: [unique]\n',
      'tests/no_y.sql': "select * from {{ ref('t') }} where b = 'y'",
    })
    const { status, by, results } = await run({ storeFailures: true })
    expect(status).toBe('failed')
    expect(by.unique_t_a?.status).toBe('fail')
    expect(by.after).toMatchObject({ status: 'skipped', message: expect.stringContaining('failed') })
    expect(await rows('select * from t')).toEqual([{ a: 1 }])
    expect(await rows("select to_regclass('after') as after")).toEqual([{ after: null }])
    expect(await rows(`select * from ${by.no_y?.storedIn}`)).toEqual([{ a: 1, b: 'y' }])
    expect(results.map(result => result.status).filter(one => one === 'fail')).toHaveLength(2)
  })

  it('undoes a failing model alone, skips what depends on it, and goes on with the others', async () => {
    await project.write({
      'models/bad.sql': table('select 1 / (random() * 0)::int as a'),
      'models/below.sql': "select * from {{ ref('bad') }}",
      'models/other.sql': table('select 1 as a'),
    })
    const { status, by } = await run()
    expect([by.bad?.status, by.below?.status, by.other?.status]).toEqual(['error', 'skipped', 'success'])
    expect(status).toBe('failed')
    expect(await rows("select to_regclass('other') as other")).toEqual([{ other: null }])
  })

  it('counts an ephemeral model as a step where it fails', async () => {
    await project.write({
      'models/bad.sql': "{{ config(materialized='ephemeral') }} select {{ exceptions.raise_compiler_error('no') if execute }} as a",
      'models/below.sql': "select * from {{ ref('bad') }}",
    })
    const { printed } = await run()
    expect(printed).toMatch(/1 of 2 ERROR creating sql ephemeral model.*2 of 2 SKIP relation public\.below/s)
  })

  it('on_error: continue builds on what there is', async () => {
    await project.write({ 'models/a.sql': table('select 1 as n'), 'models/b.sql': table("select n from {{ ref('a') }}") })
    await run()
    await project.write({ 'models/a.sql': "{{ config(materialized='table', on_error='continue') }} select 1/0 as n" })
    const { status, by } = await run()
    expect([status, by.a?.status, by.b?.status]).toEqual(['failed', 'error', 'success'])
  })

  it('--fail-fast skips all the rest', async () => {
    await project.write({ 'models/a.sql': 'select no_such_column', 'models/b.sql': 'select 1 as a' })
    expect((await run({ failFast: true })).by.b).toMatchObject({ status: 'skipped', message: 'Skipping due to fail_fast' })
  })

  it('a trial tells what would change and changes nothing', async () => {
    await project.write({ 'models/t.sql': table('select 1 as a') })
    const { status, by } = await run({ isTrial: true })
    expect([status, ...counts(by.t)]).toEqual(['trial', 1, 0, 0, 0])
    expect(await rows("select to_regclass('t') as t")).toEqual([{ t: null }])
  })

  it('readers see the old warehouse until all of the new is there', async () => {
    await project.write({ 'models/a.sql': table('select {{ var("n") }} as n'), 'models/b.sql': table("select n from {{ ref('a') }}") })
    await run({ vars: { n: 1 } })
    const reader = connect(database.url, { max: 1 })
    let mixed = 0
    let reads = 0
    let isDone = false
    const reading = (async () => {
      while (!isDone) {
        const [row] = await reader.unsafe('select (select n from a) as a, (select n from b) as b')
        reads++
        if (row?.a !== row?.b) mixed++
      }
    })()
    for (let n = 2; n < 8; n++) await run({ vars: { n } })
    isDone = true
    await reading
    await reader.end()
    expect(reads).toBeGreaterThan(0)
    expect(mixed).toBe(0)
  })

  it('Ctrl-C cancels the statement and leaves everything', async () => {
    await project.write({
      'models/a.sql': table('select 1 as a'),
      'models/b.sql': table("select pg_sleep(60)::text as a from {{ ref('a') }}"),
    })
    const controller = new AbortController()
    running(database.sql, 'pg_sleep(60)').then(() => controller.abort())
    await expect(run({ signal: controller.signal })).rejects.toBeInstanceOf(Interrupted)
    expect(await rows("select to_regclass('a') as a")).toEqual([{ a: null }])
  })

  it('a lost connection is a clear error', async () => {
    await project.write({ 'models/b.sql': table('select pg_sleep(60)::text as a') })
    const ending = run()
    const lost = expect(ending).rejects.toThrow('The connection to the database was lost')
    const pid = await running(database.sql, 'pg_sleep(60)')
    await database.sql`select pg_terminate_backend(${pid})`
    await lost
  })
})

describe('errors of a model', () => {
  it('show the line that PostgreSQL means, with a caret and the hint', async () => {
    await project.write({ 'models/t.sql': "{% set column = 'nmae' %}\nselect\n    {{ column }}\nfrom (select 1 as name) as people" })
    const { printed } = await run()
    expect(printed).toContain('models/t.sql:3:')
    expect(printed).toMatch(/column "nmae" does not exist[\s\S]*\^/)
  })

  it('COMMIT and second statements are refused before they run', async () => {
    await database.sql.unsafe('create table precious (a int)')
    await project.write({
      'models/a.sql': 'select 1 as a;\ncommit;\ndrop table precious',
      'models/b.sql': "select ';commit' as a -- ; rollback\n;",
      'models/c.sql': 'select 1 as a; select 2 as a',
      'models/d.sql': 'delete from precious',
      'models/e.sql': "{{ config(post_hook='rollback') }} select 1 as a",
    })
    const { by, printed } = await run()
    expect(['a', 'b', 'c', 'd', 'e'].map(name => by[name]?.status)).toEqual(['error', 'success', 'error', 'error', 'error'])
    expect(printed).toContain('models/a.sql:2:1')
    expect(await rows("select to_regclass('precious') is not null as there")).toEqual([{ there: true }])
  })
})

describe('around models', () => {
  it('runs hooks, and writes what was compiled and run', async () => {
    await project.write({
      'dbt_project.yml':
        'name: shop\nprofile: shop\non-run-start: "create table if not exists log (what text)"\non-run-end: "insert into log values (\'end\')"\n',
      'models/t.sql': `{{ config(materialized='table', pre_hook="insert into log values ('before')", post_hook=["insert into log select 'after ' || count(*) from {{ this }}"]) }} select 1 as a`,
    })
    await run()
    expect(await rows('select what from log')).toEqual([{ what: 'before' }, { what: 'after 1' }, { what: 'end' }])
    expect(await readFile(path.join(project.dir, 'target/compiled/shop/models/t.sql'), 'utf8')).toBe('select 1 as a\n')
    expect(await readFile(path.join(project.dir, 'target/run/shop/models/t.sql'), 'utf8')).toContain('create table "public"."t" as')
  })

  it('writes descriptions as comments, once', async () => {
    await project.write({
      'models/t.sql': table('select 1 as a'),
      'models/_m.yml':
        "models:\n  - name: t\n    description: It's a \\ table\n    config: {persist_docs: {relation: true, columns: true}}\n    columns:\n      - {name: a, description: The first}\n      - {name: zzz, description: Not there}\n",
    })
    expect((await run()).printed).toContain('zzz')
    expect(await rows("select obj_description('t'::regclass) as t, col_description('t'::regclass, 1) as a")).toEqual([
      { t: "It's a \\ table", a: 'The first' },
    ])
  })
})

describe('what is published', () => {
  const log = { hasLog: true }
  const land = (changedIn: number) =>
    database.sql`insert into ops.batches values ('sync-day1', 'agents', ${changedIn}) on conflict (batch, entity) do update set changed_in = excluded.changed_in`
  const model =
    "{{ config(materialized='incremental', incremental_strategy='append') }} select {{ last_built() }}::int as since, {{ is_incremental() }} as again"

  const landing = "from (select from {{ source('ops', 'batches') }} limit 1) as landed"

  it('last_built() is what the model was last published with, and an edit makes it anew', async () => {
    await project.write({
      'models/_sources.yml': 'sources: [{ name: ops, tables: [{ name: batches }] }]',
      'models/t.sql': `${model} ${landing}`,
    })
    await land(5)
    await run(log)
    await land(9)
    await run(log)
    expect(await rows('select * from t order by since')).toEqual([
      { since: 0, again: false },
      { since: 5, again: true },
    ])
    // Not a comment, which would not count as a change.
    await project.write({ 'models/t.sql': `{# What it is. #}\n${model} ${landing} -- commented` })
    await land(12)
    await run(log)
    expect(await rows('select count(*)::int as rows from t')).toEqual([{ rows: 3 }])
    await project.write({ 'models/t.sql': `${model} ${landing} where true -- edited` })
    await run(log)
    expect(await rows('select * from t')).toEqual([{ since: 0, again: false }])
    await run({ ...log, fullRefresh: true })
    expect(await rows('select * from t')).toEqual([{ since: 0, again: false }])
  })

  it('a selection reaches no further than the parents that it leaves as they are', async () => {
    await project.write({ 'models/parent.sql': table('select 1 as a'), 'models/t.sql': `${model} from {{ ref('parent') }}` })
    await land(5)
    await run(log)
    await land(9)
    await run({ ...log, select: ['t'] })
    expect(await rows('select unique_id, landed_in::int from ops.nodes order by 1')).toEqual([
      { unique_id: 'model.shop.parent', landed_in: 5 },
      { unique_id: 'model.shop.t', landed_in: 5 },
    ])
    await project.write({ 'models/parent.sql': table('select 2 as a') })
    // Its parents are unchanged; the build that recreates them recreates it, too.
    expect((await run({ ...log, select: ['t'] })).by.t?.isReused).toBe(true)
    await run(log)
    expect(await rows('select * from t')).toEqual([{ since: 0, again: false }])
  })

  it('a failed build publishes no fingerprint', async () => {
    await project.write({ 'models/t.sql': model, 'tests/always.sql': "select * from {{ ref('t') }}" })
    expect((await run(log)).status).toBe('failed')
    expect(await rows('select * from ops.nodes')).toEqual([])
  })
})
