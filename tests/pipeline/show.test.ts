import { afterAll, beforeAll, expect, it } from 'vitest'
import { compileCommand, showCommand } from '../../run/commands/query.ts'
import { perform } from './command.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
  project = await fixture({
    'models/people.sql': 'select 1 as id',
    'models/pets.sql': "select id, 'Rex' as name from {{ ref('people') }}",
    'models/later.sql': "{{ config(materialized='ephemeral') }} select 3 as n from {{ ref('pets') }}",
    'models/old.sql': 'select 9 as v',
    'models/_models.yml':
      'models:\n  - {name: people, columns: [{name: id, data_tests: [unique]}]}\n  - {name: old, versions: [{v: 1, defined_in: old}]}\n',
    'seeds/colours.csv': 'name\nred\n',
  })
  expect((await buildFixture(database.sql, project.dir)).status).toBe('published')
})
afterAll(async () => {
  await database.drop()
  await project.remove()
})

const show = (options: object) => perform(showCommand, { url: database.url, dir: project.dir, options })

it('shows each of several nodes under its name, in the order of a build', async () => {
  expect(await show({ select: ['pets', 'people', 'colours', 'later'] })).toMatchObject({
    code: 0,
    stdout: `Previewing node 'colours':
| name |
| ---- |
| red  |

Previewing node 'people':
| id |
| -- |
| 1  |

Previewing node 'pets':
| id | name |
| -- | ---- |
| 1  | Rex  |

Previewing node 'later':
| n |
| - |
| 3 |
`,
  })
})

it('of a single node has the text alone on stdout, and which it is on stderr', async () => {
  const shown = await show({ select: ['people'] })
  expect(shown.stdout).toBe('| id |\n| -- |\n| 1  |\n')
  expect(shown.stderr).toContain("Previewing node 'people':")
  const compiled = await perform(compileCommand, { url: database.url, dir: project.dir, options: { select: ['people'] } })
  expect(compiled.stdout).toBe('select 1 as id\n')
  expect(compiled.stderr).toContain("Compiled node 'people' is:")
  expect((await show({ inline: 'select 2 as n' })).stderr).toContain('Previewing inline node:')
  expect((await show({ select: ['people'], output: 'json' })).stderr).not.toContain('Previewing')
})

it('gives one JSON document a node, with the version in its name', async () => {
  const { code, stdout } = await show({ select: ['people', 'old'], output: 'json' })
  expect([
    code,
    stdout
      .trim()
      .split(/\n(?=\{"node")/)
      .map(text => JSON.parse(text) as object),
  ]).toEqual([
    0,
    [
      { node: 'old.v1', show: [{ v: 9 }] },
      { node: 'people', show: [{ id: 1 }] },
    ],
  ])
})

it('shows one node without a name over it, for what reads its output', async () => {
  expect((await show({ select: ['pets'] })).stdout).toBe('| id | name |\n| -- | ---- |\n| 1  | Rex  |\n')
  expect(JSON.parse((await show({ select: ['pets'], output: 'json' })).stdout)).toEqual([{ id: 1, name: 'Rex' }])
})

it('compile writes each of several that the selection names, as dbt does, and not all that a tag or a graph picks', async () => {
  const compile = (options: object) => perform(compileCommand, { url: database.url, dir: project.dir, options })
  expect((await compile({ select: ['people', 'later'] })).stdout).toMatch(
    /^Compiled node 'people' is:\nselect 1 as id\n\nCompiled node 'later' is:\nselect 3 as n from "\w+"\."public"\."pets"\n$/,
  )
  const { stdout } = await compile({ select: ['old people'], output: 'json' })
  expect(
    stdout
      .trim()
      .split(/\n(?=\{)/)
      .map(text => JSON.parse(text) as object),
  ).toEqual([
    { node: 'old.v1', compiled: 'select 9 as v' },
    { node: 'people', compiled: 'select 1 as id' },
  ])
  expect((await compile({ select: ['people+', 'resource_type:model'] })).stdout).toBe('select 1 as id\n')
  expect((await compile({ select: ['path:models'] })).stdout).toBe('')
})

it('tells which node fails, and shows the others', async () => {
  await project.write({ 'models/bad.sql': 'select 1/0 as a', 'models/worse.sql': "{% do run_query('select nothing') %} select 1 as a" })
  const { code, stdout, stderr } = await show({ select: ['bad', 'worse', 'pets'] })
  await project.write({ 'models/bad.sql': null, 'models/worse.sql': null })
  expect([code, stdout]).toEqual([2, "Previewing node 'pets':\n| id | name |\n| -- | ---- |\n| 1  | Rex  |\n"])
  expect(stderr).toContain('models/bad.sql')
  expect(stderr).toContain('models/worse.sql')
})

it('of a selection that matches nothing says so, and that is no failure', async () => {
  expect(await show({ select: ['nobody'] })).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('Nothing to do') })
})
