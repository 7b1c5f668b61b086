import { expect, it } from 'vitest'
import { type Selection, selectNodes } from '../../run/graph/select.ts'
import type { Project } from '../../run/manifest/node.ts'
import { projectOf } from './fixture.ts'

// raw.agents → base → stg → agents → marts.daily, raw.roles → roles → daily; seed currencies
const files = {
  'dbt_project.yml':
    'name: desk\nmodels:\n  desk:\n    marts:\n      +tags: [nightly]\n      +materialized: table\n      +meta: { owner: desk, level: 2 }\n',
  'models/staging/base.sql': "{{ config(tags=['landing', 'nightly']) }} select * from {{ source('raw', 'agents') }}",
  'models/staging/stg.sql': "select * from {{ ref('base') }}",
  'models/core/agents.sql': "select * from {{ ref('stg') }}",
  'models/core/roles.sql': "{{ config(enabled=true, unique_key=['a', 'b']) }} select * from {{ source('raw', 'roles') }}",
  'models/marts/daily.sql': "select * from {{ ref('agents') }}, {{ ref('roles') }}",
  'models/marts/daily.v2.sql': 'select 1',
  'seeds/currencies.csv': 'code\n',
  'tests/assert_all.sql': "select * from {{ ref('agents') }} where false",
  'models/core/_core.yml': `
models:
  - name: agents
    columns:
      - name: id
        tests:
          - unique
          - relationships: { to: ref('roles'), field: id, config: { severity: warn } }
  - name: roles
    tests:
      - not_null: { column_name: id }
unit_tests:
  - name: it_works
    model: agents
    given: []
    expect: { rows: [] }
`,
  'models/staging/_sources.yml':
    'sources:\n  - name: raw\n    tags: [feed]\n    tables:\n      - name: agents\n        columns: [{ name: id, tests: [not_null] }]\n      - name: roles\n',
}

const parsed = projectOf(files)

const short = (ids: Iterable<string>): string =>
  [...ids]
    .map(id => {
      const [type, , ...rest] = id.split('.')
      return type === 'source'
        ? `raw.${rest.at(-1)}`
        : type === 'model' || type === 'seed'
          ? rest.join('.')
          : (rest[type === 'unit_test' ? 1 : 0] ?? '')
    })
    .sort()
    .join(' ')

async function picked(select: string | string[], more: Partial<Selection> = {}): Promise<string> {
  return short(selectNodes(await parsed, { select: [select].flat(), ...more }))
}

// Tests of agents, without unique_agents_id, which is last by name.
const TESTS = 'assert_all it_works relationships_agents_id__id__ref_roles_'

it.each([
  // methods by default
  ['stg', 'stg'],
  ['staging', 'base source_not_null_raw_agents_id stg'],
  ['desk.staging', 'base source_not_null_raw_agents_id stg'],
  ['desk.staging.base', 'base'],
  ['staging.b*', 'base'],
  ['*.base', 'base'],
  ['daily.v2', 'daily.v2'],
  ['marts.daily', 'daily daily.v2'],
  ['daily', 'daily'],
  ['models/staging', 'base raw.agents raw.roles source_not_null_raw_agents_id stg'],
  ['./models/marts/', 'daily daily.v2'],
  ['stg.sql', 'stg'],
  ['currencies.csv', 'currencies'],
  ['nothing', ''],
  // graph operators
  ['+stg', 'base raw.agents source_not_null_raw_agents_id stg'],
  ['1+stg', 'base stg'],
  ['0+stg', 'stg'],
  ['stg+1', `agents ${TESTS} stg unique_agents_id`],
  ['@currencies', 'currencies'],
  // methods
  ['tag:landing', 'base'],
  ['tag:night*', 'base daily daily.v2'],
  ['tag:feed', 'raw.agents raw.roles source_not_null_raw_agents_id'],
  ['source:raw', 'raw.agents raw.roles source_not_null_raw_agents_id'],
  ['source:raw.roles', 'raw.roles'],
  ['source:desk.raw.roles', 'raw.roles'],
  ['path:models/core/agents.sql,fqn:agents', `agents ${TESTS} unique_agents_id`],
  ['path:models/*/base.sql', 'base'],
  ['path:models/**/base.sql', 'base'],
  ['file:base', 'base'],
  ['file:b*.sql', 'base'],
  ['package:this,stg', 'stg'],
  ['package:desk,stg', 'stg'],
  ['package:other', ''],
  ['config.materialized:table', 'daily daily.v2'],
  ['config.meta.owner:desk', 'daily daily.v2'],
  ['config.tags:landing', 'base'],
  ['config.unique_key:b', 'not_null_roles_id relationships_agents_id__id__ref_roles_ roles'],
  ['config.enabled:TRUE,stg', 'stg'],
  ['config.severity:WARN', 'relationships_agents_id__id__ref_roles_'],
  ['test_name:unique', 'unique_agents_id'],
  ['test_name:not_*', 'not_null_roles_id source_not_null_raw_agents_id'],
  ['test_type:singular', 'assert_all'],
  ['test_type:unit', 'it_works'],
  ['test_type:generic', 'not_null_roles_id relationships_agents_id__id__ref_roles_ source_not_null_raw_agents_id unique_agents_id'],
  ['test_type:data,tag:none', ''],
  ['resource_type:seed', 'currencies'],
  ['resource_type:unit_test', 'it_works'],
  ['unit_test:it_*', 'it_works'],
  ['version:none,stg', 'stg'],
  ['exposure:x', ''],
  // sets
  ['stg currencies', 'currencies stg'],
  ['tag:nightly,config.materialized:view', 'base'],
  ['+stg,base+', 'base stg'],
])('--select %s', async (select, expected) => {
  expect(await picked(select)).toBe(expected)
})

