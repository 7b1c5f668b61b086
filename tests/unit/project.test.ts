import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Command } from '../../run/cli/command.ts'
import { cleanCommand } from '../../run/commands/clean.ts'
import { parseProject } from '../../run/parse/parse.ts'
import { loadProject } from '../../run/project/files.ts'
import { folderOf, mistakesOf, nodeOf, projectOf, toldOf } from './fixture.ts'

it('finds models, seeds, singular tests and macros, and leaves the TypeScript tests alone', async () => {
  const project = await projectOf({
    'models/core/agents.sql': 'select 1',
    'seeds/currencies.csv': 'code\nEUR\n',
    'tests/data/assert_it.sql': 'select 1 where false',
    'tests/unit/some.sql': 'select',
    'tests/unit/a.test.ts': '',
    'tests/pipeline/b.test.ts': '',
    'tests/pipeline/some.sql': 'select',
    'tests/generic/positive.sql': '{% test positive(model, column_name) %}select 1{% endtest %}',
    'macros/cents.sql': '{% macro cents(c) %}{{ c }} / 100{% endmacro %}',
  })
  expect([...project.nodes.keys()]).toEqual(['model.desk.agents', 'seed.desk.currencies', 'test.desk.assert_it'])
  expect(nodeOf(project, 'agents').fqn).toEqual(['desk', 'core', 'agents'])
  expect([...project.macros.keys()].filter(id => id.startsWith('macro.desk.'))).toEqual(['macro.desk.cents', 'macro.desk.test_positive'])
})

it('leaves out what .dbtignore names, as a .gitignore does', async () => {
  const project = await projectOf({
    '.dbtignore': '# not yet\nmodels/draft*.sql\nold/  \n/seeds/**/*.csv\n!models/old/kept.sql\nmodels/held.sql/\n',
    'models/a.sql': 'select 1',
    'models/draft_a.sql': 'no {{ sql',
    'models/deep/draft_b.sql': 'select 1',
    'models/old/gone.sql': 'no {{ sql',
    'models/old/_gone.yml': 'no: [yaml',
    'models/old/kept.sql': 'select 1',
    'models/held.sql': 'select 1',
    'macros/old/m.sql': '{% macro gone() %}{% endmacro %}',
    'seeds/more/s.csv': 'a,a\n',
  })
  expect([...project.nodes.values()].map(({ path }) => path)).toEqual([
    'models/a.sql',
    'models/deep/draft_b.sql',
    'models/held.sql',
    'models/old/kept.sql',
  ])
  expect(project.macros.has('macro.desk.gone')).toBe(false)
})

it('takes of a package the .dbtignore that lies in it', async () => {
  const project = await projectOf({
    '.dbtignore': 'dbt_packages/\ntwo.sql\n',
    'packages.yml': 'packages: [{local: tools}]\n',
    'dbt_packages/tools/dbt_project.yml': 'name: tools\n',
    'dbt_packages/tools/.dbtignore': 'models/one.sql\n',
    'dbt_packages/tools/models/one.sql': 'select 1',
    'dbt_packages/tools/models/two.sql': 'select 1',
  })
  expect([...project.nodes.keys()]).toEqual(['model.tools.two'])
})

it('has the four generic tests and the default names in every project', async () => {
  const project = await projectOf({})
  expect([...project.macros.keys()]).toEqual(
    expect.arrayContaining(['unique', 'not_null', 'accepted_values', 'relationships'].map(name => `macro.dbt.test_${name}`)),
  )
  expect(project.macros.has('macro.dbt.generate_schema_name')).toBe(true)
})

it('says where there is no project', async () => {
  await expect(loadProject('/nonexistent')).rejects.toThrow('There is no dbt_project.yml in /nonexistent')
})

it.each([
  [
    'an unknown key',
    'name: desk\nmodle-paths: [models]\n',
    "dbt_project.yml:2:1: Unknown key 'modle-paths' in dbt_project.yml → Did you mean 'model-paths'?",
  ],
  ['no name', 'version: 1\n', 'dbt_project.yml:1:1: The project needs a name of letters, digits and underscores → Add name: my_project.'],
  ['broken YAML', 'name: desk\nvars: {{ x }}\n', 'dbt_project.yml:2:8: A key must be plain text → Put Jinja in quotes: "{{ … }}".'],
  [
    'a config without such a name',
    'name: desk\nmodels:\n  desk:\n    +materialised: table\n',
    "dbt_project.yml:4:5: Unknown config 'materialised' of a model → Did you mean 'materialized'?",
  ],
])('tells %s with its place', async (_, text, mistake) => {
  expect(await toldOf({ 'dbt_project.yml': text, 'models/a.sql': 'select 1' })).toEqual([mistake])
})

it('reports all mistakes at once, in order of file and line', async () => {
  const mistakes = await mistakesOf({
    'models/a.sql': "select *\nfrom {{ ref('bb') }}",
    'models/b.sql': 'select {{ 1 + }}',
    'models/_m.yml': 'models:\n  - description: c\n  - name: a\n    columns: {}\n',
  })
  expect(mistakes.map(text => text.split(': ')[0])).toEqual([
    'models/_m.yml:2:5',
    'models/_m.yml:4:14',
    'models/a.sql:2:9',
    'models/b.sql:1:15',
  ])
})

it.each([['models/m.py', 'not supported: Python models']])('says what it does not do: %s', async (file, message) => {
  const [mistake] = await mistakesOf({ [file]: '' })
  expect(mistake).toContain(`${file}:1: ${message} → Use `)
})

