import { expect, it } from 'vitest'
import { fingerprints } from '../../run/graph/definition.ts'
import { testNames } from '../../run/parse/test-names.ts'
import { mistakesOf, nodeOf, projectOf } from './fixture.ts'

// Unique ids of dbt's own example project, jaffle_shop.
it.each([
  [{ generic: 'unique', target: 'customers', arguments: { column_name: 'customer_id' } }, 'unique_customers_customer_id.c5af1ff4b1'],
  [{ generic: 'not_null', target: 'customers', arguments: { column_name: 'customer_id' } }, 'not_null_customers_customer_id.5c9bf9911d'],
  [{ generic: 'unique', target: 'orders', arguments: { column_name: 'order_id' } }, 'unique_orders_order_id.fed79b3a6e'],
  [{ generic: 'not_null', target: 'orders', arguments: { column_name: 'order_id' } }, 'not_null_orders_order_id.cf6c17daed'],
  [
    { generic: 'relationships', target: 'orders', arguments: { column_name: 'customer_id', to: "ref('customers')", field: 'customer_id' } },
    'relationships_orders_customer_id__customer_id__ref_customers_.c6ec7f58f2',
  ],
  [
    {
      generic: 'accepted_values',
      target: 'orders',
      arguments: { column_name: 'status', values: ['placed', 'shipped', 'completed', 'return_pending', 'returned'] },
    },
    'accepted_values_orders_status__placed__shipped__completed__return_pending__returned.be6b5b5ec3',
  ],
])('names a generic test as dbt: %j', (test, expected) => {
  const { name, hash } = testNames({ ...test, isSource: false, model: `ref('${test.target}')` })
  expect(`${name}.${hash}`).toBe(expected)
})

it('cuts a long name for the alias, and names tests of sources after both', () => {
  const long = testNames({
    generic: 'accepted_values',
    target: 'orders',
    isSource: false,
    model: '',
    arguments: { values: ['a'.repeat(60)] },
  })
  expect(long.alias).toMatch(/^accepted_values_orders_[0-9a-f]{32}$/)
  expect(testNames({ generic: 'unique', target: 'raw_agents', isSource: true, model: '', arguments: { column_name: 'id' } }).name).toBe(
    'source_unique_raw_agents_id',
  )
})

const graph = {
  'models/base.sql': "select * from {{ source('raw', 'agents') }}",
  'models/agents.sql':
    "{{ config(materialized='incremental') }} select * from {{ ref('base') }} -- {{ ref('desk', 'codes') }}\n{% if is_incremental() %} {{ ref('never') }} {% endif %}",
  'models/_m.yml':
    "sources: [{ name: raw, tables: [{ name: agents }] }]\nmodels:\n  - name: agents\n    columns:\n      - name: id\n        tags: [key]\n        data_tests:\n          - relationships: { arguments: { to: ref('base'), field: id }, config: { where: id > 0, severity: warn } }\n",
  'seeds/codes.csv': 'code\nA\n',
}

it('links nodes with what they read, in order of first call', async () => {
  const project = await projectOf(graph)
  expect(nodeOf(project, 'model.desk.agents')).toMatchObject({
    dependsOn: ['model.desk.base', 'seed.desk.codes'],
    refs: [{ name: 'base' }, { package: 'desk', name: 'codes' }],
    relationName: '"postgres"."public"."agents"',
  })
  expect(project.childMap.get('source.desk.raw.agents')).toEqual(['model.desk.base'])
  const test = [...project.nodes.values()].find(node => node.resourceType === 'test')!
  expect(test).toMatchObject({
    name: 'relationships_agents_id__id__ref_base_',
    path: 'models/_m.yml',
    place: { file: 'models/_m.yml', line: 8, column: 13 },
    dependsOn: ['model.desk.agents', 'model.desk.base'],
    config: { where: 'id > 0', severity: 'warn', schema: 'dbt_test__audit' },
    schema: 'public_dbt_test__audit',
    tags: ['key'],
    test: { generic: 'relationships', attachedTo: 'model.desk.agents', column: 'id' },
    relationName: null,
  })
})

it('asks the project for schemas and aliases where it has its own macros', async () => {
  const project = await projectOf({
    'macros/names.sql':
      "{% macro generate_schema_name(custom_schema_name, node) -%}{{ custom_schema_name or target.schema }}{%- endmacro %}\n{% macro generate_alias_name(custom_alias_name, node) -%}{{ node.name ~ '_' ~ node.config.materialized }}{%- endmacro %}",
    'models/a.sql': "{{ config(schema='core', materialized='table') }} select 1",
    'models/b.sql': 'select 1',
  })
  expect(nodeOf(project, 'a').relationName).toBe('"postgres"."core"."a_table"')
  expect(nodeOf(project, 'b').relationName).toBe('"postgres"."public"."b_view"')
})