it('selects all without --select', async () => {
  const project = await parsed
  expect(selectNodes(project)).toEqual(new Set([...project.nodes.keys(), ...project.sources.keys(), ...project.unitTests.keys()].sort()))
})

it('takes repeated values as a union and --exclude away after all', async () => {
  expect(await picked(['stg', 'roles'], { exclude: ['test_type:data'] })).toBe('roles stg')
  expect(await picked('agents+', { exclude: ['agents'] })).toBe('daily')
})

it('takes with @ the parents of the children', async () => {
  expect(await picked('@roles', { indirectSelection: 'empty', exclude: ['test_type:data', 'test_type:unit'] })).toBe(
    'agents base daily raw.agents raw.roles roles stg',
  )
})

it.each([
  ['eager', 'agents', `agents ${TESTS} unique_agents_id`],
  ['cautious', 'agents', 'agents assert_all it_works unique_agents_id'],
  [
    'cautious',
    'agents roles',
    'agents assert_all it_works not_null_roles_id relationships_agents_id__id__ref_roles_ roles unique_agents_id',
  ],
  ['buildable', 'agents', 'agents assert_all it_works unique_agents_id'],
  ['buildable', 'daily agents', 'agents assert_all daily it_works relationships_agents_id__id__ref_roles_ unique_agents_id'],
  ['empty', 'agents', 'agents'],
] as const)('--indirect-selection %s of %s', async (indirectSelection, select, expected) => {
  expect(await picked(select, { indirectSelection })).toBe(expected)
})

it('warns of a method that is none and of a term that matches nothing', async () => {
  const said: string[] = []
  expect(await picked('colour:red nope', { warn: message => said.push(message) })).toBe('')
  expect(said[0]).toMatch("The 'colour' selector specified in colour:red is invalid. Must be one of [fqn, tag,")
  expect(said).toContain("The selection criterion 'nope' does not match any enabled nodes")
})

it.each([
  ['@a+', "the prefix '@' and the suffix '+' are incompatible"],
  ['state:modified', 'Got a state selector method, but no comparison manifest'],
  ['result:fail', 'needs the run_results.json of an earlier run'],
  ['test_type:fast', 'Invalid test type selector fast'],
  ['source:a.b.c.d', 'Invalid source selector value'],
  ['version:v1', 'Invalid version type selector v1'],
])('refuses %s', async (select, message) => {
  await expect(picked(select)).rejects.toThrow(message)
})

