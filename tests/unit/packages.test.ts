import { expect, it } from 'vitest'
import { compileNode } from '../../run/template/compile.ts'
import { mistakesOf, nodeOf, projectOf, toldOf } from './fixture.ts'

const tools = {
  'dbt_packages/tools/dbt_project.yml':
    'name: tools\nvars: {size: 1, own: t, tools: {scoped: yes it is}}\nmodels: {tools: {+materialized: table, +tags: a}}\n',
  'dbt_packages/tools/macros/m.sql': `{% macro hello() %}hello of tools{% endmacro %}
{% macro star() %}{{ return(adapter.dispatch('star', 'tools')()) }}{% endmacro %}
{% macro default__star() %}default star{% endmacro %}
{% macro sized() %}{{ var('size') }}{% endmacro %}
{% test even(model, column_name) %}select * from {{ model }} where {{ column_name }} % 2 = 1{% endtest %}`,
}
const other = {
  'dbt_packages/other/dbt_project.yml': 'name: other\n',
  'dbt_packages/other/macros/m.sql':
    '{% macro hello() %}hello of other{% endmacro %}{% macro postgres__star() %}star of other{% endmacro %}',
}

async function compiled(files: Record<string, string>, id: string): Promise<string> {
  const project = await projectOf(files)
  return (await compileNode(project, nodeOf(project, id))).text.trim()
}

it('packages have namespaces, in which a name may come twice', async () => {
  const sql = '{{ tools.hello() }}, {{ other.hello() }}, {{ hello() }}'
  const files = { ...tools, ...other, 'macros/m.sql': '{% macro hello() %}my own hello{% endmacro %}', 'models/a.sql': sql }
  expect(await compiled(files, 'a')).toBe('hello of tools, hello of other, my own hello')
})

it('adapter.dispatch looks in the project, then in the namespace, for PostgreSQL first', async () => {
  const files = { ...tools, ...other, 'models/a.sql': '{{ tools.star() }}' }
  expect(await compiled(files, 'a')).toBe('default star')
  const own = { 'macros/m.sql': '{% macro default__star() %}my own star{% endmacro %}' }
  expect(await compiled({ ...files, ...own }, 'a')).toBe('my own star')
  const order = { 'dbt_project.yml': 'name: desk\ndispatch: [{macro_namespace: tools, search_order: [other, tools]}]\n' }
  expect(await compiled({ ...files, ...own, ...order }, 'a')).toBe('star of other')
})

it("a project's form of a macro of dbt comes before ours", async () => {
  const macros = {
    'macros/m.sql':
      '{% macro postgres__type_string() %}my {{ dbt.default__type_string() }}{% endmacro %}{% macro default__type_int() %}mine{% endmacro %}',
  }
  const sql = '{{ dbt.type_string() }}, {{ type_string() }}, {{ type_int() }}'
  expect(await compiled({ ...macros, 'models/a.sql': sql }, 'a')).toBe('my text, my text, mine')
})

it('properties of a package are for what the project has in the place of a disabled seed', async () => {
  const project = await projectOf({
    ...tools,
    'dbt_project.yml': 'name: desk\nseeds: {tools: {rates: {+enabled: false}}}\n',
    'dbt_packages/tools/seeds/rates.csv': 'a\n',
    'dbt_packages/tools/seeds/_s.yml':
      'seeds: [{name: rates, description: Rates., config: {column_types: {a: varchar}}, columns: [{name: a, tests: [not_null]}]}]\n',
    'seeds/rates.csv': 'a\nx\n',
  })
  const node = nodeOf(project, 'seed.desk.rates')
  expect([node.description, node.config.column_types]).toEqual(['Rates.', { a: 'varchar' }])
  expect(nodeOf(project, 'not_null_rates_a').dependsOn).toEqual(['seed.desk.rates'])
})

it('models of packages have their ids, folders and configs; the project has the last word', async () => {
  const files = {
    ...tools,
    'dbt_packages/tools/models/sub/t.sql': "{{ config(materialized='table', tags='b') }} select {{ sized() }} as a",
    'dbt_packages/tools/models/_m.yml':
      'models:\n  - name: t\n    description: "{{ doc(\'d\') }}"\n    columns: [{name: a, tests: [even, not_null]}]\nsources: [{name: raw, tables: [{name: x}]}]\n',
    'dbt_packages/tools/models/d.md': '{% docs d %}of tools{% enddocs %}',
    'models/a.sql': "select * from {{ ref('tools', 't') }}, {{ ref('t') }}, {{ source('raw', 'x') }}",
    'dbt_project.yml':
      'name: desk\nmodels:\n  tools:\n    +schema: apart\n    sub: {+materialized: view, +tags: c}\nvars: {size: 2, tools: {own: p}}\n',
  }
  const project = await projectOf(files)
  const node = nodeOf(project, 'model.tools.t')
  expect([node.fqn, node.packagePath, node.schema, node.description]).toEqual([
    ['tools', 'sub', 't'],
    'models/sub/t.sql',
    'public_apart',
    'of tools',
  ])
  expect([node.config.materialized, node.tags]).toEqual(['view', ['a', 'b', 'c']])
  expect(nodeOf(project, 'a').dependsOn).toEqual(['model.tools.t', 'source.tools.raw.x'])
  const tests = [...project.nodes.values()].filter(({ resourceType }) => resourceType === 'test')
  expect(tests.map(({ packageName, name, dependsOn }) => [packageName, name, dependsOn])).toEqual([
    ['tools', 'even_t_a', ['model.tools.t']],
    ['tools', 'not_null_t_a', ['model.tools.t']],
  ])
  expect((await compileNode(project, node)).text.trim()).toBe('select 2 as a')
  expect(project.packageVars.get('tools')).toMatchObject({ size: 2, own: 'p', scoped: 'yes it is' })
})

