import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { operationCommand } from '../../run/commands/operation.ts'
import { lsCommand } from '../../run/commands/project.ts'
import { compileCommand } from '../../run/commands/query.ts'
import { perform } from './command.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

const tools = {
  'dbt_packages/tools/dbt_project.yml':
    "name: tools\nvars: {greeting: hello}\non-run-start: \"create table said as select '{{ var('greeting') }}' as word, '{{ project_name }}' as who\"\n",
  'dbt_packages/tools/seeds/colours.csv': 'id,name\n1,red\n2,blue\n',
  'dbt_packages/tools/models/shades.sql':
    "{{ config(materialized='table') }} select *, {{ tools.doubled('id') }} as twice from {{ ref('colours') }}",
  'dbt_packages/tools/models/_m.yml': 'models:\n  - name: shades\n    columns: [{name: id, tests: [unique, tools.positive]}]\n',
  'dbt_packages/tools/macros/m.sql': `{% macro doubled(column) %}{{ return(adapter.dispatch('doubled', 'tools')(column)) }}{% endmacro %}
{% macro default__doubled(column) %}{{ column }} * 2{% endmacro %}
{% test positive(model, column_name) %}select * from {{ model }} where {{ column_name }} <= 0{% endtest %}`,
}

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
  project = await fixture({ ...tools, 'models/mine.sql': "select * from {{ ref('tools', 'shades') }} where name = 'red'" })
})
afterAll(async () => {
  await database.drop()
  await project.remove()
})
beforeEach(() => database.sql.unsafe('drop schema public cascade; create schema public'))

const rows = (query: string) => database.sql.unsafe(query).then(result => [...result].map(row => ({ ...row })))
const compiled = async (inline: string) => {
  const { stdout, stderr } = await perform(compileCommand, { url: database.url, dir: project.dir, options: { inline } })
  return stdout === '' ? stderr : stdout.trim()
}

describe('a package', () => {
  it('is built with the project: its hook, seed, model and tests', async () => {
    const { status, by } = await buildFixture(database.sql, project.dir)
    expect([status, by.unique_shades_id?.status, by.tools_positive_shades_id?.status]).toEqual(['published', 'pass', 'pass'])
    expect(await rows('select * from mine')).toEqual([{ id: 1, name: 'red', twice: 2 }])
    expect(await rows('select * from said')).toEqual([{ word: 'hello', who: 'shop' }])
    expect(existsSync(join(project.dir, 'target/compiled/tools/models/shades.sql'))).toBe(true)
  })

  it('is selected by its name', async () => {
    const { stdout } = await perform(lsCommand, {
      url: database.url,
      dir: project.dir,
      options: { select: ['package:tools'], output: 'name', resourceType: ['model', 'seed'] },
    })
    expect(stdout.trim().split('\n').sort()).toEqual(['colours', 'shades'])
  })
})

// As printed by dbt 1.11.
describe('relations', () => {
  it.each([
    ["{% set r = ref('mine') %}{{ r is mapping }} {{ r.get('metadata', {}).get('type', '').endswith('Relation') }}", 'True True'],
    ["{{ target.get('schema') }} {{ target.get('nope', 'x') }}", 'public x'],
    ["{{ ref('mine') == ref('mine') }} {{ ref('mine') == ref('shades') }}", 'True False'],
    ["{{ ref('mine').include(database=false) }}", '"public"."mine"'],
    ["{{ ref('mine').without_identifier().include(database=false) }}", '"public"'],
    ["{{ make_temp_relation(ref('mine')) }} {{ make_intermediate_relation(ref('mine')).identifier }}", '"mine__dbt_tmp" mine__dbt_tmp'],
    ["{{ ref('mine').information_schema('columns') }}", 'information_schema.columns'],
    ['{{ set([1, 2, 2]) == set([2, 1]) }} {{ (set([1, 2]) - set([2])) | list }} {{ set([1]).issubset([1, 2]) }}', 'True [1] True'],
    ['{% for i in range(5) %}{% if i == 1 %}{% continue %}{% elif i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}', '02'],
    ["{{ dbt.get_powers_of_two(5) }} {{ dbt.get_intervals_between(\"'2024-01-01'\", \"'2024-01-10'\", 'day') }}", '3 9'],
    ['{{ dbt.should_full_refresh() }} {{ dbt.should_store_failures() }}', 'False False'],
    ["{{ graph.nodes['model.shop.mine'].name }} {{ graph.sources | length }}", 'mine 0'],
    ["{{ (adapter.execute('select 1 as a', fetch=true))[1].columns[0].values() }}", '(1,)'],
    [
      "{% for name, column in run_query('select 1 as a, 2 as b').columns.items() %}{{ name }}{{ column.values() }}{% endfor %}",
      'a(1,)b(2,)',
    ],
    ['{{ dbt.current_timestamp_in_utc_backcompat() }}', "(current_timestamp at time zone 'utc')::timestamp without time zone"],
    ["{{ dbt.partition_range('20240101,20240103') }}", "['20240101', '20240102', '20240103']"],
    ["{{ context['target'].name }} {{ render('{{ 1 + 1 }}') }}", 'dev 2'],
  ])('%s', async (template, text) => expect(await compiled(`-- {{ ref('mine') }}{{ ref('shades') }}\n${template}`)).toContain(`\n${text}`))

  it('are made, renamed, emptied and dropped', async () => {
    const macro = `{% macro change() %}
      {% set one = api.Relation.create(database=target.database, schema='made', identifier='one', type='table') %}
      {% do adapter.create_schema(one) %}{% do run_query('create table made.one as select 1 as a') %}
      {% do adapter.truncate_relation(one) %}
      {% do adapter.rename_relation(one, one.incorporate(path={'identifier': 'two'})) %}
      {% do run_query('create table made.three as select 1 as a') %}
      {% do adapter.drop_relation(one.incorporate(path={'identifier': 'three'})) %}
      {% endmacro %}`
    await project.write({ 'macros/change.sql': macro })
    expect(await perform(operationCommand, { url: database.url, dir: project.dir, options: {}, args: ['change'] })).toMatchObject({
      code: 0,
    })
    expect(await rows("select table_name from information_schema.tables where table_schema = 'made'")).toEqual([{ table_name: 'two' }])
    expect(await rows('select * from made.two')).toEqual([])
  })

  it('microseconds are told apart by datediff', async () => {
    const expression = await compiled(`select {{ datediff("'2024-01-01 00:00:01'", "'2024-01-01 00:00:02.000003'", 'microsecond') }} as n`)
    expect(await rows(expression)).toEqual([{ n: 1000003 }])
  })
})