it('finds by result what an earlier run said', async () => {
  const runResults = {
    results: [
      { unique_id: 'model.desk.stg', status: 'error' },
      { unique_id: 'model.desk.base', status: 'success' },
    ],
  }
  expect(
    await picked('result:error+', { previous: { runResults }, indirectSelection: 'empty', exclude: ['test_type:data', 'test_type:unit'] }),
  ).toBe('agents daily stg')
})

it('finds sources that are fresher than before', async () => {
  const measured = (agents: string) => ({ results: [{ unique_id: 'source.desk.raw.agents', max_loaded_at: agents }] })
  const previous = { sources: measured('2026-01-05T00:00:00Z'), currentSources: measured('2026-01-06T00:00:00Z') }
  expect(await picked('source_status:fresher', { previous, indirectSelection: 'empty' })).toBe('raw.agents')
})

it('compares with an earlier manifest', async () => {
  const before = manifestOf(await parsed)
  const previous = { manifest: before }
  expect(await picked('state:modified', { previous })).toBe('')
  expect((await picked('state:unmodified', { previous })).split(' ')).toHaveLength((await parsed).nodes.size + 3)
  expect(await picked('state:new', { previous })).toBe('')

  delete before.nodes['model.desk.stg']
  before.nodes['model.desk.base']!.raw_code = 'select 2'
  before.nodes['model.desk.daily']!.unrendered_config = { materialized: 'view' }
  const empty = { previous, indirectSelection: 'empty' } as const
  expect(await picked('state:new', empty)).toBe('stg')
  expect(await picked('state:modified', empty)).toBe('base daily stg')
  expect(await picked('state:modified.body', empty)).toBe('base stg')
  expect(await picked('state:modified.configs', empty)).toBe('daily stg')
  await expect(picked('state:changed', empty)).rejects.toThrow(
    `Got an invalid selector "changed", expected one of "['new', 'old', 'modified',`,
  )
})

it('calls modified what uses a macro that changed, through other macros too', async () => {
  const project = await projectOf({
    'macros/m.sql': '{% macro inner() %}1{% endmacro %}{% macro outer() %}{{ inner() }}{% endmacro %}',
    'models/a.sql': 'select {{ outer() }}',
    'models/b.sql': 'select 2',
  })
  const manifest = manifestOf(project)
  manifest.macros['macro.desk.inner'] = { macro_sql: '{% macro inner() %}0{% endmacro %}' }
  expect(short(selectNodes(project, { select: ['state:modified'], previous: { manifest } }))).toBe('a')
})

/** The parts of a manifest that the state method reads. */
function manifestOf(project: Project) {
  const nodes = Object.fromEntries(
    [...project.nodes.values(), ...project.sources.values()].map(node => [
      node.uniqueId,
      {
        raw_code: node.raw,
        checksum: { checksum: node.checksum },
        unrendered_config: node.unrenderedConfig as Record<string, unknown>,
        fqn: node.fqn,
        database: node.database,
        schema: node.schema,
        identifier: node.alias,
      } as Record<string, unknown>,
    ]),
  )
  const macros: Record<string, unknown> = Object.fromEntries(
    [...project.macros.values()].map(macro => [macro.uniqueId, { macro_sql: macro.text }]),
  )
  const unit_tests = Object.fromEntries([...project.unitTests.values()].map(({ uniqueId, fqn, checksum }) => [uniqueId, { fqn, checksum }]))
  return { nodes, macros, unit_tests }
}

// As selected by dbt 1.11.
it.each([
  ['m', 'm.v1 m.v2'],
  ['m.v2', 'm.v2'],
  ['m_v2', 'm.v2'],
  ['deep.m', 'm.v1 m.v2'],
  ['desk.deep.m.v1', 'm.v1'],
  ['v2', ''],
  ['m*', 'm.v1 m.v2 mine'],
  ['mi*', 'mine'],
  ['deep.mi*', 'mine'],
])('of versions and models in folders %s selects %s', async (select, expected) => {
  const project = await projectOf({
    'models/deep/m_v1.sql': 'select 1',
    'models/deep/m_v2.sql': 'select 1',
    'models/deep/mine.sql': 'select 1',
    'models/deep/_m.yml': 'models: [{ name: m, versions: [{ v: 1 }, { v: 2 }] }]\n',
  })
  expect(short(selectNodes(project, { select: [select] }))).toBe(expected)
})
