import { expect, it } from 'vitest'
import type { ProjectError } from '../../run/base/errors.ts'
import { applyLevel, projectLevels } from '../../run/project/config.ts'
import { nodeOf, projectOf, toldOf } from './fixture.ts'

const tree = {
  '+materialized': 'view',
  desk: {
    '+tags': ['all'],
    marts: { '+materialized': 'table', schema: 'marts', daily: { '+tags': 'nightly' } },
    staging: { '+enabled': false },
  },
}

it('takes levels of dbt_project.yml from the widest folder to the narrowest, keys with + and those that are no mapping', () => {
  const levels = projectLevels(tree, ['desk', 'marts', 'daily', 'status'])
  expect(levels.map(level => level.values)).toEqual([
    { materialized: 'view' },
    { tags: ['all'] },
    { materialized: 'table', schema: 'marts' },
    { tags: 'nightly' },
  ])
})

const merge = (...levels: Record<string, unknown>[]): Record<string, unknown> => {
  const errors: ProjectError[] = []
  let config: Record<string, unknown> = {}
  for (const values of levels) config = applyLevel(config, { values, place: () => undefined }, 'model', { errors, warnings: [] })
  return errors.length > 0 ? { errors: errors.map(error => error.message) } : config
}

it.each([
  ['tags append, each once', [{ tags: 'a' }, { tags: ['b', 'a'] }], { tags: ['a', 'b'] }],
  [
    'hooks append, in any form',
    [{ 'pre-hook': 'x' }, { pre_hook: [{ sql: 'y', transaction: false }] }],
    {
      'pre-hook': [
        { sql: 'x', transaction: true },
        { sql: 'y', transaction: false },
      ],
    },
  ],
  ['meta is laid over', [{ meta: { a: 1, b: 1 } }, { meta: { b: 2 } }], { meta: { a: 1, b: 2 } }],
  [
    'grants replace, with + they append',
    [{ grants: { select: ['a'], insert: 'x' } }, { grants: { '+select': 'b', insert: ['y'] } }],
    { grants: { select: ['a', 'b'], insert: ['y'] } },
  ],
  ['the rest is replaced', [{ unique_key: ['a', 'b'] }, { unique_key: 'c' }], { unique_key: 'c' }],
  ['null takes a value away', [{ schema: 'x' }, { schema: null }], {}],
  ['a flag must be one', [{ enabled: 'yes' }], { errors: ["'enabled' must be true or false, not the text 'yes'"] }],
  [
    'only known strategies',
    [{ incremental_strategy: 'upsert' }],
    { errors: ["'incremental_strategy' must be one of append, merge, delete+insert, mirror, not the text 'upsert'"] },
  ],
  ['what is unknown is kept, as in dbt', [{ severity: 'warn', mine: 1 }], { severity: 'warn', mine: 1 }],
  ['dbt has it, we do not', [{ batch_size: 'day' }], { errors: ["not supported: the config 'batch_size'"] }],
])('merges: %s', (_, levels, expected) => {
  expect(merge(...(levels as Record<string, unknown>[]))).toEqual(expected)
})

it('a config under both of its names is a mistake', () => {
  const message = "Both 'pre_hook' and 'pre-hook' are given, but they are the same config"
  expect(merge({ pre_hook: 'x', 'pre-hook': 'y' })).toEqual({ errors: [message] })
})

it('lets dbt_project.yml give way to YAML and YAML to the file', async () => {
  const project = await projectOf({
    'dbt_project.yml': 'name: desk\nmodels:\n  desk:\n    +materialized: table\n    +schema: one\n    +alias: one\n    +tags: one\n',
    'models/a.sql': "{{ config(alias='three', tags=['three']) }} select 1",
    'models/_a.yml': 'models:\n  - name: a\n    config: { schema: two, alias: two, tags: [two] }\n',
  })
  expect(nodeOf(project, 'a')).toMatchObject({
    config: { materialized: 'table', schema: 'two', alias: 'three' },
    tags: ['one', 'two', 'three'],
    alias: 'three',
    schema: 'public_two',
  })
})

it('merges repeated config() calls and takes a dict', async () => {
  const project = await projectOf({
    'models/a.sql': "{{ config({'tags': ['x'], 'meta': {'a': 1}}) }}{{ config(tags='y', meta={'b': 2}) }} select 1",
  })
  expect(nodeOf(project, 'a')).toMatchObject({ tags: ['x', 'y'], meta: { a: 1, b: 2 } })
})

it('renders the Jinja of YAML, with types', async () => {
  const project = await projectOf(
    {
      'dbt_project.yml': `name: desk\nvars: { on: true, where_to: here }\nmodels:\n  +enabled: "{{ var('on') }}"\n  +schema: "{{ var('where_to') }}_{{ env_var('STAGE', 'dev') }}"\n  +post-hook: "grant select on {{ this }} to public"\n`,
      'models/a.sql': 'select 1',
    },
    { env: { STAGE: 'ci' } },
  )
  expect(nodeOf(project, 'a').config).toMatchObject({
    enabled: true,
    schema: 'here_ci',
    'post-hook': [{ sql: 'grant select on {{ this }} to public' }],
  })
})

it.each([
  ["{{ config(materialised='table') }}", "models/a.sql:1:4: Unknown config 'materialised' of a model → Did you mean 'materialized'?"],
  ["{{ config(materialized='tabel') }}", "models/a.sql:1:1: The materialization 'tabel' of a is not known → Did you mean 'table'?"],
  [
    "{{ config(merge_update_columns=['a'], merge_exclude_columns=['b']) }}",
    'models/a.sql:1:1: a has both merge_update_columns and merge_exclude_columns → Keep one of them.',
  ],
  [
    "{{ config(database='other') }}",
    "models/a.sql:1:1: a has the database 'other', but the connection is to 'postgres' → One PostgreSQL session has one database: remove the config.",
  ],
])('tells of %s', async (call, mistake) => {
  expect(await toldOf({ 'models/a.sql': `${call} select 1` })).toEqual([mistake])
})
