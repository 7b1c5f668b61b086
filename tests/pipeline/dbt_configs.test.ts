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
  project = await fixture()
  await database.sql.unsafe(
    'drop schema public cascade; create schema public; drop schema if exists public_core cascade; drop schema if exists core cascade',
  )
})
afterEach(() => project.remove())

const run = (options: Parameters<typeof buildFixture>[2] = {}) => buildFixture(database.sql, project.dir, options)
const rows = (query: string) => database.sql.unsafe(query).then(result => [...result].map(row => ({ ...row })))

describe('where a relation goes', () => {
  it('custom schemas are appended to the target schema, as in dbt; an alias is the name', async () => {
    await project.write({
      'models/core/a.sql': "{{ config(alias='people') }} select 1 as n",
      'models/b.sql': "select n from {{ ref('a') }}",
      'dbt_project.yml': 'name: shop\nmodels:\n  shop:\n    core:\n      +schema: core\n',
    })
    expect((await run()).status).toBe('published')
    expect(await rows('select n from public_core.people')).toEqual([{ n: 1 }])
    expect(await rows('select n from public.b')).toEqual([{ n: 1 }])
  })

  it("the project's generate_schema_name and generate_alias_name decide, if it has them; generate_schema_name_for_env too", async () => {
    await project.write({
      'models/a.sql': "{{ config(schema='core') }} select 1 as n",
      'macros/names.sql': `{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ generate_schema_name_for_env(custom_schema_name, node) }}
{%- endmacro %}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
  {{ node.resource_type }}_{{ custom_alias_name or node.name }}
{%- endmacro %}`,
    })
    await run()
    expect(await rows('select n from public.model_a')).toEqual([{ n: 1 }])
  })
})

describe('what a relation is', () => {
  it('full_refresh of the config beats the flag, both ways', async () => {
    const model = (config: string) => ({
      'models/i.sql': `{{ config(materialized='incremental'${config}) }} select {{ 1 if is_incremental() else 0 }} as again`,
    })
    await project.write(model(', full_refresh=false'))
    await run()
    await run({ fullRefresh: true })
    expect(await rows('select again from i order by 1')).toEqual([{ again: 0 }, { again: 1 }])
    await project.write(model(', full_refresh=true'))
    await run()
    expect(await rows('select again from i')).toEqual([{ again: 0 }])
  })

  it('unlogged and indexes make what they say; enabled: false leaves a model out', async () => {
    await project.write({
      'models/t.sql':
        "{{ config(materialized='table', unlogged=true, indexes=[{'columns': ['a'], 'unique': true}, {'columns': ['b', 'a'], 'type': 'btree'}]) }} select 1 as a, 2 as b",
      'models/off.sql': '{{ config(enabled=false) }} select 1 as a',
    })
    expect(Object.keys((await run()).by)).toEqual(['t'])
    expect(await rows("select relpersistence::text as p from pg_class where relname = 't'")).toEqual([{ p: 'u' }])
    expect(
      (await rows("select indexdef from pg_indexes where tablename = 't' order by 1")).map(({ indexdef }) =>
        indexdef.replace(/ \w+ ON \S+/, ''),
      ),
    ).toEqual(['CREATE INDEX USING btree (b, a)', 'CREATE UNIQUE INDEX USING btree (a)'])
  })

  it('fillfactor is that of the table, also once it is changed', async () => {
    const options = () => rows("select reloptions from pg_class where relname = 't'")
    await project.write({ 'models/t.sql': "{{ config(materialized='table', fillfactor=45) }} select 1 as a" })
    await run()
    expect(await options()).toEqual([{ reloptions: ['fillfactor=45'] }])
    await project.write({ 'models/t.sql': "{{ config(materialized='table', fillfactor=60) }} select 1 as a" })
    await run()
    expect(await options()).toEqual([{ reloptions: ['fillfactor=60'] }])
  })

  it('tags of folders and files add up and select; meta is there for macros', async () => {
    await project.write({
      'models/core/a.sql':
        "{{ config(tags='nightly', meta={'owner': 'ada'}) }} select '{{ model.meta.owner }} {{ model.config.meta.level }}' as who",
      'models/b.sql': 'select 1 as n',
      'dbt_project.yml': 'name: shop\nmodels:\n  shop:\n    core:\n      +tags: [core]\n      +meta: {level: 2, owner: nobody}\n',
    })
    const { project: parsed, results } = await run({ select: ['tag:core,tag:nightly'] })
    expect(results.map(({ node }) => node.name)).toEqual(['a'])
    expect(parsed.nodes.get('model.shop.a')?.tags).toEqual(['core', 'nightly'])
    expect(await rows('select who from a')).toEqual([{ who: 'ada 2' }])
  })

  it('persist_docs writes descriptions of relation and columns as comments, for views too', async () => {
    await project.write({
      'models/v.sql': "{{ config(persist_docs={'relation': true, 'columns': true}) }} select 1 as a, 2 as b",
      'models/_m.yml':
        'models:\n  - name: v\n    description: Its "purpose"\n    columns: [{name: a, description: "It\'s one"}, {name: c, description: nothing}]\n',
    })
    const { printed } = await run()
    expect(
      await rows(
        "select obj_description('v'::regclass) as v, col_description('v'::regclass, 1) as a, col_description('v'::regclass, 2) as b",
      ),
    ).toEqual([{ v: 'Its "purpose"', a: "It's one", b: null }])
    expect(printed).toContain('v describes columns that it does not have: c')
  })
})
