import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { docsCommand } from '../../run/commands/docs.ts'
import { operationCommand } from '../../run/commands/operation.ts'
import { compileCommand, showCommand } from '../../run/commands/query.ts'
import { artifact, hasSchemas, perform, schemaProblems } from './command.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
  project = await fixture({
    'models/people.sql':
      "{{ config(materialized='table', persist_docs={'relation': true, 'columns': true}) }} select 1.5::numeric(4,1) as amount, 'x' as name",
    'models/gone.sql': '{{ config(enabled=false) }} select 1 as a',
    'models/early.sql': "{{ config(materialized='ephemeral') }} select 1 as a",
    'models/_models.yml': `models:
  - name: people
    description: "{{ doc('people') }}"
    columns: [{name: amount, description: What they owe.}]
unit_tests:
  - {name: has_one, model: people, given: [], expect: {rows: [{amount: 1.5}]}}
sources:
  - {name: shop, schema: public, tables: [{name: raw_orders}]}
`,
    'models/docs.md': '{% docs people %}All people.{% enddocs %}',
    'snapshots/s.sql':
      "{% snapshot kept %}{{ config(strategy='check', check_cols='all', unique_key='name') }} select * from {{ ref('people') }}{% endsnapshot %}",
    'seeds/colours.csv': 'a\n1\n',
    'tests/none.sql': "select * from {{ ref('people') }} where false",
    'macros/m.sql': `{% macro make(table, n=1) %}
  {% do run_query('create table ' ~ table ~ ' as select ' ~ n ~ ' as n') %}
  {% set rows = run_query('select n from ' ~ table) %}
  {{ log(table ~ ' has ' ~ rows.columns[0].values()[0], info=True) }}
{% endmacro %}
{% macro fail() %}{% do run_query('create table half as select 1 as a') %}{% do run_query('select 1/0') %}{% endmacro %}
{% macro in_parts() %}
  {% do run_query('begin; create table first_part as select 1 as a; commit;') %}
  {% do run_query('create table undone as select 1 as a') %}
  {% do run_query('rollback') %}
  {% do run_query('create table second_part as select 1 as a') %}
{% endmacro %}
{% macro halves() %}
  {% do run_query('create table kept_half as select 1 as a; commit') %}
  {% do run_query('create table lost_half as select 1 as a') %}
  {% do run_query('select 1/0') %}
{% endmacro %}
{% macro in_points() %}
  {% do run_query('create table pointed as select 1 as a; savepoint one; insert into pointed values (2); rollback to savepoint one; release one') %}
  {% do run_query("prepare transaction 'x'") %}
{% endmacro %}
{% macro tidy() %}
  {% do run_query('create table swept as select 1 as a') %}
  {% call statement('tidy', auto_begin=False) %}vacuum (analyze) swept{% endcall %}
  {% do run_query('/* quietly */ create index concurrently if not exists swept_a on swept (a); vacuum swept;') %}
  {{ log('now ' ~ load_result('tidy').response, info=True) }}
{% endmacro %}`,
  })
  await database.sql.unsafe('create table raw_orders (id int)')
})
afterAll(async () => {
  await database.drop()
  await project.remove()
})

const exists = async (name: string) => (await database.sql`select to_regclass(${name}) is not null as there`)[0]?.there
const on = (run: Parameters<typeof perform>[0], options: object = {}, args: string[] = []) =>
  perform(run, { url: database.url, dir: project.dir, options, args })

describe('run-operation', () => {
  it('runs a macro with --args, whose queries run once, and keeps what it did', async () => {
    expect(await on(operationCommand, { args: { table: 'made', n: 7 } }, ['make'])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('made has 7'),
    })
    expect(await exists('made')).toBe(true)
    const results = artifact<{ results: object[]; args: object }>(project.dir, 'run_results.json')
    expect(results.results).toEqual([expect.objectContaining({ unique_id: 'macro.shop.make', status: 'success', failures: 0 })])
    expect(results.args).toMatchObject({ which: 'run-operation', macro: 'make', argNames: ['table', 'n'] })
  })

  it.skipIf(!hasSchemas)("keeps it in a run_results.json that is valid by dbt's schema", () => {
    expect(schemaProblems('run-results-v6.json', artifact(project.dir, 'run_results.json'))).toEqual([])
  })

  it('keeps nothing of an operation that fails, and leaves with 1', async () => {
    const { code, stderr } = await on(operationCommand, {}, ['fail'])
    expect([code, stderr, await exists('half')]).toEqual([1, expect.stringContaining('division by zero'), false])
    expect(stderr).toContain('macros/m.sql:6:')
  })

  it('commits where its macro says so: what comes after is a transaction of its own', async () => {
    expect((await on(operationCommand, {}, ['in_parts'])).code).toBe(0)
    expect([await exists('first_part'), await exists('undone'), await exists('second_part')]).toEqual([true, false, true])
    expect(await on(operationCommand, {}, ['halves'])).toMatchObject({ code: 1, stderr: expect.stringContaining('division by zero') })
    expect([await exists('kept_half'), await exists('lost_half')]).toEqual([true, false])
  })

  it('knows savepoints, and nothing of two phases', async () => {
    const { code, stderr } = await on(operationCommand, {}, ['in_points'])
    expect([code, stderr, await exists('pointed')]).toEqual([
      1,
      expect.stringContaining('PREPARE TRANSACTION is not allowed in run-operation'),
      false,
    ])
  })

  it('runs between two transactions what PostgreSQL runs in none', async () => {
    expect(await on(operationCommand, {}, ['tidy'])).toMatchObject({ code: 0, stderr: expect.stringContaining('now VACUUM') })
    expect(await exists('swept_a')).toBe(true)
    const [seen] = await database.sql`select reltuples as rows from pg_class where relname = 'swept'`
    expect(seen).toEqual({ rows: 1 })
    expect((await on(operationCommand, { sql: 'vacuum (analyze) {{ target.schema }}.swept' })).code).toBe(0)
  })

  it('--sql, and what is wrong', async () => {
    expect((await on(operationCommand, { sql: "create table sized as select * from {{ ref('colours') }}" })).code).toBe(1)
    expect((await on(operationCommand, { sql: 'create table sized as select {{ 1 + 1 }} as n' })).code).toBe(0)
    expect(await exists('sized')).toBe(true)
    expect(await on(operationCommand, {}, ['mkae'])).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean 'make'?") })
    expect((await on(operationCommand)).code).toBe(2)
  })
})

