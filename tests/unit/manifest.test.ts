import { expect, it } from 'vitest'
import { manifestOf } from '../../run/artifacts/manifest.ts'
import { hasSchemas, schemaProblems } from '../pipeline/command.ts'
import { projectOf } from './fixture.ts'

type Entry = Record<string, unknown>

const manifest = projectOf({
  'dbt_project.yml': 'name: desk\non-run-start: ["select 1", "select 2"]\non-run-end: select 3\n',
  'models/core/a.sql': "{{ config(pre_hook={'sql': 'select 1', 'follows_rows': true}, post_hook='select 2') }}\nselect 1 as id",
  'models/core/_a.yml': `
sources:
  - name: raw
    tables: [{name: t, columns: [{name: id, tests: [not_null]}]}]
groups:
  - {name: money, owner: {name: Ann, chat: '#money'}, description: Who pays, config: {meta: {floor: 2}}}
  - {name: nobody, owner: {email: bo@example.com}}
models:
  - name: a
    group: money
    columns:
      - {name: id, tests: [unique, not_null], meta: {pii: true}, tags: [key]}
      - {name: code, tests: [unique]}
    data_tests:
      - accepted_values: {arguments: {column_name: id, values: [1, 2, 'a value that makes the name of the test longer than a name may be']}}
`,
  'snapshots/s.sql':
    "{% snapshot s %}\n{{ config(strategy='check', check_cols='all', unique_key='id') }}\nselect 1 as id\n{% endsnapshot %}",
  'models/core/d.md': '{% docs d %}x{% enddocs %}',
}).then(project => manifestOf(project) as Record<string, Record<string, Entry>>)

it.skipIf(!hasSchemas)('is valid, hooks of the project and all', async () => {
  expect(schemaProblems('manifest-v12.json', await manifest)).toEqual([])
})

it('has of the hooks of a model what dbt knows', async () => {
  const { nodes = {} } = await manifest
  const { 'pre-hook': before, 'post-hook': after } = nodes['model.desk.a']!.config as Entry
  expect(before).toEqual([{ sql: 'select 1', transaction: true, index: null }])
  expect(after).toEqual([{ sql: 'select 2', transaction: true, index: null }])
})

it('has the hooks of the project as operations', async () => {
  const { nodes = {}, parent_map: parents = {} } = await manifest
  const operations = Object.keys(nodes).filter(id => id.startsWith('operation.'))
  expect(operations).toEqual([
    'operation.desk.desk-on-run-start-0',
    'operation.desk.desk-on-run-start-1',
    'operation.desk.desk-on-run-end-0',
  ])
  expect(nodes[operations[1]!]).toMatchObject({
    raw_code: 'select 2',
    tags: ['on-run-start'],
    index: 1,
    path: 'hooks/desk-on-run-start-1.sql',
  })
  expect(parents[operations[1]!]).toEqual([])
})

it('says of tests what they are on, and of models the key that their tests make', async () => {
  const { nodes = {}, docs = {} } = await manifest
  const named = (name: string) => Object.values(nodes).find(node => node.name === name)!
  expect(named('a')).toMatchObject({
    primary_key: ['id'],
    access: 'protected',
    columns: { id: { config: { meta: { pii: true }, tags: ['key'] } } },
  })
  expect(named('unique_a_id')).toMatchObject({
    path: 'unique_a_id.sql',
    original_file_path: 'models/core/_a.yml',
    attached_node: 'model.desk.a',
    file_key_name: 'models.a',
    test_metadata: { name: 'unique', kwargs: { column_name: 'id', model: "{{ get_where_subquery(ref('a')) }}" } },
  })
  expect(named('source_not_null_raw_t_id')).toMatchObject({ attached_node: null, file_key_name: 'sources.raw' })
  const long = Object.values(nodes).find(({ name }) => String(name).startsWith('accepted_values'))!
  expect(long.path).toMatch(/^accepted_values_a_[0-9a-f]{32}\.sql$/)
  expect(docs['doc.desk.d']).toMatchObject({ path: 'core/d.md', original_file_path: 'models/core/d.md' })
})

it('has the groups, and who is in them: tests are in that of their model', async () => {
  const { nodes = {}, groups = {}, group_map: members } = await manifest
  expect(groups['group.desk.money']).toEqual({
    name: 'money',
    resource_type: 'group',
    package_name: 'desk',
    path: 'core/_a.yml',
    original_file_path: 'models/core/_a.yml',
    unique_id: 'group.desk.money',
    owner: { email: null, name: 'Ann', chat: '#money' },
    description: 'Who pays',
    config: { meta: { floor: 2 } },
  })
  const inMoney = Object.values(nodes).filter(({ group }) => group === 'money')
  expect(inMoney.map(({ name }) => name)).toEqual(expect.arrayContaining(['a', 'unique_a_id']))
  expect(members).toEqual({ money: inMoney.map(node => node.unique_id), nobody: [] })
})
