import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildCommand } from '../../run/commands/build.ts'
import { perform } from './command.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
})
afterAll(() => database.drop())
beforeEach(async () => {
  project = await fixture()
  await database.sql.unsafe('drop schema public cascade; create schema public; create table said (n serial, what text)')
})
afterEach(() => project.remove())

const run = (options = {}) => buildFixture(database.sql, project.dir, options)
const said = async () => (await database.sql`select what from said order by n`).map(row => row.what)
const say = (what: string) => `insert into said (what) values ('${what}')`
const apart = () =>
  perform(command => buildCommand(command, { types: ['model', 'seed', 'snapshot', 'test'], loads: false }), {
    url: database.url,
    dir: project.dir,
    name: 'build',
    options: { atomic: false },
  })

describe('hooks', () => {
  it('run before and after their node, those of folders before those of the file', async () => {
    await project.write({
      'dbt_project.yml': `name: shop
on-run-start: ["${say('start')}", "{{ told('macro') }}"]
on-run-end: "${say('{{ results | length }} results in {{ schemas | join }}, {{ results[0].node.name }} {{ results[0].status }} {{ results[0].node.to_dict().name }} {{ results[0].timing[1].to_dict().name }} {{ results[0].to_dict().node.name }}')}"
models:
  +pre-hook: "${say('folder before {{ this.name }}')}"
  +post-hook: {sql: "${say('folder after')}"}
seeds:
  +post-hook: "${say('{{ this.name }} loaded')}"
`,
      'macros/told.sql': `{% macro told(what) %}${say('{{ what }}')}{% endmacro %}`,
      'models/t.sql': `{{ config(materialized='table', pre_hook="${say('file before')}", post_hook=["${say('file after')}", in_transaction("${say('again')}")]) }} select 1 as a`,
      'seeds/s.csv': 'a\n1\n',
    })
    const { status, printed } = await run()
    expect(status).toBe('published')
    expect(printed).toMatch(/1 of 2 OK hook: shop\.on-run-start\.0 \.+ \[OK in /)
    expect(printed).toMatch(/1 of 1 OK hook: shop\.on-run-end\.0 /)
    expect(await said()).toEqual([
      'start',
      'macro',
      's loaded',
      'folder before t',
      'file before',
      'folder after',
      'file after',
      'again',
      '2 results in public, s success s execute s',
    ])
  })

  it('know in selected_resources what the command takes', async () => {
    await project.write({
      'dbt_project.yml': `name: shop\non-run-start: "${say("{{ selected_resources | sort | join(', ') }}")}"\n`,
      'models/t.sql': 'select 1 as a',
      'models/u.sql': "select * from {{ ref('t') }}",
      'seeds/s.csv': 'a\n1\n',
    })
    await run()
    await run({ select: ['u'] })
    expect(await said()).toEqual(['model.shop.t, model.shop.u, seed.shop.s', 'model.shop.u'])
  })

  it('a hook that fails is the error of its node, with its place; nothing of the build stays', async () => {
    await project.write({
      'models/t.sql': `{{ config(materialized='table', post_hook="select no_such from {{ this }}") }}\nselect 1 as a`,
      'models/u.sql': 'select 1 as a',
    })
    const { by, printed } = await run()
    expect(by.t?.message).toContain('In a hook: column "no_such" does not exist')
    expect(printed).toContain('models/t.sql:1')
    expect((await database.sql`select to_regclass('u') as u`)[0]?.u).toBeNull()
  })

  it('what a hook refers to is built before', async () => {
    await project.write({
      'models/a.sql': `{{ config(post_hook="select * from {{ ref('z') }}") }} select 1 as a`,
      'models/z.sql': 'select 1 as a',
    })
    expect((await run()).results.map(({ node }) => node.name)).toEqual(['z', 'a'])
  })

  it('COMMIT is not for hooks, and on-run-start that fails builds nothing', async () => {
    await project.write({ 'dbt_project.yml': 'name: shop\non-run-start:\n  - select 1\n  - commit\n', 'models/t.sql': 'select 1 as a' })
    const { status, results, printed } = await run()
    expect([status, results]).toEqual(['failed', []])
    expect(printed).toContain('dbt_project.yml:4:')
    expect(printed).toContain('COMMIT is not allowed in models and hooks')
  })
})

describe('--no-atomic', () => {
  const vacuum = `{{ config(materialized='table', post_hook=after_commit('vacuum {{ this }}')) }} select 1 as a`

  it('is what a hook outside of the transaction needs', async () => {
    await project.write({ 'models/t.sql': vacuum })
    const { by, printed } = await run()
    expect(by.t?.message).toContain('has transaction: false, but a build is one transaction')
    expect(printed).toContain('--no-atomic')
    expect((await apart()).code).toBe(0)
    expect(await database.sql`select * from t`).toHaveLength(1)
  })

  it('keeps what was built when something else fails, and runs on-run-end', async () => {
    await project.write({
      'dbt_project.yml': `name: shop\non-run-end: "${say('end')}"\n`,
      'models/good.sql': `{{ config(materialized='table', pre_hook={'sql': "${say('outside')}", 'transaction': false}) }} select 1 as a`,
      'models/bad.sql': `{{ config(pre_hook="${say('undone')}") }} select 1/0 as a, no_such`,
      'models/below.sql': "select * from {{ ref('bad') }}",
      'tests/never.sql': "select * from {{ ref('good') }}",
    })
    const { code, stdout } = await apart()
    expect([code, stdout]).toEqual([1, expect.stringContaining('PASS=1 WARN=0 ERROR=2 SKIP=1')])
    expect(stdout).toContain('The nodes shown as OK were kept')
    expect(await said()).toEqual(['outside', 'end'])
    expect(await database.sql`select * from good`).toHaveLength(1)
  })

  it('is refused where landing tables are', async () => {
    await database.sql.unsafe('create schema ops; create table ops.runs (run_id uuid)')
    await project.write({ 'models/t.sql': 'select 1 as a' })
    expect((await apart()).stderr).toContain('--no-atomic is not supported in a project with landing tables')
    await database.sql.unsafe('drop schema ops cascade')
  })
})