describe('docs generate', () => {
  it('writes a manifest and a catalog', async () => {
    expect((await buildFixture(database.sql, project.dir)).status).toBe('published')
    expect((await on(docsCommand)).code).toBe(0)
    const catalog = artifact(project.dir, 'catalog.json')
    expect(Object.keys(catalog.nodes!).sort()).toEqual(['model.shop.people', 'seed.shop.colours', 'snapshot.shop.kept'])
    expect(catalog.nodes!['model.shop.people']).toMatchObject({
      metadata: { type: 'BASE TABLE', schema: 'public', name: 'people', comment: 'All people.' },
      columns: { amount: { type: 'numeric(4,1)', index: 1, comment: 'What they owe.' }, name: { type: 'text', index: 2, comment: null } },
    })
    expect(Object.keys(catalog.sources!)).toEqual(['source.shop.shop.raw_orders'])
  })

  it.skipIf(!hasSchemas)("writes them valid by dbt's schemas", () => {
    expect(schemaProblems('catalog-v1.json', artifact(project.dir, 'catalog.json'))).toEqual([])
    expect(schemaProblems('manifest-v12.json', artifact(project.dir, 'manifest.json'))).toEqual([])
  })

  it('the manifest has all that the project has', () => {
    const manifest = artifact(project.dir, 'manifest.json')
    expect(manifest.nodes!['model.shop.people']).toMatchObject({
      compiled: true,
      compiled_code: expect.stringContaining('select 1.5'),
      description: 'All people.',
    })
    expect(Object.keys(manifest.disabled!)).toEqual(['model.shop.gone'])
    expect(Object.keys(manifest.unit_tests!)).toEqual(['unit_test.shop.people.has_one'])
    expect(manifest.macros!['macro.shop.make']).toMatchObject({ arguments: [{ name: 'table' }, { name: 'n' }] })
    expect(manifest.docs!['doc.shop.people']).toMatchObject({ block_contents: 'All people.' })
    expect(manifest.child_map!['model.shop.people']).toEqual(['snapshot.shop.kept', 'test.shop.none', 'unit_test.shop.people.has_one'])
    expect(manifest.parent_map!['unit_test.shop.people.has_one']).toEqual(['model.shop.people'])
  })
})

it('compile --inline gives SQL with Jinja as PostgreSQL would get it', async () => {
  const { code, stdout } = await on(compileCommand, { inline: "select count(*) from {{ ref('people') }}" })
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^select count\(\*\) from "\w+"\."public"\."people"\n$/)])
})

it('a query of --inline has the ephemeral models that it reads as CTEs, those that they read first', async () => {
  await project.write({
    'models/deep.sql': "{{ config(materialized='ephemeral') }} select 1 as id",
    'models/near.sql': "{{ config(materialized='ephemeral') }} select id + 1 as id from {{ ref('deep') }}",
  })
  const { code, stdout } = await on(showCommand, { inline: "select id from {{ ref('near') }}", output: 'json' })
  expect([code, JSON.parse(stdout)]).toEqual([0, [{ id: 2 }]])
})

it('compile leaves run_results.json with the SQL of each node, as dbt does', async () => {
  expect((await on(compileCommand)).code).toBe(0)
  const results = artifact<{ args: object; results: object[] }>(project.dir, 'run_results.json')
  expect(results.args).toMatchObject({ which: 'compile' })
  expect(results.results).toContainEqual(
    expect.objectContaining({ unique_id: 'model.shop.people', status: 'success', compiled_code: expect.stringContaining('select 1.5') }),
  )
})

it.skipIf(!hasSchemas)("compile leaves a run_results.json that is valid by dbt's schema", async () => {
  expect((await on(compileCommand)).code).toBe(0)
  expect(schemaProblems('run-results-v6.json', artifact(project.dir, 'run_results.json'))).toEqual([])
})

it('a mistake in --inline is shown where it stands, with what was meant', async () => {
  const { code, stderr } = await on(compileCommand, { inline: "select 1\nfrom {{ ref('peple') }}" })
  expect(code).toBe(2)
  expect(stderr).toContain(
    "inline query:2:9: Unknown model or seed 'peple'\n   1 | select 1\n   2 | from {{ ref('peple') }}\n     |         ^\n  → Did you mean 'people'?",
  )
})
