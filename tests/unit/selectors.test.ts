import { expect, it } from 'vitest'
import { manifestOf } from '../../run/artifacts/manifest.ts'
import { selectNodes } from '../../run/graph/select.ts'
import type { Project } from '../../run/manifest/node.ts'
import { mistakesOf, projectOf } from './fixture.ts'

const files = {
  'dbt_project.yml': 'name: desk\nmodels:\n  desk:\n    marts:\n      +tags: [nightly]\n',
  'models/staging/stg.sql': 'select 1 as id',
  'models/marts/agents.sql': "select * from {{ ref('stg') }}",
  'models/marts/daily.sql': "{{ config(materialized='table') }} select * from {{ ref('agents') }}",
  'models/marts/both.sql': "select * from {{ ref('agents') }}, {{ ref('stg') }}",
  'tests/pair.sql': "select * from {{ ref('stg') }}, {{ ref('agents') }} where false",
}
const yml = (definition: string) =>
  `selectors:\n  - name: nightly\n    definition: tag:nightly\n  - name: s\n    definition: ${definition}\n`
const short = (ids: Iterable<string>) =>
  [...ids]
    .map(id => id.split('.').at(-1))
    .sort()
    .join(' ')

// A definition in selectors.yml, and the nodes that --selector picks with it.
it.each([
  ['a text', 'tag:nightly', 'agents both daily pair'],
  ['a text with operators', '"+agents"', 'agents pair stg'],
  ['a key and its value', '{tag: nightly}', 'agents both daily pair'],
  ['a method and its value', '{method: config.materialized, value: table}', 'daily'],
  ['parents, so many steps', '{method: fqn, value: daily, parents: true, parents_depth: 1}', 'agents daily pair'],
  ['children', '{method: fqn, value: agents, children: true}', 'agents both daily pair'],
  ['parents of children', '{method: fqn, value: daily, childrens_parents: true}', 'agents daily pair stg'],
  ['a union', '{union: [{method: fqn, value: daily}, "fqn:stg"]}', 'daily pair stg'],
  ['an intersection', '{intersection: ["tag:nightly", {method: config.materialized, value: view}]}', 'agents both pair'],
  ['a union without', '{union: ["tag:nightly", {exclude: ["fqn:both", {method: fqn, value: daily}]}]}', 'agents pair'],
  ['a criterion without', '{method: tag, value: nightly, exclude: [{method: fqn, value: agents, children: true}]}', ''],
  ['one in another', '{union: [{intersection: [{tag: nightly}, "fqn:daily"]}, "fqn:stg"]}', 'daily pair stg'],
  ['another selector', '{method: selector, value: nightly, exclude: ["fqn:both"]}', 'agents daily pair'],
  ['its own indirect selection', '{method: fqn, value: stg, indirect_selection: cautious}', 'stg'],
  ['Jinja', "{method: tag, value: \"{{ var('when', 'nightly') }}\"}", 'agents both daily pair'],
])('selects by %s', async (_, definition, expected) => {
  const project = await projectOf({ ...files, 'selectors.yml': yml(definition) })
  expect(short(selectNodes(project, { selector: 's' }))).toBe(expected)
})

it('the method selector has the tests of the selector, and operators around it', async () => {
  const project = await projectOf({ ...files, 'selectors.yml': yml('{method: fqn, value: agents, indirect_selection: empty}') })
  const picked = (select: string) => short(selectNodes(project, { select: [select] }))
  expect(picked('selector:s')).toBe('agents')
  expect(picked('+selector:s')).toBe('agents stg')
  expect(picked('selector:nightly,config.materialized:table')).toBe('daily')
  expect(() => picked('selector:nigthly')).toThrow("There is no selector 'nigthly'")
  expect(() => selectNodes(project, { selector: 's', select: ['a'] })).toThrow('cannot be combined with')
})

it('the default selector holds where nothing is selected', async () => {
  const text =
    'selectors:\n  - name: few\n    default: "{{ target.name == \'dev\' }}"\n    description: mine\n    definition: {tag: nightly}\n'
  const project = await projectOf({ ...files, 'selectors.yml': text })
  expect(short(selectNodes(project))).toBe('agents both daily pair')
  expect(short(selectNodes(project, { select: ['stg'] }))).toBe('pair stg')
  const { selectors } = manifestOf(project) as { selectors: object }
  expect(selectors).toEqual({ few: { name: 'few', description: 'mine', default: true, definition: { tag: 'nightly' } } })
  const other = await projectOf({ ...files, 'selectors.yml': text }, { target: { name: 'prod' } })
  expect(selectNodes(other as Project).size).toBe(5)
})

it('tells every mistake with its place', async () => {
  const mistakes = await mistakesOf({
    'selectors.yml': `selectors:
  - name: a
    definition: {method: tag}
  - name: a2
    definition: {method: selector, value: nobody}
  - name: b
    definition: {method: fqn, value: x, parnets: true}
  - name: b
    definition: tag:x
  - name: c
    default: true
    definition: tag:x
  - name: d
    default: true
    definition: {method: fqn, value: x, indirect_selection: some}
  - name: e
    default: true
    definition: {tag: x, fqn: y}
  - name: f
    default: true
    definition: tag:x
  - definition: tag:x
`,
  })
  expect(mistakes).toEqual([
    "selectors.yml:3:17: The method 'tag' needs a value",
    "selectors.yml:5:43: There is no selector 'nobody' → A selector can only refer to a selector defined above it.",
    "selectors.yml:8:11: Two selectors are called 'b', the first at selectors.yml:6",
    "selectors.yml:15:61: indirect_selection must be one of eager, cautious, buildable, empty, not 'some'",
    'selectors.yml:18:17: A definition must have a method and a value, or one of union and intersection',
    "selectors.yml:19:11: Both 'c' and 'f' are the default selector",
    'selectors.yml:22:5: A selector needs a name',
  ])
})
