import { expect, it } from 'vitest'
import { explainPostgres, formatProblem } from '../../run/base/codeframe.ts'
import { ProjectError } from '../../run/base/errors.ts'
import type { Introspect, Request } from '../../run/database/introspection.ts'
import { relationOf } from '../../run/manifest/relation.ts'
import { compileNode, type RunContext, renderMacro, renderText } from '../../run/template/compile.ts'
import { nodeOf, projectOf } from './fixture.ts'

async function compiled(files: Record<string, string>, name: string, context: RunContext = {}, options = {}): Promise<string> {
  const project = await projectOf(files, options)
  return (await compileNode(project, nodeOf(project, name), context)).text
}

const one = (sql: string, context: RunContext = {}, options = {}): Promise<string> =>
  compiled({ 'models/a.sql': sql }, 'model.desk.a', context, options)

it.each([
  [
    '{{ this }} {{ this.schema }} {{ this.identifier }} {{ this.include(database=false) }}',
    '"postgres"."public"."a" public a "public"."a"',
  ],
  ['{{ model.path }} {{ model.original_file_path }} {{ model.unique_id }}', 'a.sql models/a.sql model.desk.a'],
  ["{{ target.name }} {{ target.schema }} {{ target.type }} {{ target['dbname'] }}", 'dev public postgres postgres'],
  ["{{ var('x') }} {{ var('y', 2) }} {{ var.has_var('y') }} {{ var('y', none) }}", '1 2 False None'],
  ["{{ env_var('STAGE') }} {{ env_var('NONE', 'b') }}", 'ci b'],
  // A text with Jinja is rendered, and stays a text.
  ["{{ var('deep') }} {{ var('deep') | int + 1 }} {{ var('deep') is string }}", '10000 10001 True'],
  ['{{ execute }} {{ is_incremental() }} {{ last_built() }} {{ flags.FULL_REFRESH }}', 'True False 0 False'],
  ["{{ tojson({'a': [1, none, 'é']}) }} {{ fromjson('{\"b\": 2}').b }}", '{"a": [1, null, "\\u00e9"]} 2'],
  ["{{ fromyaml('a: [1, 2]').a | length }} {{ toyaml({'a': 1}) | trim }}", '2 a: 1'],
  ["{{ set([1, 1, 2]) | list }} {{ zip([1, 2], ['a', 'b']) | list }}", "[1, 2] [(1, 'a'), (2, 'b')]"],
  [
    "{{ modules.re.sub('(\\d+)-(?P<n>x)', '\\g<n>\\\\1', '12-x') }} {{ modules.re.findall('[a-c]', 'abcd') }} {{ modules.re.match('b', 'ab') }} {{ modules.re.search('b(.)', 'abc').group(1) }}",
    "x12 ['a', 'b', 'c'] None c",
  ],
  ["{{ modules.datetime.datetime.strptime('2026-01-05 07:08', '%Y-%m-%d %H:%M').strftime('%d.%m.%y %H') }}", '05.01.26 07'],
  ["{{ local_md5('a') }}", '0cc175b9c0f1b6a831c399e269772661'],
  ["{{ config.get('materialized') }} {{ config.get('nix', 'x') }} {{ model.name }} {{ project_name }}", 'view x a desk'],
  ["{{ adapter.quote('a\"b') }} {{ api.Relation.create(schema='s', identifier='i') }}", '"a""b" "s"."i"'],
  ["{{ dbt.type_string() }} {{ adapter.dispatch('generate_alias_name')(none, model) }}", 'text a'],
])('knows in its context %s', async (sql, expected) => {
  expect(await one(sql, {}, { vars: { x: 1, deep: "{{ 500 if target.type == 'bigquery' else 10000 }}" }, env: { STAGE: 'ci' } })).toBe(
    expected,
  )
})

it.each([
  ["{{ var('y') }}", "models/a.sql:1:4: The var 'y' has no value"],
  ["{{ env_var('DBT_ENV_SECRET_X') }}", "models/a.sql:1:4: env_var('DBT_ENV_SECRET_X') is a secret and cannot be read here"],
  ["{{ env_var('HOMME') }}", "models/a.sql:1:4: The environment variable 'HOMME' is not set"],
  ["{{ run_query('select 1') }}", 'models/a.sql:1:4: a queries the database, which is not available here'],
  ["{% if execute %}{{ ref('b') }}{% endif %}", "models/a.sql:1:20: a calls ref('b'), which was not found when parsing"],
  ["{{ config.require('unique_key') }}", "models/a.sql:1:4: The config 'unique_key' is required, but a does not have it"],
  ['{{ dbt_utils.star(this) }}', "'dbt_utils.star' does not exist: the package 'dbt_utils' is not installed"],
])('refuses %s', async (sql, message) => {
  const error = await compiled({ 'models/a.sql': sql, 'models/b.sql': 'select 1' }, 'model.desk.a').catch(
    error => (error.errors ?? [error])[0],
  )
  expect(formatProblem(error, () => undefined)).toContain(message)
})