it('leaves disabled nodes and their tests out', async () => {
  const project = await projectOf({
    'models/a.sql': "{{ config(enabled=var('all', false)) }} select 1",
    'models/_a.yml': 'models: [{ name: a, columns: [{ name: id, tests: [unique] }] }]\n',
  })
  expect(project.nodes.size).toBe(0)
  expect([...project.disabled.keys()]).toEqual(['model.desk.a', expect.stringMatching(/^test\.desk\.unique_a_id\./)])
})

const two = (sql: string, other = 'select 1'): Record<string, string> => ({
  'models/stg_agents.sql': other,
  'models/agents.sql': sql,
  'models/_s.yml': 'sources: [{ name: raw, tables: [{ name: roles }] }]\n',
})

it.each([
  [
    'a ref to nothing',
    two("select *\nfrom {{ ref('stg_agnets') }}"),
    ["models/agents.sql:2:9: agents refers to 'stg_agnets', but no model or seed has that name → Did you mean 'stg_agents'?"],
  ],
  [
    'a ref to a source',
    two("select * from {{ ref('roles') }}"),
    ["models/agents.sql:1:18: agents refers to 'roles', but no model or seed has that name → Of a source: source('raw', 'roles')."],
  ],
  [
    'a ref to a disabled model',
    two("select * from {{ ref('stg_agents') }}", '{{ config(enabled=false) }}select 1'),
    [
      "models/agents.sql:1:18: agents refers to 'stg_agents', which is disabled: models/stg_agents.sql:1 → Enable it, or disable what reads it too.",
    ],
  ],
  [
    'a source without description',
    two("select * from {{ source('raw', 'role') }}"),
    ["models/agents.sql:1:18: agents reads the source 'raw.role', but no properties file has it → Did you mean 'roles'?"],
  ],
  [
    'a circle',
    two("select * from {{ ref('stg_agents') }}", "select * from {{ ref('agents') }}"),
    ['models/agents.sql:1:18: Circular references between models: agents → stg_agents → agents → Remove one of the refs.'],
  ],
  [
    'a model of itself',
    two("select * from {{ ref('agents') }}"),
    ['models/agents.sql:1:18: Circular references between models: agents → agents → A model reads its own earlier rows with {{ this }}.'],
  ],
  [
    'two of one name',
    { 'models/a/x.sql': 'select 1', 'models/b/x.sql': 'select 1' },
    [
      "models/b/x.sql:1:1: Two models are called 'x': models/a/x.sql and this one → ref() and source() look up nodes by name only: rename one of them.",
    ],
  ],
  [
    'a model called as a seed',
    { 'models/x.sql': 'select 1', 'seeds/x.csv': 'a\n' },
    [
      "seeds/x.csv:1:1: A model and a seed are called 'x': models/x.sql and this one → ref() and source() look up nodes by name only: rename one of them.",
    ],
  ],
  [
    'two relations of one name',
    { 'models/x.sql': 'select 1', 'models/y.sql': "{{ config(alias='x') }}select 1" },
    [
      'models/y.sql:1:1: y and x (models/x.sql) would both create "postgres"."public"."x" → Give one of them another config \'alias\' or \'schema\'.',
    ],
  ],
  [
    'two macros of one name',
    { 'macros/a.sql': '{% macro m() %}{% endmacro %}', 'macros/b.sql': '{% macro m() %}{% endmacro %}' },
    ["macros/b.sql:1:1: Two macros are called 'm': here and at macros/a.sql:1 → Rename one of them."],
  ],
  [
    'a version of a model',
    two("select * from {{ ref('stg_agents', v=2) }}"),
    ["models/agents.sql:1:18: agents refers to version 2 of 'stg_agents', which does not exist → 'stg_agents' has no versions."],
  ],
  ['an error of the analyst', two("{{ exceptions.raise_compiler_error('no such luck') }}"), ['models/agents.sql:1:4: no such luck']],
  [
    'a hook that refers to nothing',
    two('{{ config(post_hook="analyze {{ ref(\'nix\') }}") }} select 1'),
    ["models/agents.sql:1:12: agents refers to 'nix', but no model or seed has that name"],
  ],
])('refuses %s', async (_, files, mistakes) => {
  expect(await mistakesOf(files)).toEqual(mistakes)
})

it('notes the macros that a node uses', async () => {
  const project = await projectOf({
    'macros/m.sql': '{% macro one() %}1{% endmacro %}{% macro two() %}{{ one() }}{% endmacro %}',
    'models/a.sql': 'select {{ two() }}',
  })
  expect(nodeOf(project, 'a').macros).toEqual(['macro.desk.two', 'macro.desk.one'])
  expect(project.macros.get('macro.desk.two')?.macros).toEqual(['macro.desk.one'])
})

