import { expect, it } from 'vitest'
import { selectNodes } from '../../run/graph/select.ts'
import { mistakesOf, nodeOf, projectOf } from './fixture.ts'

const groups = 'groups: [{name: people, owner: {name: Ann}}, {name: money, owner: {name: Bo}}]\n'
const reader = "select * from {{ ref('held') }}"
const read = (yaml: string, more: Record<string, string> = {}) =>
  mistakesOf({ 'models/held.sql': 'select 1 as id', 'models/reader.sql': reader, 'models/_m.yml': groups + yaml, ...more })
const denied = (reader: string, held: string, access: string, scope: string) =>
  `Node ${reader} attempted to reference node ${held}, which is not allowed because the referenced node is ${access} to the ${scope}.`

// The messages are those of dbt 1.11.
it('a private model is read by its group alone', async () => {
  const held = 'models: [{name: held, access: private, group: people, columns: [{name: id, tests: [unique]}]}'
  const error = denied('model.desk.reader', 'model.desk.held', 'private', "'people' group")
  const found = `models/reader.sql:1:18: ${error} → Give both the same group, or the other model another access.`
  expect(await read(`${held}]\n`)).toEqual([found])
  expect(await read(`${held}, {name: reader, config: {group: money}}]\n`)).toEqual([found])
  expect(await read(`${held}, {name: reader, config: {group: people}}]\n`)).toEqual([])
  expect(await read(`${held}, {name: reader, config: {enabled: false}}]\n`)).toEqual([])
  const inFile = { 'models/held.sql': "{{ config(access='private', group='people') }} select 1 as id" }
  expect(await read('', inFile)).toEqual([found])
})

it('a version of a model has its own access', async () => {
  const versions = 'models: [{name: held, group: people, versions: [{v: 1, access: private, defined_in: held}, {v: 2}]}]\n'
  const of = (v: number) => ({ 'models/held_v2.sql': 'select 1', 'models/reader.sql': `select * from {{ ref('held', v=${v}) }}` })
  expect(await read(versions, of(1))).toEqual([expect.stringContaining("private to the 'people' group")])
  expect(await read(versions, of(2))).toEqual([])
})

it('of a package with restrict-access only what is public is read from outside', async () => {
  const pack = (access: string, restrict: boolean) => ({
    'packages.yml': 'packages: [{local: tools}]\n',
    'dbt_packages/tools/dbt_project.yml': `name: tools\nrestrict-access: ${restrict}\n`,
    'dbt_packages/tools/models/held.sql': 'select 1 as id',
    'dbt_packages/tools/models/inner.sql': reader,
    'dbt_packages/tools/models/_m.yml': `models: [{name: held, access: ${access}}]\n`,
    'models/reader.sql': reader,
  })
  const error = denied('model.desk.reader', 'model.tools.held', 'protected', "'tools' package")
  expect(await mistakesOf(pack('protected', true))).toEqual([expect.stringContaining(`models/reader.sql:1:18: ${error}`)])
  expect(await mistakesOf(pack('protected', false))).toEqual([])
  expect(await mistakesOf(pack('public', true))).toEqual([])
})

it('a group that nobody describes, and an access that there is not, are mistakes', async () => {
  expect(await read('models: [{name: held, group: persons}]\n')).toEqual([
    "models/_m.yml:2:17: Invalid group 'persons' of held: expected one of money, people → Describe it under groups: in a properties file, with its owner.",
  ])
  expect(await read('models: [{name: held, access: secret}]\n')).toEqual([
    "models/_m.yml:2:23: 'access' must be one of private, protected, public, not the text 'secret'",
  ])
})

it('what is public is a relation', async () => {
  expect(await read('models: [{name: held, access: public, config: {materialized: ephemeral}}]\n')).toEqual([
    "models/_m.yml:2:17: Node model.desk.held with 'ephemeral' materialization has an invalid value (public) for the access field → Materialize it as a view, or set access: protected.",
  ])
})

it('group and access are configs of a node', async () => {
  const files = { 'models/held.sql': 'select 1', 'models/_m.yml': `${groups}models: [{name: held, access: public, group: money}]\n` }
  const project = await projectOf(files)
  expect(nodeOf(project, 'held').config).toMatchObject({ access: 'public', group: 'money' })
  expect(project.warnings).toEqual([])
})

it('--select picks by group, access and version', async () => {
  const project = await projectOf({
    ...Object.fromEntries(['held', 'm_v1', 'm_v2', 'm_v10'].map(name => [`models/${name}.sql`, 'select 1'])),
    'models/_m.yml': `${groups}models:
  - {name: held, access: public, group: money}
  - {name: m, latest_version: 2, group: people, versions: [{v: 1}, {v: 2}, {v: 10}]}
`,
  })
  const picked = (term: string) => [...selectNodes(project, { select: [term] })].sort()
  expect(picked('group:money')).toEqual(['model.desk.held'])
  expect(picked('group:peo*')).toEqual(['model.desk.m.v1', 'model.desk.m.v10', 'model.desk.m.v2'])
  expect(picked('access:public')).toEqual(['model.desk.held'])
  expect(['none', 'old', 'latest', 'prerelease'].map(which => picked(`version:${which}`))).toEqual([
    ['model.desk.held'],
    ['model.desk.m.v1'],
    ['model.desk.m.v2'],
    ['model.desk.m.v10'],
  ])
})