it('while parsing a template learns nothing of its config, as by dbt', async () => {
  const sql = "{{ config(tags=['x' ~ config.get('materialized', 'd') ~ config.require('y') ~ config.meta_get('z', 1)]) }} select 1"
  const project = await projectOf({ 'models/a.sql': sql })
  expect(nodeOf(project, 'model.desk.a').tags).toEqual(['x'])
})

it('graph has of a source what its config says, and of freshness also what nobody said', async () => {
  const files = {
    'models/a.sql':
      "{% set s = graph.sources['source.desk.raw.t'] %}{{ s.config.enabled }} {{ s.config.freshness.warn_after.count }} {{ s.freshness.error_after.count }}",
    'models/_s.yml': 'sources: [{name: raw, tables: [{name: t, loaded_at_field: at, freshness: {warn_after: {count: 2, period: day}}}]}]',
  }
  expect(await compiled(files, 'model.desk.a')).toBe('True 2 None')
})

it('graph has of a model what nobody said, as none', async () => {
  const models = "graph.nodes.values() | selectattr('resource_type', 'equalto', 'model')"
  const sql = `{{ ${models} | rejectattr('time_spine', 'none') | map(attribute='name') | join }}{{ ${models} | map(attribute='metrics') | list }}`
  expect(await compiled({ 'models/a.sql': sql }, 'model.desk.a')).toBe('[[]]')
  const spine = 'models: [{name: a, time_spine: {standard_granularity_column: day}, columns: [{name: day, granularity: day}]}]'
  expect(await compiled({ 'models/a.sql': sql, 'models/_a.yml': spine }, 'model.desk.a')).toBe('a[[]]')
})

it('graph has of an exposure what only exposures have', async () => {
  const files = {
    'models/a.sql':
      '{% for e in graph.exposures.values() %}{{ e.type }} {{ e.maturity }} {{ e.url }} {{ e.owner.name }} {{ e.owner.email }}{% endfor %}',
    'models/_e.yml': 'exposures: [{name: mail, type: notebook, maturity: high, owner: {name: Ann}}]',
  }
  expect(await compiled(files, 'model.desk.a')).toBe('notebook high None Ann None')
})

it('graph has the groups', async () => {
  const files = {
    'models/a.sql': '{% for id, group in graph.groups.items() %}{{ id }} {{ group.owner.email }} {{ group.owner.name }}{% endfor %}',
    'models/_g.yml': 'groups: [{name: money, owner: {name: Ann}}]',
  }
  expect(await compiled(files, 'model.desk.a')).toBe('group.desk.money None Ann')
})

it('puts ephemeral models before as CTEs, those they read first, each once', async () => {
  const files = {
    'models/base.sql': "{{ config(materialized='ephemeral') }}select 1 as id",
    'models/mid.sql': "{{ config(materialized='ephemeral') }}select * from {{ ref('base') }} -- mid",
    'models/plain.sql': "select * from {{ ref('mid') }} join {{ ref('base') }} using (id)",
    'models/with.sql': "-- with comment\nWITH RECURSIVE own as (select * from {{ ref('base') }})\nselect * from own",
  }
  expect(await compiled(files, 'plain')).toBe(
    'with __dbt__cte__base as (\nselect 1 as id\n), __dbt__cte__mid as (\nselect * from __dbt__cte__base -- mid\n) select * from __dbt__cte__mid join __dbt__cte__base using (id)',
  )
  expect(await compiled(files, 'with')).toBe(
    '-- with comment\nWITH RECURSIVE __dbt__cte__base as (\nselect 1 as id\n),  own as (select * from __dbt__cte__base)\nselect * from own',
  )
})

