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

// Calculated by hand.
it.each([
  ["dbt.datediff(\"'2025-12-31'::date\", \"'2026-01-01'::date\", 'year')", '1'],
  ["dbt.datediff(\"'2025-12-31'::date\", \"'2026-04-01'::date\", 'quarter')", '2'],
  ["dbt.datediff(\"'2026-01-31'::date\", \"'2026-03-01'::date\", 'month')", '2'],
  ["dbt.datediff(\"'2026-01-03'::date\", \"'2026-01-04'::date\", 'week')", '1'], // Saturday to Sunday
  ["dbt.datediff(\"'2026-01-04'::date\", \"'2026-01-10'::date\", 'week')", '0'],
  ["datediff(\"'2026-01-01 23:59'::timestamp\", \"'2026-01-02 00:01'::timestamp\", 'day')", '1'],
  ["datediff(\"'2026-01-01 23:59'::timestamp\", \"'2026-01-02 01:00'::timestamp\", 'hour')", '2'],
  ["datediff(\"'2026-01-01 23:59:59.9'::timestamp\", \"'2026-01-02 00:00:00.1'::timestamp\", 'second')", '1'],
  // PostgreSQL's default DateStyle reads the month first, and dbt does not change it.
  ["dbt.get_intervals_between(\"'09/01/2023'::date\", \"'09/12/2023'::date\", 'day')", '11'],
  ["'(' ~ dbt.dateadd('day', 3, \"'2026-02-27'::date\") ~ ')::date'", '2026-03-02'],
  ["dbt.date_trunc('month', \"'2026-02-27'::date\") ~ '::date'", '2026-02-01'],
  ["dbt.last_day(\"'2024-02-10'::date\", 'month')", '2024-02-29'],
  ["dbt.last_day(\"'2026-05-10'::date\", 'quarter')", '2026-06-30'],
  ['dbt.date(2026, 2, 3)', '2026-02-03'],
  ['dbt.split_part("\'a-b-c\'", "\'-\'", 2)', 'b'],
  ['dbt.split_part("\'a-b-c\'", "\'-\'", -1)', 'c'],
  ['dbt.replace("\'aba\'", "\'a\'", "\'x\'")', 'xbx'],
  ['dbt.right("\'abc\'", 2)', 'bc'],
  ['dbt.position("\'c\'", "\'abc\'")', '3'],
  ['dbt.length("\'abc\'")', '3'],
  ['dbt.concat(["\'a\'", "\'b\'"])', 'ab'],
  ['dbt.hash("\'a\'")', '0cc175b9c0f1b6a831c399e269772661'],
  ["dbt.cast_bool_to_text('true')", 'true'],
  ['dbt.safe_cast("\'7\'", dbt.type_int())', '7'],
  ["dbt.array_construct([1, 2]) ~ '::text'", '{1,2}'],
  ["dbt.array_append(dbt.array_construct(), 3) ~ '::text'", '{3}'],
  ['dbt.string_literal(dbt.escape_single_quotes("it\'s"))', "it's"],
])('%s', async (expression, value) => {
  await project.write({ 'models/m.sql': `select ({{ ${expression} }})::text as v` })
  const { by } = await buildFixture(database.sql, project.dir)
  expect(by.m).toMatchObject({ status: 'success' })
  expect([...(await database.sql`select v from m`)]).toEqual([{ v: value }])
})

it('aggregates and series', async () => {
  await project.write({
    'models/m.sql': `select
      {{ dbt.listagg('n', "', '", 'order by n desc') }} as all_of_them,
      {{ dbt.listagg('n', "', '", 'order by n', 2) }} as two,
      {{ dbt.any_value('n') }} as any_of_them,
      {{ dbt.bool_or("n = '3'") }} as has_three,
      (select string_agg(date_day::date::text, ' ') from ({{ dbt.date_spine('day', "'2026-02-27'::date", "'2026-03-02'::date") }}) as days) as days
    from (select generated_number::text as n from ({{ dbt.generate_series(3) }}) as numbers) as texts`,
  })
  await buildFixture(database.sql, project.dir)
  expect([...(await database.sql`select * from m`)]).toEqual([
    { all_of_them: '3, 2, 1', two: '1, 2', any_of_them: '1', has_three: true, days: '2026-02-27 2026-02-28 2026-03-01' },
  ])
})

