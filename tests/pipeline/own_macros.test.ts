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
  project = await fixture({ 'models/people.sql': "{{ config(materialized='table') }} select 1 as id, null::int as age" })
  await database.sql.unsafe('drop schema public cascade; create schema public')
})
afterEach(() => project.remove())

const build = async (files: Record<string, string> = {}) => {
  await project.write(files)
  return buildFixture(database.sql, project.dir)
}

describe("a project's form of what dbt's materializations call", () => {
  it('says what time a snapshot has, by snapshot_get_time or current_timestamp', async () => {
    const snapshot = `{% snapshot kept %}{{ config(strategy='check', check_cols='all', unique_key='id') }} select * from {{ ref('people') }}{% endsnapshot %}`
    await build({
      'snapshots/kept.sql': snapshot,
      'macros/time.sql': "{% macro postgres__snapshot_get_time() %}'2020-01-02 03:04'::timestamp{% endmacro %}",
    })
    const began = () => database.sql`select dbt_valid_from::text as began from kept where dbt_valid_to is null`
    expect([...(await began())]).toEqual([{ began: '2020-01-02 03:04:00' }])
    await build({
      'models/people.sql': "{{ config(materialized='table') }} select 1 as id, 2 as age",
      'macros/time.sql': "{% macro default__current_timestamp() %}'2021-01-02 03:04'::timestamptz{% endmacro %}",
    })
    expect([...(await began())]).toEqual([{ began: '2021-01-02 03:04:00' }])
  })

  it('makes schemas, by create_schema', async () => {
    const { status } = await build({
      'models/apart.sql': "{{ config(schema='apart') }} select 1 as id",
      'macros/schemas.sql': `{% macro postgres__create_schema(relation) %}
  {% call statement('create_schema') %}
    create schema {{ relation.without_identifier().include(database=False) }}; comment on schema {{ relation.schema }} is 'made by us'
  {% endcall %}
{% endmacro %}`,
    })
    const [made] = await database.sql`select obj_description('public_apart'::regnamespace) as note`
    expect([status, made]).toEqual(['published', { note: 'made by us' }])
  })

  it('is the generic test, by default__test_not_null', async () => {
    const { by } = await build({
      'models/_models.yml':
        'models:\n  - {name: people, columns: [{name: age, data_tests: [not_null]}, {name: id, data_tests: [not_null]}]}\n',
      'macros/tests.sql':
        "{% macro default__test_not_null(model, column_name) %}select 1 from {{ model }} where '{{ column_name }}' = 'id'{% endmacro %}",
    })
    expect([by.not_null_people_age?.status, by.not_null_people_id?.status]).toEqual(['pass', 'fail'])
  })

  it('names the database, which must be that of the build', async () => {
    const macro = (name: string) => `{% macro generate_database_name(custom_database_name=none, node=none) %}${name}{% endmacro %}`
    expect((await build({ 'macros/names.sql': macro('{{ target.database }}') })).status).toBe('published')
    await expect(build({ 'macros/names.sql': macro('elsewhere') })).rejects.toThrow("people has the database 'elsewhere'")
  })
})

describe('a form of what our materializations do not call is refused where a node would need it', () => {
  it.each([
    ['postgres__create_table_as', ''],
    ['get_incremental_append_sql', "{{ config(materialized='incremental') }} select 1 as id"],
    ['default__get_delete_insert_merge_sql', "{{ config(materialized='incremental', unique_key='id') }} select 1 as id"],
    ['default__get_merge_sql', "{{ config(materialized='incremental', unique_key='id', incremental_strategy='merge') }} select 1 as id"],
    ['should_full_refresh', "{{ config(materialized='incremental') }} select 1 as id"],
    ['postgres__get_create_index_sql', "{{ config(materialized='table', indexes=[{'columns': ['id']}]) }} select 1 as id"],
    ['default__apply_grants', "{{ config(grants={'select': ['nobody']}) }} select 1 as id"],
    ['postgres__create_view_as', 'select 1 as id'],
    ['run_hooks', ''],
  ])('%s', async (name, model) => {
    await expect(
      build({ ...(model === '' ? {} : { 'models/one.sql': model }), 'macros/own.sql': `\n{% macro ${name}(a, b) %}{% endmacro %}` }),
    ).rejects.toMatchObject({
      errors: [{ message: expect.stringContaining(`not supported: overriding '${name}'`), place: { file: 'macros/own.sql', line: 2 } }],
    })
  })

  it("and a package's, for its own nodes alone", async () => {
    const files = (at: string) => ({
      'dbt_packages/kit/dbt_project.yml': 'name: kit\n',
      'dbt_packages/kit/macros/own.sql': '{% macro create_view_as(relation, sql) %}{% endmacro %}',
      [`${at}models/plain.sql`]: 'select 1 as id',
    })
    expect((await build(files(''))).status).toBe('published')
    await project.write({ 'models/plain.sql': null })
    await expect(build(files('dbt_packages/kit/'))).rejects.toMatchObject({
      errors: [{ message: "not supported: overriding 'create_view_as', which would change how plain is built" }],
    })
  })

  it('and is let be where none would', async () => {
    const { status } = await build({
      'macros/own.sql': `{% macro default__get_merge_sql() %}{% endmacro %}{% macro load_csv_rows() %}{% endmacro %}
{% macro snapshot_merge_sql() %}{% endmacro %}{% macro snowflake__create_table_as() %}{% endmacro %}`,
    })
    expect(status).toBe('published')
  })
})