it('compiles generic tests, with where and with refs among their arguments', async () => {
  const files = {
    'models/a.sql': 'select 1 as id',
    'models/b.sql': "{{ config(materialized='ephemeral') }}select 1 as id",
    'models/_m.yml':
      "models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - not_null: { config: { where: id > 0 } }\n          - relationships: { to: ref('b'), field: id }\n",
  }
  const notNull = await compiled(files, 'not_null_a_id')
  expect(notNull.replace(/\s+/g, ' ')).toContain('from (select * from "postgres"."public"."a" where id > 0) dbt_subquery where id is null')
  expect((await compiled(files, 'relationships_a_id__id__ref_b_')).replace(/\s+/g, ' ')).toMatch(
    /with __dbt__cte__b as \( select 1 as id \), child as \(/,
  )
})

it('asks the database and renders again with the answers; says only once what it has to say', async () => {
  const asked: Request[] = []
  const answers: unknown[] = [
    { schema: 'public', identifier: 'a', type: 'table' },
    [
      { name: 'id', type: 'bigint' },
      { name: 'name', type: 'character varying', charSize: 10 },
    ],
    { columns: [{ name: 'n', type: 'integer' }], rows: [[1], [2]], status: 'SELECT 2' },
  ]
  const database = (async (request: Request) => {
    asked.push(request)
    return answers[asked.length - 1]
  }) as Introspect
  const said: string[] = []
  const sql = `
{%- set there = adapter.get_relation(this.database, this.schema, this.identifier) %}
{%- if there %}{% for column in adapter.get_columns_in_relation(there) %}{{ log(column.name, info=true) }}{{ column.quoted }}:{{ column.data_type }}:{{ column.is_string() }} {% endfor %}{% endif %}
{%- if execute %}{% set rows = run_query('select n from t') %}{{ rows.columns[0].values() | join('+') }} {{ rows.rows[1].n }} {{ rows.columns['n'].values()[0] }}{% endif %}`
  expect(await one(sql, { database, print: message => said.push(message) })).toBe(
    '"id":bigint:False "name":character varying(10):True 1+2 2 1',
  )
  expect(asked.map(request => request.kind)).toEqual(['relation', 'columns', 'query'])
  expect(asked[2]).toMatchObject({ sql: 'select n from t', place: { file: 'models/a.sql', line: 4 } })
  expect(said).toEqual(['id', 'name'])
})

it('has statement() and load_result()', async () => {
  const database = (async () => ({ columns: [{ name: 'x', type: 'text' }], rows: [['a']], status: 'SELECT 1' })) as unknown as Introspect
  const sql =
    "{% call statement('s', fetch_result=True) %}select 'a' as x{% endcall %}{% if execute %}{{ load_result('s').data }} {{ load_result('s').table.columns.x.values() }}{% endif %}"
  expect(await one(sql, { database })).toBe("[('a',)] ('a',)")
})

it('knows what the run tells it', async () => {
  const sql = "{{ config(materialized='incremental') }}{% if is_incremental() %}{{ last_built() }}{% endif %}{{ extra_name }}"
  expect(
    await one(sql, { isIncremental: () => true, lastBuilt: () => 9007199254740993n, extra: { extra_name: 'x' } }).catch(
      error => error.errors?.[0].message,
    ),
  ).toBe('9007199254740993x')
  expect(await one(sql.replace('{{ extra_name }}', ''), { isIncremental: () => true, lastBuilt: () => 9007199254740993n })).toBe(
    '9007199254740993',
  )
})

it('renders hooks and macros in the context of a node', async () => {
  const project = await projectOf({
    'models/a.sql': 'select 1',
    'macros/m.sql': '{% macro move(relation, keys, n=1) %}{{ relation }} {{ keys | join(",") }} {{ this.name }} {{ n }}{% endmacro %}',
  })
  const node = nodeOf(project, 'a')
  expect((await renderText(project, node, 'analyze {{ this }}', node.place)).text).toBe('analyze "postgres"."public"."a"')
  const moved = await renderMacro(project, node, 'move', { relation: relationOf(node), keys: ['a', 'b'] })
  expect(moved.text).toBe('"postgres"."public"."a" a,b a 1')
  expect(moved.placeAt(moved.text.length - 1)).toMatchObject({ file: 'macros/m.sql', line: 1 })
  await expect(renderMacro(project, node, 'mov', {})).rejects.toThrow("There is no macro 'mov'")
})

it('shows what PostgreSQL complained of at the line of the analyst, also inside macros and CTEs', async () => {
  const project = await projectOf({
    'macros/m.sql': '{% macro cents(column) %}\n  ({{ column }} / 100) as wrong,,\n{% endmacro %}',
    'models/e.sql': "{{ config(materialized='ephemeral') }}\nselect\n  nonsense",
    'models/a.sql': "select\n  {{ cents('x') }}\nfrom {{ ref('e') }}",
  })
  const rendered = await compileNode(project, nodeOf(project, 'a'))
  const at = (text: string) =>
    explainPostgres(
      Object.assign(new Error('syntax error'), { code: '42601', position: String(rendered.text.indexOf(text) + 1) }),
      rendered,
    )

  expect(formatProblem(at(',,'), project.textOf)).toBe(
    [
      'macros/m.sql:2:32: syntax error (42601)',
      '   1 | {% macro cents(column) %}',
      '   2 |   ({{ column }} / 100) as wrong,,',
      '     |                                ^',
      '  called from models/a.sql:2:6',
    ].join('\n'),
  )
  expect(at('nonsense').place).toMatchObject({ file: 'models/e.sql', line: 3, column: 3 })
  expect(at('select\n  \n').place).toMatchObject({ file: 'models/a.sql', line: 1 })
})

it('formats tabs, hints and several lines', () => {
  const error = new ProjectError('wrong', { place: { file: 'a.sql', line: 2, column: 3 }, hint: 'Do this.\nOr that.' })
  expect(formatProblem(error, () => 'select\n\t\tx')).toBe(
    'a.sql:2:3: wrong\n   1 | select\n   2 | \t\tx\n     | \t\t^\n  → Do this.\n  → Or that.',
  )
})