it.each([
  ['of its name', 'get_columns_in_relation'],
  ['for PostgreSQL', 'postgres__get_columns_in_relation'],
  ['of a package', 'get_columns_in_relation', 'dbt_packages/tools/'],
])('a macro %s stands in for a method of the adapter', async (_, name, folder = '') => {
  const tools = { 'packages.yml': 'packages: [{local: tools}]\n', 'dbt_packages/tools/dbt_project.yml': 'name: tools\n' }
  const own = await fixture({
    ...(folder === '' ? {} : tools),
    [`${folder}macros/c.sql`]: `{% macro ${name}(relation) %}{% do return(['more', relation.identifier]) %}{% endmacro %}`,
    'models/u.sql': "select '{{ adapter.get_columns_in_relation(this) | join(' ') }}' as names",
  })
  try {
    expect((await buildFixture(database.sql, own.dir)).by.u).toMatchObject({ status: 'success' })
    expect(await database.sql`select names from u`).toEqual([{ names: 'more u' }])
  } finally {
    await own.remove()
  }
})

it('what stands in for a method may call that method, and does not meet itself', async () => {
  const own = await fixture({
    'macros/c.sql': `{% macro create_schema(relation) %}{% do adapter.create_schema(relation) %}{% do log('made', info=true) %}{% endmacro %}`,
    'models/u.sql': `{% if execute %}{% do adapter.create_schema(api.Relation.create(schema='stood_in')) %}{% endif %} select 1 as a`,
  })
  try {
    const { by, printed } = await buildFixture(database.sql, own.dir)
    expect(by.u).toMatchObject({ status: 'success' })
    expect(printed.match(/made/g)).toHaveLength(1)
    expect(await database.sql`select to_regnamespace('stood_in')::text as name`).toEqual([{ name: 'stood_in' }])
  } finally {
    await own.remove()
  }
})

it('what stands in for a method may rest on the macro of dbt', async () => {
  const added = "['more'] + dbt.get_columns_in_relation(relation) | map(attribute='name') | list"
  const own = await fixture({
    'macros/c.sql': `{% macro get_columns_in_relation(relation) %}{% do return(${added}) %}{% endmacro %}`,
    'models/t.sql': "{{ config(materialized='table') }} select 1 as a",
    'models/u.sql': `{% set t = ref('t') %}
      select '{{ adapter.get_columns_in_relation(t) | join(' ') }} {{ get_columns_in_relation(t) | join(' ') }}' as names`,
  })
  try {
    expect((await buildFixture(database.sql, own.dir)).by.u).toMatchObject({ status: 'success' })
    expect(await database.sql`select names from u`).toEqual([{ names: 'more a more a' }])
  } finally {
    await own.remove()
  }
})

it('a macro that dispatch: leaves out does not stand in', async () => {
  const own = await fixture({
    'dbt_project.yml': 'name: shop\nprofile: shop\ndispatch: [{macro_namespace: dbt, search_order: [dbt]}]\n',
    'macros/c.sql': "{% macro postgres__get_columns_in_relation(relation) %}{% do return(['more']) %}{% endmacro %}",
    'models/t.sql': "{{ config(materialized='table') }} select 1 as a",
    'models/u.sql': "select '{{ adapter.get_columns_in_relation(ref('t')) | map(attribute='name') | join(' ') }}' as names",
  })
  try {
    await buildFixture(database.sql, own.dir)
    expect(await database.sql`select names from u`).toEqual([{ names: 'a' }])
  } finally {
    await own.remove()
  }
})