it('changes the fingerprints of what an edit is a part of, and of nothing that only reads it', async () => {
  const files = {
    'models/a.sql': 'select 1',
    'models/b.sql': "select * from {{ ref('a') }}",
    'models/c.sql': "select * from {{ ref('s') }}",
    'models/d.sql': "{{ config(materialized='ephemeral') }} select {{ used() }} as x",
    'models/e.sql': "select * from {{ ref('d') }} where x > {{ var('least') }}",
    'macros/used.sql': "{% macro used() %}{{ adapter.dispatch('deep')() }}{% endmacro %} {% macro default__deep() %}1{% endmacro %}",
    'seeds/s.csv': 'x\n1\n',
  }
  const vars = { least: 0, other: 0 }
  const before = fingerprints(await projectOf(files, { vars }))
  const changed = async (more: Record<string, string>, options = {}) => {
    const after = fingerprints(await projectOf({ ...files, ...more }, { vars, ...options }))
    return [...after]
      .filter(([id, fingerprint]) => before.get(id) !== fingerprint)
      .map(([id]) => id.split('.').at(-1))
      .sort()
      .join(' ')
  }
  expect(await changed({})).toBe('')
  expect(await changed({ 'models/a.sql': 'select 2' })).toBe('a')
  expect(await changed({ 'seeds/s.csv': 'x\n2\n' })).toBe('s')
  expect(await changed({ 'models/_m.yml': 'models: [{ name: b, config: { materialized: table } }]' })).toBe('b')
  expect(await changed({ 'models/_m.yml': 'models: [{ name: b, description: B, meta: { x: 1 }, tags: [t] }]' })).toBe('')
  expect(await changed({ 'macros/m.sql': '{% macro m() %}{% endmacro %}' })).toBe('')
  expect(await changed({ 'macros/used.sql': files['macros/used.sql'].replace('1', '2') })).toBe('d e')
  expect(await changed({ 'macros/used.sql': files['macros/used.sql'].replace('1', '1{# one #}') })).toBe('')
  // It overrides a part of each materialization.
  expect(await changed({ 'macros/m.sql': '{% macro create_view(relation, query) %}{% endmacro %}' })).toBe('a b c d e s')
  expect(await changed({}, { vars: { ...vars, other: 1 } })).toBe('')
  expect(await changed({}, { vars: { ...vars, least: 1 } })).toBe('e')

  const stage = async (STAGE: string) =>
    fingerprints(await projectOf({ 'models/e.sql': "select '{{ env_var('STAGE') }}'", 'models/f.sql': 'select 1' }, { env: { STAGE } }))
  const [ci, prod] = [await stage('ci'), await stage('prod')]
  expect([...ci].filter(([id, fingerprint]) => prod.get(id) !== fingerprint).map(([id]) => id)).toEqual(['model.desk.e'])
})

// As named by dbt 1.11.
it.each([
  ['m_v2.sql', '{v: 2}'],
  ['m.sql', '{v: 2}'],
  ['other.sql', '{v: 2, defined_in: other}'],
])('a model may have one version, in the file %s', async (file, version) => {
  const project = await projectOf({
    [`models/${file}`]: 'select 1 as a',
    'models/reader.sql': "select * from {{ ref('m') }}, {{ ref('m', v=2) }}, {{ ref('desk', 'm', version=2) }}",
    'models/_m.yml': `models:\n  - name: m\n    versions: [${version}]\n    columns: [{name: a, tests: [unique]}]\n`,
  })
  const node = nodeOf(project, 'model.desk.m.v2')
  expect([node.name, node.alias, node.fqn]).toEqual(['m', 'm_v2', ['desk', 'm', 'v2']])
  expect(nodeOf(project, 'reader').dependsOn).toEqual(['model.desk.m.v2'])
  expect(await mistakesOf({ 'models/m.sql': 'select 1', 'models/b.sql': "{{ ref('m', v=3) }}" })).toEqual([
    "models/b.sql:1:4: b refers to version 3 of 'm', which does not exist → 'm' has no versions.",
  ])
})

it('of several versions ref() means the latest, and each has its tests and relation', async () => {
  const project = await projectOf({
    'models/m_v1.sql': 'select 1 as a, 2 as b',
    'models/m_v2.sql': 'select 1 as a',
    'models/m_v3.sql': "{{ config(alias='third') }} select 1 as a",
    'models/reader.sql': "select * from {{ ref('m') }}, {{ ref('m', v=1) }}",
    'models/_m.yml': `models:
  - name: m
    latest_version: 2
    columns: [{name: a, tests: [unique]}, {name: b, tests: [not_null]}]
    versions: [{v: 1}, {v: 2, columns: [{include: all, exclude: [b]}]}, {v: 3, columns: [{include: [a]}]}]
`,
  })
  expect(['1', '2', '3'].map(v => nodeOf(project, `model.desk.m.v${v}`).alias)).toEqual(['m_v1', 'm_v2', 'third'])
  expect(nodeOf(project, 'reader').dependsOn).toEqual(['model.desk.m.v2', 'model.desk.m.v1'])
  const tests = [...project.nodes.values()].filter(({ resourceType }) => resourceType === 'test')
  expect(tests.map(({ name, dependsOn }) => `${name} ${dependsOn}`)).toEqual([
    'not_null_m_v1_b model.desk.m.v1',
    'unique_m_v1_a model.desk.m.v1',
    'unique_m_v2_a model.desk.m.v2',
    'unique_m_v3_a model.desk.m.v3',
  ])
})
