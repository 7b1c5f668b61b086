import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
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

it.each([`'"OrderNo"'`, `['"OrderNo"', 'part']`, `'coalesce("OrderNo", 0)'`, `'PART'`, `['part', 'part']`])(
  'delete+insert takes the unique_key %s',
  async key => {
    await project.write({
      'models/t.sql': `{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=${key}) }}
      select i as "OrderNo", i as part, 'new' as value from generate_series(1, 2) as i {% if is_incremental() %}where i = 2{% endif %}`,
    })
    await run()
    await database.sql.unsafe("update t set value = 'old'")
    await run()
    expect(await rows('select part, value from t order by 1')).toEqual([
      { part: 1, value: 'old' },
      { part: 2, value: 'new' },
    ])
    expect(counts((await run()).by.t)).toEqual([1, 0, 1, 0])
  },
)

it('an expression as unique_key is for delete+insert alone', async () => {
  await project.write({
    'models/t.sql': `{{ config(materialized='incremental', incremental_strategy='merge', unique_key="a || ''") }} select 'x' as a`,
  })
  expect((await run()).printed).toContain("Cannot merge by the unique_key a || '': it is an expression")
})

it('a column that the query no longer gives is an error, unless on_schema_change says more', async () => {
  const query = (columns: string, more = '') =>
    `{{ config(materialized='incremental', unique_key='a'${more}) }} select ${columns}{% if is_incremental() %} -- again{% endif %}`
  await database.sql.unsafe("create table incremental_columns as select '1 as a, 2 as b' as list")
  const asked = "{% set list = run_query('select list from incremental_columns').columns[0].values()[0] if execute else '1 as a' %}"
  await project.write({ 'models/t.sql': asked + query('{{ list }}') })
  expect((await run()).status).toBe('published')
  await database.sql.unsafe("update incremental_columns set list = '1 as a'")
  const { status, printed } = await run()
  expect([status, printed]).toEqual(['failed', expect.stringContaining(`The query does not return 'b', which "public"."t" has`)])
  await project.write({ 'models/t.sql': asked + query('{{ list }}', ", on_schema_change='append_new_columns'") })
  expect((await run()).status).toBe('published')
})
