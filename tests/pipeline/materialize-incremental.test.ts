import fc from 'fast-check'
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

describe('incremental', () => {
  const model = (config: string, query: string) => ({ 'models/t.sql': `{{ config(materialized='incremental', ${config}) }}\n${query}` })
  const source = 'select a, b from source_rows'

  beforeEach(() => database.sql.unsafe('create table source_rows (a int, b text)'))

  it('mirror: the table becomes the query, touching only what differs', async () => {
    await database.sql.unsafe("insert into source_rows select i, 'x' from generate_series(1, 100) as i")
    await project.write(model("incremental_strategy='mirror', unique_key='a'", source))
    await run()
    await database.sql.unsafe(
      "update source_rows set b = 'y' where a <= 3; delete from source_rows where a = 100; insert into source_rows values (200, null)",
    )
    expect(counts((await run()).by.t)).toEqual([1, 3, 1, 96])
    expect(counts((await run()).by.t)).toEqual([0, 0, 0, 100])
    expect(
      await rows('(select * from t except select * from source_rows) union all (select * from source_rows except select * from t)'),
    ).toEqual([])
    expect(await rows("select count(*)::int as n from pg_index where indrelid = 't'::regclass and indisprimary")).toEqual([{ n: 1 }])
  })

  it('mirror: repeated and missing keys are errors that show them', async () => {
    await project.write(model("incremental_strategy='mirror', unique_key=['a', 'b']", source))
    await run()
    await database.sql.unsafe("insert into source_rows values (1, 'x'), (1, 'x'), (2, null)")
    const { status, printed } = await run()
    expect(status).toBe('failed')
    expect(printed).toContain('a = 1, b = "x" (2 rows)')
    expect(printed).toContain('a = 2, b = null')
  })

  it('mirror with predicates equals the query within them and leaves the rest (property)', async () => {
    const row = fc.record({
      key: fc.integer({ min: 0, max: 12 }),
      part: fc.integer({ min: 0, max: 2 }),
      value: fc.option(fc.constantFrom('1', '1.0', '2')),
    })
    const table = fc.uniqueArray(row, { selector: ({ key }) => key, maxLength: 13 })
    await project.write({
      'models/t.sql': `{{ config(materialized='incremental', incremental_strategy='mirror', unique_key=['part', 'key'], incremental_predicates=["part in (" ~ var('parts') ~ ")"]) }}
        select part, key, value from wanted {% if is_incremental() %} where part in ({{ var('parts') }}) {% endif %}`,
    })
    await fc.assert(
      fc.asyncProperty(table, table, fc.subarray([0, 1, 2], { minLength: 1 }), async (before, after, parts) => {
        const fill = (list: typeof before) =>
          database.sql.unsafe(`drop table if exists wanted; create table wanted as
            select * from jsonb_to_recordset('${JSON.stringify(list)}') as r (part int, key int, value numeric)`)
        await database.sql.unsafe('drop table if exists t')
        await fill(before)
        await run({ vars: { parts: '0' } })
        await fill(after)
        const vars = { parts: parts.join(', ') }
        const first = await run({ vars })
        expect(first.printed).not.toContain('ERROR')
        const expected = [...before.filter(({ part }) => !parts.includes(part)), ...after.filter(({ part }) => parts.includes(part))]
        const found = await rows('select part, key, value::text from t order by part, key')
        expect(found).toEqual(
          expected.sort((a, b) => a.part - b.part || a.key - b.key).map(({ part, key, value }) => ({ part, key, value })),
        )
        expect(counts((await run({ vars })).by.t).slice(0, 3)).toEqual([0, 0, 0])
      }),
      { numRuns: 15 },
    )
  })

  it('incremental_by: a plain query becomes, within the part, what it is as a whole, and nothing else is touched or read as changed', async () => {
    const config = `incremental_strategy='mirror', unique_key='a', incremental_by=['a <= ' ~ var('last'), 'a > 0']`
    await project.write(model(config, 'with numbered as (select a, max(b) as b from source_rows group by a) select a, b from numbered'))
    await database.sql.unsafe("insert into source_rows values (0, 'x'), (1, 'x'), (2, 'x'), (3, 'x')")
    expect(counts((await run({ vars: { last: 1 } })).by.t)).toEqual([4, 0, 0, 0])
    await database.sql.unsafe("update source_rows set b = 'y'; delete from source_rows where a = 1")
    expect(counts((await run({ vars: { last: 2 } })).by.t)).toEqual([0, 1, 1, 0])
    expect(await rows('select a, b from t order by a')).toEqual([
      { a: 0, b: 'x' },
      { a: 2, b: 'y' },
      { a: 3, b: 'x' },
    ])
    await run({ vars: { last: 2 }, fullRefresh: true })
    expect(await rows('select a, b from t order by a')).toEqual([0, 2, 3].map(a => ({ a, b: 'y' })))
  })

  it('incremental_by points at the query where that is wrong, and is refused beside another strategy', async () => {
    const config = `incremental_strategy='mirror', unique_key='a', incremental_by='a > 0'`
    for (const more of ['', "insert into source_rows values (1, 'x')"]) {
      await database.sql.unsafe(more)
      await project.write(model(config, source))
      await run()
      await project.write(model(config, 'select a, bb\nfrom source_rows'))
      expect((await run()).printed).toContain('models/t.sql:2:11: column "bb" does not exist')
    }
    await project.write(model(`incremental_strategy='append', incremental_by='a > 0'`, source))
    expect((await run()).printed).toContain("incremental_by needs incremental_strategy 'mirror', but this is 'append'")
  })

  it('mirror writes a part without rows straight in, and compares where a key is in another part', async () => {
    await project.write(
      model(
        `incremental_strategy='mirror', unique_key='a', incremental_predicates=["b = 'new'"]`,
        `${source} where b = 'new' or not {{ is_incremental() }}`,
      ),
    )
    await database.sql.unsafe("insert into source_rows values (1, 'old'), (2, 'old')")
    await run()
    await database.sql.unsafe("update source_rows set b = 'new' where a = 1; insert into source_rows values (3, 'new')")
    const moved = await run()
    expect(counts(moved.by.t)).toEqual([1, 1, 0, 0])
    await database.sql.unsafe("delete from t where b = 'new'")
    const written = await run()
    expect(written.by.t?.message).toBe('INSERT 2')
    expect(counts(written.by.t)).toEqual([2, 0, 0, 0])
    expect(await rows('select * from t order by a')).toEqual([
      { a: 1, b: 'new' },
      { a: 2, b: 'old' },
      { a: 3, b: 'new' },
    ])
  })

  it('mirror without a unique_key compares whole rows, within the predicates', async () => {
    await project.write({
      'models/t.sql': `{{ config(materialized='incremental', incremental_strategy='mirror', incremental_predicates=["a = 1"]) }}
        select a, b from source_rows {% if is_incremental() %} where a = 1 {% endif %}`,
    })
    await database.sql.unsafe("insert into source_rows values (1, 'x'), (1, 'x'), (1, null), (2, 'x')")
    await run()
    await database.sql.unsafe("truncate source_rows; insert into source_rows values (1, 'x'), (1, 'y'), (1, null)")
    expect(counts((await run()).by.t)).toEqual([1, 0, 1, 2])
    expect(await rows('select * from t order by a, b')).toEqual([
      { a: 1, b: 'x' },
      { a: 1, b: 'y' },
      { a: 1, b: null },
      { a: 2, b: 'x' },
    ])
    expect(counts((await run()).by.t)).toEqual([0, 0, 0, 3])
  })

  it('takes predicates from config() of the run, where relations and last_built() are known', async () => {
    await project.write({
      'models/parts.sql': 'select 1 as part',
      ...model(
        `incremental_strategy='mirror', unique_key='a', incremental_predicates=['a in (select part from ' ~ ref('parts') ~ ')']`,
        source,
      ),
    })
    await database.sql.unsafe("insert into source_rows values (1, 'x'), (2, 'x')")
    await run()
    await database.sql.unsafe('delete from source_rows')
    expect(counts((await run()).by.t)).toEqual([0, 0, 1, 0])
  })

  it('merge: updates and inserts, deletes nothing; merge_exclude_columns are left', async () => {
    await database.sql.unsafe("insert into source_rows values (1, 'x'), (2, 'x')")
    await project.write(model("incremental_strategy='merge', unique_key='a'", source))
    await run()
    await database.sql.unsafe(
      "delete from source_rows where a = 1; update source_rows set b = 'y'; insert into source_rows values (3, 'z')",
    )
    expect(counts((await run()).by.t)).toEqual([1, 1, 0, 0])
    expect(await rows('select * from t order by a')).toEqual([
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
      { a: 3, b: 'z' },
    ])
    await project.write(model("incremental_strategy='merge', unique_key='a', merge_exclude_columns=['b']", source))
    await database.sql.unsafe("update source_rows set b = 'never'")
    expect(counts((await run()).by.t)).toEqual([0, 0, 0, 2])
  })

  it('a unique_key that the query has not is told at the first build, whatever the strategy', async () => {
    for (const strategy of ['merge', 'delete+insert', 'mirror']) {
      await project.write({
        'models/m.sql': `{{ config(materialized='incremental', incremental_strategy='${strategy}', unique_key='ident') }} select 1 as id`,
      })
      const { status, printed } = await run()
      expect([status, printed]).toEqual([
        'failed',
        expect.stringContaining("unique_key names 'ident', but the query has no such column; it has id"),
      ])
    }
  })

  it('append and delete+insert as dbt', async () => {
    await database.sql.unsafe("insert into source_rows values (1, 'x'), (2, 'x')")
    await project.write(model("incremental_strategy='append'", source))
    await run()
    expect(counts((await run()).by.t)).toEqual([2, 0, 0, 0])
    await project.write(model("unique_key='a'", `${source} where a = 1`))
    expect(counts((await run()).by.t)).toEqual([1, 0, 2, 0])
    expect(await rows('select count(*)::int as n from t')).toEqual([{ n: 3 }])
  })

  it('a full refresh makes the table the query as a whole, and keeps the views on it', async () => {
    await database.sql.unsafe("insert into source_rows values (1, 'x'), (1, 'x')")
    await project.write(model("incremental_strategy='append'", source))
    await run()
    await run()
    await database.sql.unsafe('create view theirs as select a from t')
    expect(counts((await run({ fullRefresh: true })).by.t)).toEqual([0, 0, 2, 2])
    expect(await rows('select * from theirs')).toEqual([{ a: 1 }, { a: 1 }])
  })

  it('on_schema_change: ignore, append_new_columns, sync_all_columns, fail', async () => {
    await database.sql.unsafe("insert into source_rows values (1, 'x')")
    const columns = () =>
      rows(
        "select string_agg(attname, ',' order by attnum) as names from pg_attribute where attrelid = 't'::regclass and attnum > 0 and not attisdropped",
      )
    const wider = `select a, b, 1 as c from source_rows`
    await project.write(model("incremental_strategy='append'", source))
    await run()
    await project.write(model("incremental_strategy='append'", wider))
    await run()
    expect(await columns()).toEqual([{ names: 'a,b' }])
    await project.write(model("incremental_strategy='append', on_schema_change='append_new_columns'", wider))
    await run()
    expect(await columns()).toEqual([{ names: 'a,b,c' }])
    await project.write(model("incremental_strategy='append', on_schema_change='sync_all_columns'", 'select a from source_rows'))
    await run()
    expect(await columns()).toEqual([{ names: 'a' }])
    await project.write(model("incremental_strategy='append', on_schema_change='fail'", wider))
    expect((await run()).printed).toContain('(new: b, c)')
  })
})
