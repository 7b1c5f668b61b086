import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, counts, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
})
afterAll(() => database.drop())
beforeEach(async () => {
  project = await fixture()
  await database.sql.unsafe('drop schema public cascade; create schema public')
})
afterEach(() => project.remove())

const run = (options: Parameters<typeof buildFixture>[2] = {}) => buildFixture(database.sql, project.dir, options)
const rows = (query: string) => database.sql.unsafe(query).then(result => [...result].map(row => ({ ...row })))

describe('view', () => {
  it('is made once, and again only when its definition is another', async () => {
    await project.write({ 'models/v.sql': 'select 1 as a' })
    expect((await run()).by.v?.message).toBe('CREATE VIEW')
    await project.write({ 'models/v.sql': '-- the same in other words\nSELECT   1 AS a' })
    expect((await run()).by.v?.message).toBe('UNCHANGED')
    await project.write({ 'models/v.sql': 'select 2 as a' })
    expect((await run()).by.v?.message).toBe('CREATE VIEW')
    expect(await rows('select * from v')).toEqual([{ a: 2 }])
  })

  it('keeps the views of others with their grants, comments and options when its columns change', async () => {
    await project.write({ 'models/v.sql': 'select 1 as a, 2 as b' })
    await run()
    await database.sql.unsafe(`
      create view theirs with (security_barrier = true) as select a from v;
      create view on_theirs as select a + 1 as more from theirs;
      comment on view theirs is 'It''s mine'; comment on column theirs.a is 'A';
      grant select on theirs to public`)
    await project.write({ 'models/v.sql': 'select 7::bigint as b, 5 as a' })
    expect((await run()).status).toBe('published')
    expect(await rows('select * from on_theirs')).toEqual([{ more: 6 }])
    const [kept] = await rows(`
      select reloptions, obj_description(oid) as comment, col_description(oid, 1) as on_a, has_table_privilege('public', oid, 'select') as is_granted
      from pg_class where relname = 'theirs'`)
    expect(kept).toEqual({ reloptions: ['security_barrier=true'], comment: "It's mine", on_a: 'A', is_granted: true })
  })

  it('lets views of the project wait for their own turn, and those of others for them', async () => {
    await project.write({ 'models/a.sql': 'select 1 as old', 'models/b.sql': "select old as n from {{ ref('a') }}" })
    await run()
    await database.sql.unsafe("create view theirs as select n from b; comment on view b is 'kept'; grant select on b to public")
    await project.write({ 'models/a.sql': 'select 2 as new', 'models/b.sql': "select new as n from {{ ref('a') }}" })
    expect((await run()).status).toBe('published')
    expect(
      await rows(
        "select n, obj_description('b'::regclass) as comment, has_table_privilege('public', 'b', 'select') as granted from theirs",
      ),
    ).toEqual([{ n: 2, comment: 'kept', granted: true }])
    await project.write({ 'models/a.sql': "{{ config(materialized='table') }} select 3 as newer" })
    const alone = await run({ select: ['a'] })
    expect(alone.status).toBe('failed')
    expect(alone.printed).toContain('Cannot recreate the view public.b, which reads relations that this build changes')
  })

  it('names the view of somebody else that cannot live with the change, and leaves everything', async () => {
    await project.write({ 'models/v.sql': 'select 1 as a, 2 as b' })
    await run()
    await database.sql.unsafe('create view theirs as select b from v')
    await project.write({ 'models/v.sql': 'select 1 as a' })
    const { status, printed } = await run()
    expect(status).toBe('failed')
    expect(printed).toContain('public.theirs')
    expect(await rows('select * from theirs')).toEqual([{ b: 2 }])
  })
})