it('tests of packages are asked for by their namespace', async () => {
  const yml = 'models:\n  - name: a\n    columns: [{name: id, tests: [tools.even]}]\n'
  const project = await projectOf({ ...tools, 'models/a.sql': 'select 2 as id', 'models/_m.yml': yml })
  const test = nodeOf(project, 'tools_even_a_id')
  expect(test.test).toMatchObject({ generic: 'even', namespace: 'tools', attachedTo: 'model.desk.a' })
  expect((await compileNode(project, test)).text.trim()).toBe('select * from "postgres"."public"."a" where id % 2 = 1')
})

it('generate_schema_name of a package is for its own nodes, the one of the project for all others', async () => {
  const schema = (name: string) => `{% macro generate_schema_name(custom_schema_name, node) %}${name}{% endmacro %}`
  const model = { 'dbt_packages/tools/models/t.sql': 'select 1 as a', 'models/a.sql': 'select 1 as a' }
  const project = await projectOf({
    ...tools,
    ...other,
    ...model,
    'macros/s.sql': schema('mine'),
    'dbt_packages/other/models/o.sql': 'select 1',
  })
  expect(['a', 't', 'o'].map(name => nodeOf(project, name).schema)).toEqual(['mine', 'mine', 'mine'])
  const own = await projectOf({ ...tools, ...model, 'macros/s.sql': schema('mine'), 'dbt_packages/tools/macros/s.sql': schema('theirs') })
  expect(['a', 't'].map(name => nodeOf(own, name).schema)).toEqual(['mine', 'theirs'])
})

it('a package that is not installed is one error that says what to type', async () => {
  const files = {
    'packages.yml':
      'packages:\n  - package: dbt-labs/dbt_utils\n    version: [">=1.0.0", "<2.0.0"]\n  - git: https://example.org/x.git\n    revision: main\n',
    'models/a.sql': 'select 1',
  }
  expect(await mistakesOf(files)).toEqual([
    'packages.yml:2:5: packages.yml requires 2 packages (dbt-labs/dbt_utils >=1.0.0, <2.0.0; https://example.org/x.git at main), but none is installed in dbt_packages → Install them: npx tsx run.ts deps',
  ])
  expect(await mistakesOf({ ...tools, ...other, ...files })).toEqual([])
})

it.each([
  [
    'a macro that the package lacks',
    { 'models/a.sql': '{{ tools.helo() }}' },
    "models/a.sql:1:4: The package 'tools' has no macro 'helo' → Did you mean 'hello'?",
  ],
  ['a macro of dbt that we lack', { 'models/a.sql': '{{ dbt.helo() }}' }, "models/a.sql:1:4: not supported: the macro 'dbt.helo'"],
  [
    'a materialization of a package',
    {
      'dbt_packages/tools/macros/x.sql': '{% materialization by_period, default %}{% endmaterialization %}',
      'models/a.sql': "{{ config(materialized='by_period') }} select 1",
    },
    "models/a.sql:1:1: not supported: the materialization 'by_period' of the package 'tools', which a asks for",
  ],
  [
    'a name twice',
    { 'dbt_packages/x/dbt_project.yml': 'name: tools\n' },
    "The package in dbt_packages/x is called 'tools', as is dbt_packages/tools → Remove one of them.",
  ],
  [
    'a kind that is none',
    { 'packages.yml': 'packages: [{pakage: a/b}]\n' },
    'packages.yml:1:12: A package needs one of package, git, local, tarball → This one has pakage.',
  ],
  ['no version', { 'packages.yml': 'packages: [{package: a/b}]\n' }, 'packages.yml:1:12: The package a/b has no version'],
  ['a package in ref()', { 'models/a.sql': "{{ ref('tools', 'x') }}" }, "a refers to 'x', but no model or seed of 'tools' has that name"],
])('tells of %s at parse', async (_, files, message) => {
  expect((await toldOf({ ...tools, ...files })).join('\n')).toContain(message)
})
