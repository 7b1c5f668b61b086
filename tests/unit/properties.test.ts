import { expect, it } from 'vitest'
import { nodeOf, projectOf, toldOf } from './fixture.ts'

it('describes models, columns and sources', async () => {
  const project = await projectOf({
    'models/agents.sql': 'select 1 as id',
    'models/docs.md': '{% docs agent %}A person who answers.{% enddocs %}',
    'models/_models.yml': `
version: 2
models:
  - name: agents
    description: "{{ doc('agent') }} One row each."
    meta: { owner: desk }
    config: { tags: [core], contract: { enforced: true } }
    constraints: [{ type: check, expression: id > 0 }]
    columns:
      - { name: id, data_type: bigint, description: The key., constraints: [{ type: not_null }] }
sources:
  - name: raw
    schema: "{{ var('landing', 'raw') }}"
    loaded_at_field: loaded_at
    freshness: { warn_after: { count: 1, period: day } }
    tables:
      - name: agents
        identifier: agents_v1
      - name: roles
        freshness: null
`,
  })
  expect(nodeOf(project, 'model.desk.agents')).toMatchObject({
    description: 'A person who answers. One row each.',
    meta: { owner: 'desk' },
    tags: ['core'],
    patch: { file: 'models/_models.yml', line: 4, column: 11 },
    columns: [{ name: 'id', dataType: 'bigint', description: 'The key.', constraints: [{ type: 'not_null' }] }],
    constraints: [{ type: 'check', expression: 'id > 0' }],
  })
  expect(nodeOf(project, 'source.desk.raw.agents')).toMatchObject({
    relationName: '"postgres"."raw"."agents_v1"',
    source: { loadedAtField: 'loaded_at', freshness: { warn_after: { count: 1, period: 'day' } } },
  })
  expect(nodeOf(project, 'source.desk.raw.roles').source?.freshness).toBeNull()
})

it('reads unit tests with their model and inputs', async () => {
  const project = await projectOf({
    'models/a.sql': 'select 1',
    'models/_a.yml':
      'unit_tests:\n  - name: works\n    model: a\n    given: [{ input: this, rows: [] }]\n    expect: { rows: [{ id: 1 }] }\n    overrides: { vars: { x: 1 } }\n',
  })
  expect(project.unitTests.get('unit_test.desk.a.works')).toMatchObject({
    model: 'a',
    given: [{ input: 'this', id: 'model.desk.a', isThis: true }],
    expect: { format: 'dict', columns: ['id'] },
    overrides: { vars: { x: 1 } },
    dependsOn: ['model.desk.a'],
  })
})

const yml = (text: string): Record<string, string> => ({
  'models/a.sql': 'select 1 as id',
  'models/b.sql': 'select 1 as id',
  'models/_m.yml': text,
})

it.each([
  [
    'an unknown key',
    'models:\n  - name: a\n    colunms: []\n',
    ["models/_m.yml:3:5: Unknown key 'colunms' in a model → Did you mean 'columns'?"],
  ],
  [
    'an unknown key at the top',
    'model:\n  - name: a\n',
    ["models/_m.yml:1:1: Unknown key 'model' in a properties file → Did you mean 'models'?"],
  ],
  [
    'a value of the wrong form',
    'models:\n  - name: a\n    columns: { id: 1 }\n',
    ["models/_m.yml:3:14: 'columns' of a model must be a list of mappings, not a mapping"],
  ],
  ['no name', 'models:\n  - description: x\n', ['models/_m.yml:2:5: A model needs a name']],
  [
    'a model that is not there',
    'models:\n  - name: agnts\n',
    [
      "models/_m.yml:2:11: These properties are for the model 'agnts', but there is no such model → They are ignored: rename or remove them.",
    ],
  ],
  [
    'a seed among models',
    'seeds:\n  - name: a\n',
    ["models/_m.yml:2:11: 'a' is a model (models/a.sql), but is described as a seed → Describe it under models:."],
  ],
  [
    'two of one',
    'models:\n  - name: a\n  - name: a\n',
    ["models/_m.yml:3:11: The model 'a' has properties twice: here and at models/_m.yml:2 → Merge them."],
  ],
  [
    'a column twice',
    'models:\n  - name: a\n    columns: [{ name: id }, { name: id }]\n',
    [
      "models/_m.yml:3:37: The column 'id' is described twice, first at models/_m.yml:3 → The last description is used, and the tests of both.",
    ],
  ],
  [
    'tests and data_tests',
    'models:\n  - name: a\n    tests: []\n    data_tests: []\n',
    ["models/_m.yml:3:5: Both 'tests' and 'data_tests' are given, but they are the same → Keep data_tests."],
  ],
  [
    'a test that is none',
    'models:\n  - name: a\n    columns: [{ name: id, tests: [uniqe] }]\n',
    ["models/_m.yml:3:35: There is no generic test 'uniqe' → Did you mean 'unique'?"],
  ],
  [
    'a test of a package',
    'models:\n  - name: a\n    tests: [dbt_utils.at_least_one]\n',
    [
      "models/_m.yml:3:13: There is no generic test 'dbt_utils.at_least_one' → There is no package 'dbt_utils': add it to packages.yml and run npx tsx run.ts deps.",
    ],
  ],
  [
    'an argument too many',
    'models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - accepted_values: { value: [1], values: [1] }\n',
    ["models/_m.yml:6:32: The test 'accepted_values' has no argument 'value' → Did you mean 'values'?"],
  ],
  [
    'an argument too few',
    'models:\n  - name: a\n    tests: [unique]\n',
    [
      "models/_m.yml:3:13: The test 'unique' needs the argument 'column_name' → Put the test under a column, or name one with column_name:.",
    ],
  ],
  [
    'the same test twice',
    'models:\n  - name: a\n    columns: [{ name: id, tests: [unique, unique] }]\n',
    ["models/_m.yml:3:43: Duplicate test 'unique_a_id': here and at models/_m.yml:3 → Remove one of them, or set name: on one of them."],
  ],
  [
    'two names of one test',
    "models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - relationships:\n            to: ref('b')\n",
    ["models/_m.yml:6:13: A test must have one name, found 'relationships', 'to' → Indent the arguments under 'relationships:'."],
  ],
  [
    'a unit test of no model',
    'unit_tests:\n  - name: x\n    model: c\n    given: []\n    expect: {}\n',
    ["models/_m.yml:2:11: The unit test 'x' is for the model 'c', but there is no such model → Did you mean 'a'?"],
  ],
  [
    'a missing docs block',
    'models:\n  - name: a\n    description: "{{ doc(\'agent\') }}"\n',
    ["models/_m.yml:3:21: There is no docs block 'agent'"],
  ],
])('refuses %s', async (_, text, mistakes) => {
  expect(await toldOf(yml(text))).toEqual(mistakes)
})

it('takes a column called on or yes by its letters', async () => {
  const project = await projectOf(yml('models:\n  - name: a\n    columns: [{ name: "on" }, { name: "no" }]\n'))
  expect(nodeOf(project, 'a').columns.map(column => column.name)).toEqual(['on', 'no'])
})