describe('table', () => {
  it('touches nothing when nothing changed, and only what did', async () => {
    await project.write({
      'models/t.sql': "{{ config(materialized='table') }}\nselect i, i % 3 as m, 1.50 as x from generate_series(1, {{ var('n') }}) as i",
    })
    expect(counts((await run({ vars: { n: 10 } })).by.t)).toEqual([10, 0, 0, 0])
    expect(counts((await run({ vars: { n: 10 } })).by.t)).toEqual([0, 0, 0, 10])
    expect(counts((await run({ vars: { n: 12 } })).by.t)).toEqual([2, 0, 0, 10])
    expect(counts((await run({ vars: { n: 11 } })).by.t)).toEqual([0, 0, 1, 11])
  })

  it('counts repeated rows and sees differences that = does not', async () => {
    const model = (values: string) => ({
      'models/t.sql': `{{ config(materialized='table') }}\nselect * from (values ${values}) as v (a, j)`,
    })
    await project.write(model(`(1.0, '{"a": 1}'::json), (1.0, '{"a": 1}'), (null, null)`))
    await run()
    await project.write(model(`(1.00, '{"a": 1}'::json), (1.0, '{"a": 1}'), (null, null), (null, null)`))
    expect(counts((await run()).by.t)).toEqual([2, 0, 1, 2])
  })

  it('with other columns is made anew, and the views and grants of others stay', async () => {
    await project.write({
      'models/t.sql': "{{ config(materialized='table', unique_key='a', indexes=[{'columns': ['b']}]) }}\nselect 1 as a, 2 as b",
    })
    await run()
    await database.sql.unsafe('create view theirs as select a from t; grant select on t to public')
    await project.write({
      'models/t.sql': "{{ config(materialized='table', unique_key='a', indexes=[{'columns': ['b']}]) }}\nselect 1 as a, 'x' as c, 2 as b",
    })
    expect((await run()).status).toBe('published')
    expect(await rows('select * from theirs, t')).toEqual([{ a: 1, c: 'x', b: 2 }])
    expect(
      await rows(
        "select has_table_privilege('public', 't', 'select') as granted, (select count(*)::int from pg_index where indrelid = 't'::regclass) as indexes",
      ),
    ).toEqual([{ granted: true, indexes: 2 }])
  })

  it('takes the place of a view, and a view that of a table', async () => {
    await project.write({ 'models/t.sql': 'select 1 as a' })
    await run()
    await database.sql.unsafe('create view theirs as select a from t')
    await project.write({ 'models/t.sql': "{{ config(materialized='table') }} select 1 as a" })
    expect((await run()).status).toBe('published')
    await project.write({ 'models/t.sql': 'select 3 as a' })
    expect((await run()).status).toBe('published')
    expect(await rows('select * from theirs')).toEqual([{ a: 3 }])
  })
})