it('passes over what changes nothing in the database, with a warning that has its place', async () => {
  const project = await projectOf({
    'dbt_project.yml': 'name: desk\nexposures: {}\n',
    'models/a.sql': 'select 1 as id',
    'models/_m.yml':
      'models:\n  - name: a\n    deprecation_date: 2026-01-01\nexposures: []\nmetrics: []\nsemantic_models: []\nsaved_queries: []\n',
    'analyses/a.sql': "select * from {{ ref('nobody') }}",
  })
  expect(project.warnings.map(({ message, place, hint }) => `${place?.file}:${place?.line}: ${message} → ${hint}`)).toEqual([
    "models/_m.yml:5: not supported: 'metrics' of a properties file. It is ignored → Use a model that computes the metric instead.",
    "models/_m.yml:6: not supported: 'semantic_models' of a properties file. It is ignored → Use a model that computes the metrics instead.",
    "models/_m.yml:7: not supported: 'saved_queries' of a properties file. It is ignored → Use a view instead.",
    "models/_m.yml:3: not supported: 'deprecation_date' of a model. It is ignored → Use the description, or `meta:` instead.",
    "analyses/a.sql:1: The analysis is not compiled: a refers to 'nobody', but no model or seed has that name → undefined",
  ])
})

it('reads vars.yml, whose vars then stand there alone', async () => {
  const vars = { 'vars.yml': 'vars:\n  a: 1\n  desk: {b: 2}\n' }
  expect((await projectOf(vars, { vars: { a: 9 } })).vars).toEqual({ a: 9, b: 2 })
  const both = { ...vars, 'dbt_project.yml': 'name: desk\nvars: {c: 3}\n' }
  expect(await mistakesOf(both)).toEqual(['vars.yml:1:1: vars are both here and at dbt_project.yml:2 → Keep them in one of the two.'])
  expect(await mistakesOf({ 'vars.yml': 'a: 1\n' })).toEqual(["vars.yml:1:1: Unknown key 'a' in vars.yml → Known keys: vars, version."])
})

it('lets --vars win over the vars of the project, and the own ones over those at the top', async () => {
  const yml = 'name: desk\nvars:\n  a: 1\n  b: 1\n  c: 1\n  desk: { b: 2, c: 2 }\n'
  const project = await projectOf({ 'dbt_project.yml': yml }, { vars: { c: 3 } })
  expect(project.vars).toEqual({ a: 1, b: 2, c: 3 })
})

it('warns of configs for folders that are not there', async () => {
  const project = await projectOf({
    'dbt_project.yml': 'name: desk\nmodels:\n  desk:\n    stagin:\n      +materialized: table\n',
    'models/staging/a.sql': 'select 1',
  })
  expect(project.warnings).toEqual([
    expect.objectContaining({
      message: expect.stringContaining('models.desk.stagin'),
      place: { file: 'dbt_project.yml', line: 4, column: 5 },
    }),
  ])
})

it('drops a byte order mark, leaves properties of TypeScript tests alone, and survives links that lead back', async () => {
  const folder = folderOf({
    'models/x/a.sql': '\ufeffselect 1',
    'tests/pipeline/some.yml': 'anything: [goes]',
    'tests/pipeline/a.test.ts': '',
  })
  symlinkSync('..', join(folder, 'models/x/loop'))
  const project = parseProject(await loadProject(folder))
  expect([...project.nodes.values()].map(node => node.raw)).toEqual(['select 1'])
})

it('refuses a file that is not UTF-8', async () => {
  const folder = folderOf({})
  mkdirSync(join(folder, 'models'))
  writeFileSync(join(folder, 'models/a.sql'), Buffer.from([0x73, 0xff]))
  expect((await loadProject(folder)).errors).toEqual([
    expect.objectContaining({ message: 'This file is not UTF-8', place: { file: 'models/a.sql' } }),
  ])
})

it('leaves hidden files alone and reads nothing outside its folders', async () => {
  const project = await projectOf({ 'models/.a.sql.swp': '', 'models/.b.sql': 'select', 'other/c.sql': 'select 1' })
  expect(project.nodes.size).toBe(0)
  expect(folderOf({})).toMatch(/deskledger-project-/)
})

it('clean removes what clean-targets names, and nothing where that is a source or lies outside', async () => {
  const clean = async (targets: string) => {
    const files = ['models/a.sql', 'target/manifest.json', 'logs/dbt.log', 'dbt_packages/x/y.sql', 'models/target/b.sql']
    const dir = folderOf({ ...Object.fromEntries(files.map(file => [file, ''])), 'dbt_project.yml': `name: desk\n${targets}\n` })
    const error = await cleanCommand({ options: { projectDir: dir }, report: { note: () => {} } } as unknown as Command).then(
      () => '',
      ({ message }: Error) => message,
    )
    return [files.filter(file => existsSync(join(dir, file))), error]
  }
  const models = ['models/a.sql', 'models/target/b.sql']
  const all = ['models/a.sql', 'target/manifest.json', 'logs/dbt.log', 'dbt_packages/x/y.sql', 'models/target/b.sql']
  expect(await clean('')).toEqual([['models/a.sql', 'dbt_packages/x/y.sql', 'models/target/b.sql'], ''])
  expect(await clean('clean-targets: [target, dbt_packages/, logs]')).toEqual([models, ''])
  expect(await clean('clean-targets: [target, models]')).toEqual([all, expect.stringContaining('models contains sources')])
  expect(await clean('clean-targets: [models/target]')).toEqual([all, expect.stringContaining('models/target contains sources')])
  expect(await clean('clean-targets: [..]')).toEqual([all, expect.stringContaining('not inside the project')])
  expect(await clean('clean-targets: ["."]')).toEqual([all, expect.stringContaining('not inside the project')])
})
