import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Command } from '../../run/cli/command.ts'
import type { Options } from '../../run/cli/options.ts'
import { buildCommand } from '../../run/commands/build.ts'
import { retryCommand } from '../../run/commands/retry.ts'
import { testCommand } from '../../run/commands/test.ts'
import { artifact } from './command.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { type Fixture, fixture, silentReport } from './fixture.ts'

let database: FreshDatabase
let project: Fixture
const given = process.env.DATABASE_URL

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
  process.env.DATABASE_URL = database.url
  project = await fixture({
    'models/a.sql': "{{ config(materialized='table') }} select 1 as a",
    'models/b.sql': "{{ config(materialized='table') }} select {{ var('n', 1) }} as b from {{ ref('a') }}",
    'models/other.sql': 'select 1 as a',
    'tests/none_is_two.sql': "select * from {{ ref('b') }} where b = 2",
    'tests/one_is_one.sql': "select * from {{ ref('a') }} where a != 1",
  })
})
afterAll(async () => {
  if (given === undefined) delete process.env.DATABASE_URL
  else process.env.DATABASE_URL = given
  await project.remove()
  await database.drop()
})

const commands = {
  build: (command: Command) => buildCommand(command, { types: ['model', 'test'], loads: false }),
  test: testCommand,
}

it('has nothing to do before anything ran', async () => {
  await expect(perform('retry')).rejects.toThrow('There is nothing to retry: target has no run_results.json')
})

it('does a failed build again with its options, all of it, and then there is nothing to do', async () => {
  await project.write({ 'models/b.sql': "{{ config(materialized='table') }} select no_such as b from {{ ref('a') }}" })
  expect(await perform('build', { select: ['a+'] })).toMatchObject({ code: 1 })
  await project.write({ 'models/b.sql': "{{ config(materialized='table') }} select {{ var('n', 1) }} as b from {{ ref('a') }}" })
  expect(await perform('retry')).toMatchObject({ code: 0, printed: expect.stringContaining('Retrying all of build') })
  const relations =
    await database.sql`select to_regclass('a') is not null as a, to_regclass('b') is not null as b, to_regclass('other') as other`
  expect([...relations]).toEqual([{ a: true, b: true, other: null }])
  expect(await perform('retry')).toMatchObject({ code: 0, printed: expect.stringContaining('Nothing to retry: the last build succeeded') })
})

it('does of tests those that failed', async () => {
  await database.sql`update b set b = 2`
  expect(await perform('test')).toMatchObject({ code: 1 })
  const { code, printed } = await perform('retry')
  expect(code).toBe(1)
  expect(printed).toContain('Retrying test: 1 that failed')
  expect(printed).toContain('none_is_two')
  expect(printed).not.toContain('one_is_one')
})

it('does of the unit tests of a model the one that failed', async () => {
  const test = (name: string, value: number) => `{ name: ${name}, model: other, given: [], expect: { rows: [{ a: ${value} }] } }`
  await project.write({ 'models/_u.yml': `unit_tests: [${test('is_one', 1)}, ${test('is_two', 2)}]\n` })
  expect(await perform('test', { select: ['other'] })).toMatchObject({ code: 1, printed: expect.stringContaining('is_one') })
  const { code, printed } = await perform('retry')
  expect([code, printed]).toEqual([1, expect.stringContaining('is_two')])
  expect(printed).not.toContain('is_one')
  await project.write({ 'models/_u.yml': null })
})

it('does the very nodes that failed: one version of a model, no folder of its name, whatever selected them', async () => {
  await project.write({
    'selectors.yml': 'selectors: [{name: nightly, definition: {method: path, value: models/kept}}]\n',
    'models/kept/kept_v1.sql': 'select 1 as a',
    'models/kept/kept_v2.sql': 'select no_such as a',
    'models/kept/beside.sql': 'select 1 as a',
    'models/kept/_kept.yml': 'models: [{name: kept, latest_version: 2, versions: [{v: 1}, {v: 2}]}]\n',
  })
  const nodes = () => new Set(lastResults().map(({ unique_id: id }) => id))
  expect((await perform('build', { atomic: false, selector: 'nightly' })).code).toBe(1)
  expect(nodes()).toEqual(new Set(['model.shop.beside', 'model.shop.kept.v1', 'model.shop.kept.v2']))
  expect((await perform('retry')).code).toBe(1)
  expect(nodes()).toEqual(new Set(['model.shop.kept.v2']))
  await project.write({ 'models/kept/kept_v2.sql': 'select 2 as a' })
  expect(await perform('retry')).toMatchObject({ code: 0, printed: expect.stringContaining('Retrying build: 1 that failed') })
  expect(nodes()).toEqual(new Set(['model.shop.kept.v2']))
})

it('wants variables again, for artifacts keep no secret', async () => {
  expect(await perform('build', { vars: { n: 2 } })).toMatchObject({ code: 1 })
  await expect(perform('retry')).rejects.toThrow('The last build had --vars (n), which artifacts do not keep')
  expect(await perform('retry', { vars: { n: 3 } })).toMatchObject({ code: 0 })
})

function lastResults(): { unique_id: string }[] {
  return artifact<{ results: { unique_id: string }[] }>(project.dir, 'run_results.json').results
}

async function perform(name: 'build' | 'test' | 'retry', options: Partial<Options> = {}) {
  const { report, printed } = silentReport()
  const command = {
    name,
    options: { projectDir: project.dir, logFormat: 'text' as const, ...options },
    report,
    signal: new AbortController().signal,
  }
  const code = await (name === 'retry' ? retryCommand(command, commands) : commands[name](command))
  return { code, printed: printed() }
}