describe('a table that a migration made', () => {
  it('keeps its own columns and constraints; a fill takes its foreign keys off and puts them on again', async () => {
    await database.sql.unsafe(`
      create table parents (id int primary key);
      create table t (id int primary key, parent int references parents deferrable initially deferred, made_at timestamptz not null default now());
      insert into parents values (1)`)
    const model = (
      parent: number,
    ) => `{{ config(materialized='incremental', incremental_strategy='mirror', unique_key='id', migrated=true) }}
      select i as id, ${parent} as parent from generate_series(1, 20000) as i`
    await project.write({ 'models/t.sql': model(2) })
    const bad = await run()
    expect(bad.status).toBe('failed')
    expect(bad.printed).toContain('t_parent_fkey')
    expect(await rows('select count(*)::int as n from t')).toEqual([{ n: 0 }])

    await project.write({ 'models/t.sql': model(1) })
    expect(counts((await run()).by.t)).toEqual([20000, 0, 0, 0])
    const [key] = await rows("select pg_get_constraintdef(oid) as definition from pg_constraint where conname = 't_parent_fkey'")
    expect(key?.definition).toContain('DEFERRABLE INITIALLY DEFERRED')
    expect(counts((await run({ fullRefresh: true })).by.t)).toEqual([0, 0, 0, 20000])
  })

  it('has its keys and indexes as before after a large first fill, and a repeated key is told', async () => {
    await database.sql.unsafe(`
      create table t (id int constraint t_key primary key, name text check (name <> ''));
      create table children (parent int references t deferrable initially deferred);
      create index t_name on t (name) where id > 5;
      create unique index t_both on t (id, lower(name))`)
    const definitions = () =>
      rows(`
        select pg_get_indexdef(indexrelid) as definition from pg_index where indrelid = 't'::regclass
        union all
        select conname || pg_get_constraintdef(oid) from pg_constraint where 't'::regclass in (conrelid, confrelid)
        order by definition`)
    const before = await definitions()
    const model = (id: string) => `{{ config(materialized='incremental', incremental_strategy='mirror', unique_key='id', migrated=true) }}
      select ${id} as id, 'n' || i as name from generate_series(1, 20000) as i -- the end`
    await project.write({ 'models/t.sql': model('i % 19999') })
    expect((await run()).printed).toContain('id = 1 (2 rows)')
    await project.write({ 'models/t.sql': model('nullif(i, 7)') })
    expect((await run()).printed).toContain('id = null')
    expect(await definitions()).toEqual(before)

    await project.write({ 'models/t.sql': model('i') })
    expect(counts((await run()).by.t)).toEqual([20000, 0, 0, 0])
    expect(await definitions()).toEqual(before)
  })

  it('is filled when the table that its foreign key leads to was written before, with checks still to be made', async () => {
    await database.sql.unsafe(`
      create table roots (id int primary key);
      insert into roots values (1);
      create table parents (id int primary key, root int references roots deferrable initially deferred);
      create table t (id int primary key, parent int references parents deferrable initially deferred)`)
    const config = "{{ config(materialized='incremental', incremental_strategy='mirror', unique_key='id', migrated=true) }}"
    const parents = (root: number) => `${config} select i as id, ${root} as root from generate_series(1, 10) as i`
    await project.write({
      'models/parents.sql': parents(2),
      'models/t.sql': `${config} select i as id, 1 + i % 10 as parent from generate_series(1, 20000) as i -- {{ ref('parents') }}`,
    })
    const bad = await run()
    expect(bad.status).toBe('failed')
    expect(bad.printed).toContain('parents_root_fkey')

    await project.write({ 'models/parents.sql': parents(1) })
    const { status, by } = await run()
    expect(status).toBe('published')
    expect(counts(by.t)).toEqual([20000, 0, 0, 0])
    const keys = await rows("select conname as name from pg_constraint where conrelid = 't'::regclass and contype in ('f', 'p') order by 1")
    expect(keys).toEqual([{ name: 't_parent_fkey' }, { name: 't_pkey' }])
  })

  it('says which column it lacks', async () => {
    await database.sql.unsafe('create table t (id int primary key)')
    await project.write({
      'models/t.sql':
        "{{ config(materialized='incremental', incremental_strategy='mirror', unique_key='id', migrated=true) }} select 1 as id, 2 as extra",
    })
    const { printed } = await run()
    expect(printed).toContain("'extra'")
    expect(printed).toContain('add the column in a new one')
  })
})

describe('seed', () => {
  it('is loaded with guessed types and column_types, and touched only where it differs', async () => {
    await project.write({
      'seeds/rates.csv': 'day,"default",rate,code,big,flag\n2026-01-05,x,1.5,007,3000000000,true\n2026-01-06,null,2,008,1,\n',
      'seeds/_seeds.yml': 'seeds:\n  - name: rates\n    config:\n      column_types: {code: text}\n',
    })
    expect(counts((await run()).by.rates)).toEqual([2, 0, 0, 0])
    expect(
      await rows(
        "select string_agg(format_type(atttypid, null), ',' order by attnum) as types from pg_attribute where attrelid = 'rates'::regclass and attnum > 0",
      ),
    ).toEqual([{ types: 'date,text,double precision,text,bigint,boolean' }])
    await project.write({
      'seeds/rates.csv': 'day,"default",rate,code,big,flag\n2026-01-05,x,1.5,007,3000000000,true\n2026-01-06,y,2,008,1,\n',
    })
    expect(counts((await run()).by.rates)).toEqual([1, 0, 1, 1])
  })

  it('names the record that does not fit', async () => {
    await project.write({
      'seeds/s.csv': 'a\n1\nx\n',
      'seeds/_seeds.yml': 'seeds:\n  - name: s\n    config:\n      column_types: {a: integer}\n',
    })
    expect((await run()).printed).toMatch(/Record 2 does not fit: invalid input syntax for type integer: "x"/)
  })
})
