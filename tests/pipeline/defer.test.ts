import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Command } from '../../run/cli/command.ts'
import type { Options } from '../../run/cli/options.ts'
import { buildCommand } from '../../run/commands/build.ts'
import { compileCommand, showCommand } from '../../run/commands/query.ts'
import { testCommand } from '../../run/commands/test.ts'
import { artifact, perform } from './command.ts'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'
import { type Fixture, fixture } from './fixture.ts'

const table = "{{ config(materialized='table') }}"
const properties = `
models:
  - name: parent
    columns: [{ name: made_in, data_tests: [{ accepted_values: { values: [prod] } }] }]
unit_tests:
  - name: it_copies
    model: child
    given: [{ input: ref('between'), rows: [{ made_in: here }] }]
    expect: { rows: [{ made_in: here }] }
`
let database: FreshDatabase
let project: Fixture
let state: string | undefined

const build = (command: Command) => buildCommand(command, { types: ['seed', 'model', 'test', 'unit_test'], loads: false })
const models = (command: Command) => buildCommand(command, { types: ['seed', 'model'], loads: false })
const schema = process.env.DBT_SCHEMA

function run(command: (command: Command) => Promise<number>, name: string, options: Partial<Options> = {}) {
  return perform(command, { url: database.url, dir: project.dir, name, options })
}

const makers = async () => (await database.sql`select made_in from dev.child`).map(({ made_in }) => made_in)

describe.each([
  ['a plain dbt project', false],
  ['a project with a run log', true],
])('--defer in %s', (_, migrate) => {
  beforeAll(async () => {
    database = await freshDatabase({ migrate })
    project = await fixture({
      'seeds/codes.csv': 'code\n1\n',
      'models/parent.sql': `${table} select code, '{{ target.schema }}' as made_in from {{ ref('codes') }}`,
      'models/between.sql': "{{ config(materialized='ephemeral') }} select * from {{ ref('parent') }}",
      'models/child.sql': `${table} select made_in from {{ ref('between') }}`,
      'models/_models.yml': properties,
    })
    // The run log is in the tables of the migrations, which a database and its project share.
    if (migrate) cpSync(join(projectDir, 'migrations'), join(project.dir, 'migrations'), { recursive: true })
    process.env.DBT_SCHEMA = 'prod'
    expect(await run(build, 'build')).toMatchObject({ code: 0 })
    state = mkdtempSync(join(tmpdir(), 'deskledger-state-'))
    cpSync(join(project.dir, 'target'), state, { recursive: true })
    process.env.DBT_SCHEMA = 'dev'
  })
  afterAll(async () => {
    if (schema === undefined) delete process.env.DBT_SCHEMA
    else process.env.DBT_SCHEMA = schema
    if (state) rmSync(state, { recursive: true, force: true })
    await project.remove()
    await database.drop()
  })

  it('reads parents that are not here from where the state has them, through ephemeral models too', async () => {
    expect(await run(build, 'build', { select: ['child'], defer: true, state })).toMatchObject({ code: 0 })
    expect(await makers()).toEqual(['prod'])
    const [there] = await database.sql`select to_regclass('dev.parent') as parent, to_regclass('dev.codes') as codes`
    expect(there).toEqual({ parent: null, codes: null })
    // The artifacts describe the project, not where this run read.
    const { nodes } = artifact(project.dir, 'manifest.json')
    expect(nodes!['model.shop.parent']).toMatchObject({ schema: 'dev' })
  })

  it('tests, compiles and shows in the same way', async () => {
    expect(await run(testCommand, 'test', { select: ['parent'], defer: true, state })).toMatchObject({ code: 0 })
    const compiled = await run(compileCommand, 'compile', { select: ['child'], defer: true, state })
    expect(compiled.stdout).toContain('"prod"."parent"')
    const inline = "select made_in from {{ ref('parent') }}"
    expect((await run(showCommand, 'show', { inline, defer: true, state })).stdout).toContain('prod')
    expect((await run(showCommand, 'show', { select: ['child'], defer: true, deferState: state })).stdout).toContain('prod')
  })

  it('takes a parent that is here, unless the state is favoured; what is selected is never read from there', async () => {
    expect(await run(models, 'run', { select: ['codes', 'parent'] })).toMatchObject({ code: 0 })
    expect(await run(build, 'build', { select: ['child'], defer: true, state })).toMatchObject({ code: 0 })
    expect(await makers()).toEqual(['dev'])
    expect(await run(build, 'build', { select: ['child'], defer: true, favorState: true, state })).toMatchObject({ code: 0 })
    expect(await makers()).toEqual(['prod'])
    // Nobody here knows whether what is elsewhere has changed.
    await database.sql`update prod.parent set made_in = 'elsewhere'`
    expect(await run(build, 'build', { select: ['child'], defer: true, favorState: true, state })).toMatchObject({ code: 0 })
    expect(await makers()).toEqual(['elsewhere'])
    expect(await run(build, 'build', { select: ['child'] })).toMatchObject({ code: 0 })
    expect(await makers()).toEqual(['dev'])
    const compiled = await run(compileCommand, 'compile', { select: ['parent', 'child'], defer: true, favorState: true, state })
    expect(compiled.stdout).toContain('"dev"."parent"')
    expect(compiled.stdout).toContain('"prod"."codes"')
  })

  it('needs a state with a manifest', async () => {
    expect(await run(build, 'build', { select: ['child'], defer: true })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--defer needs the artifacts of an earlier run\n.*--state/),
    })
    expect(await run(build, 'build', { select: ['child'], defer: true, state: join(project.dir, 'models') })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no manifest.json of a run in'),
    })
  })

  it('follows DBT_DEFER and DBT_STATE', () => {
    const compiled = (...options: string[]) =>
      spawnSync(process.execPath, ['--import', 'tsx', 'run.ts', 'compile', '--project-dir', project.dir, '--select', 'child', ...options], {
        cwd: projectDir,
        encoding: 'utf8',
        env: { ...process.env, DATABASE_URL: database.url, DBT_DEFER: 'true', DBT_STATE: state, DBT_FAVOR_STATE: '1' },
      }).stdout
    expect(compiled()).toContain('"prod"."parent"')
    expect(compiled('--no-defer')).toContain('"dev"."parent"')
  })
})
