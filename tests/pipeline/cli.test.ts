import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'
import { type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase()
  project = await fixture({
    'models/people.sql':
      "{{ config(materialized='table', tags=['who']) }}\nselect i as id, 9007199254740993::bigint + i as big, 1.10::numeric as n, '2026-01-05 10:00+02'::timestamptz as at, '{\"a\": 12345678901234567890}'::jsonb as j from generate_series(1, 7) as i",
    'models/adults.sql': "select id from {{ ref('people') }} where id > 3",
    'models/_models.yml': 'models:\n  - name: people\n    columns:\n      - {name: id, data_tests: [unique, not_null]}\n',
    'seeds/colours.csv': 'name,is_warm\nred,true\nblue,false\n',
  })
  // A project with its own landing tables and a feed of one file.
  await cp(path.join(projectDir, 'migrations'), path.join(project.dir, 'migrations'), { recursive: true })
  await project.write({ 'data/sync-day1/roles/1.json': '[{"id": 1, "name": "Admin"}, {"id": null}]' })
})
afterAll(async () => {
  await database.drop()
  await project.remove()
})

describe('build', () => {
  it('loads, builds, tests and publishes; then there is nothing new', async () => {
    const first = await cli('build')
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('Published: ') })
    expect(first.stderr).toMatch(/sync-day1\/roles +2 read/)
    expect(first.stderr).toMatch(/START sql table model public\.people \.+ \[RUN\]/)
    expect(first.stderr).toContain('[7 inserted in')
    expect(first.stdout).toContain('Done. PASS=5 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=5')
    expect((await cli('build')).stdout).toContain('Nothing new')
    const runs = await database.sql`select command, status from ops.runs order by sequence`
    expect([...runs]).toEqual([
      { command: 'build', status: 'published' },
      { command: 'build', status: 'unchanged' },
    ])
  })

  it('a failing test leaves with 1 and publishes nothing', async () => {
    await project.write({ 'tests/nobody_is_five.sql': "select * from {{ ref('people') }} where id = 5" })
    const failed = await cli('build')
    expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining('Not published') })
    expect(failed.stdout).toMatch(/Failure in test nobody_is_five \(tests\/nobody_is_five.sql/)
    expect((await cli('test')).code).toBe(1)
    expect((await cli('test', '--select', 'test_type:generic')).code).toBe(0)
    await project.write({ 'tests/nobody_is_five.sql': null })
  })

  it('writes run_results.json as its schema wants it', async () => {
    await cli('build', '--full-refresh')
    const results = JSON.parse(await readFile(path.join(project.dir, 'target/run_results.json'), 'utf8'))
    expect(results.results).toHaveLength(5)
    expect(problems('run-results-v6.json', results)).toEqual([])
    expect(problems('manifest-v12.json', JSON.parse(await readFile(path.join(project.dir, 'target/manifest.json'), 'utf8')))).toEqual([])
  })

  it('run publishes a selection without tests, seed the seeds', async () => {
    expect((await cli('run', '--select', 'tag:who', '--full-refresh')).stdout).toContain('PASS=1 ')
    const { stdout } = await cli('seed', '--full-refresh', '--show')
    expect(stdout).toContain('PASS=1 ')
    expect(stdout).toMatch(/^Random sample of table: \w+\.colours\n-{30,}\n\| name +\| is_warm \|/m)
    expect((await cli('run', '--select', 'tag:who')).stdout).toContain('PASS=0 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=1 TOTAL=1')
  })

  it('plan changes nothing', async () => {
    await project.write({ 'models/new_one.sql': 'select 1 as a' })
    for (const options of [[], ['--quiet']]) expect((await cli('plan', ...options)).stdout).toContain('Nothing was changed')
    const [row] = await database.sql`select to_regclass('new_one') as there`
    expect(row).toEqual({ there: null })
    await project.write({ 'models/new_one.sql': null })
  })

  it('of a selection that matches nothing says so last, with what may have been meant, and publishes nothing', async () => {
    const runs = () => database.sql`select count(*) from ops.runs`
    const before = [...(await runs())]
    for (const command of ['build', 'plan', 'test']) {
      const { code, stdout, stderr } = await cli(command, '--select', 'adlts')
      expect([code, stdout]).toEqual([0, ''])
      expect(stderr).toMatch(/Nothing to do: the selection matches no enabled node\.\n {2}→ Did you mean 'adults'\?\n$/)
    }
    expect((await cli('build', '--select', 'adlts', '--warn-error')).code).toBe(1)
    expect([...(await runs())]).toEqual(before)
    expect((await cli('ls', '--select', 'tag:woh')).stderr).toContain("Did you mean 'who'?")
  })

  it('in a folder that cannot be written says where to write', async () => {
    await project.write({ full: 'a file' })
    const { code, stderr } = await cli('build', '--full-refresh', '--target-path', 'full/target')
    expect([code, stderr]).toEqual([2, expect.stringMatching(/\nCannot write \S+full\/target\S*: .*\n {2}→ .*--target-path.*\n$/)])
  })

  it('whose output nobody reads goes on, and ends quietly', async () => {
    const child = start(['ls', '--output', 'json', '--select', '+adults', 'people', 'colours'])
    child.process.stdout.destroy()
    expect(await child.ended).toMatchObject({ code: 0, stderr: '' })
    const help = start(['build', '--help'])
    help.process.stdout.destroy()
    expect(await help.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('one build at a time: --no-wait leaves with 2 and says who holds the lock', async () => {
    const session = await database.sql.reserve()
    await session`select pg_advisory_lock(3375, 533437)`
    const { code, stderr } = await cli('build', '--no-wait')
    await session`select pg_advisory_unlock(3375, 533437)`
    session.release()
    expect([code, stderr]).toEqual([2, expect.stringContaining('Another build or load is running')])
  })

  it('Ctrl-C leaves with 2, and the log says interrupted', async () => {
    await project.write({ 'models/slow.sql': "{{ config(materialized='table') }} select pg_sleep(60)::text as a" })
    const child = start(['build'])
    await untilLog(child, 'public.slow')
    child.process.kill('SIGINT')
    expect((await child.ended).code).toBe(2)
    const [run] = await database.sql`select status from ops.runs order by sequence desc limit 1`
    expect(run).toEqual({ status: 'interrupted' })
    await project.write({ 'models/slow.sql': null })
  })
})

describe('results on stdout', () => {
  it('show prints JSON and nothing else', async () => {
    const { stdout } = await cli('show', '--inline', "select * from {{ ref('people') }} order by id", '--output', 'json', '--limit', '1')
    expect(stdout.trim()).toBe(
      '[\n  {"id": 1, "big": "9007199254740994", "n": "1.10", "at": "2026-01-05T08:00:00Z", "j": {"a": 12345678901234567890}}\n]',
    )
    expect(JSON.parse((await cli('show', '--select', 'adults', '--output', 'json', '--limit', '-1')).stdout)).toHaveLength(4)
    expect((await cli('show', '--select', 'adults')).stdout.split('\n')[0]).toBe('| id |')
    // Its own SQL would only read what is new since the last build.
    await project.write({
      'models/seen.sql': "{{ config(materialized='incremental') }} select 1 as id {% if is_incremental() %} where false {% endif %}",
    })
    await cli('run', '--select', 'seen')
    expect(JSON.parse((await cli('show', '--select', 'seen', '--output', 'json')).stdout)).toEqual([{ id: 1 }])
    await project.write({ 'models/seen.sql': null })
    expect((await cli('show', '--inline', 'select array[1, null] as l, null as l where false', '--output', 'json')).stdout.trim()).toBe(
      '[]',
    )
  })

  it('compile, ls, errors', async () => {
    expect((await cli('compile', '--select', 'adults')).stdout.trim()).toMatch(/^select id from "\w+"\."public"\."people" where id > 3$/)
    expect((await cli('ls', '--model', 'people', '--output', 'name')).stdout).toBe('people\n')
    expect((await cli('ls', '--model', 'people', '--output', 'json', '--output-keys', 'name alias')).stdout).toBe(
      '{"name":"people","alias":"people"}\n',
    )
    expect((await cli('ls', '--select', 'people+', '--resource-type', 'model', '--output', 'name')).stdout.trim().split('\n')).toEqual([
      'adults',
      'people',
    ])
    expect(await cli('errors')).toMatchObject({ code: 0, stderr: expect.stringContaining('No open errors') })
  })

  it('--version says which version this is', async () => {
    expect(await cli('--version')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^deskledger \d+\.\d+\.\d+, as dbt \d+\.\d+\.\d+\n$/),
    })
  })

  it('progress as JSON, one object a line', async () => {
    const { stderr, stdout } = await cli('run', '--log-format', 'json')
    for (const line of `${stderr}${stdout}`.trim().split('\n'))
      expect(JSON.parse(line).info).toMatchObject({ msg: expect.any(String), level: expect.any(String) })
  })
})

describe('mistakes leave with 2', () => {
  it('of usage', async () => {
    expect(await cli('bulid')).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean build') })
    expect((await cli('build', '--no-such-option')).code).toBe(2)
    expect((await cli('show')).code).toBe(2)
    expect((await cli('build', '--vars', '[1]')).code).toBe(2)
    expect((await cli('build', '--help')).stdout).toContain('Example:\n  npx tsx run.ts build')
  })

  it('of the project, with the place and no stack', async () => {
    await writeFile(path.join(project.dir, 'models/typo.sql'), "select *\nfrom {{ ref('poeple') }}")
    const { code, stderr } = await cli('build')
    await rm(path.join(project.dir, 'models/typo.sql'))
    expect(code).toBe(2)
    expect(stderr).toContain('models/typo.sql:2:')
    expect(stderr).not.toContain('    at ')
  })

  it('of the connection, without the password', async () => {
    const { code, stderr } = await cliAt('postgres://somebody:hunter2@127.0.0.1:1/nowhere', 'run')
    expect(code).toBe(2)
    expect(stderr).toContain('Cannot connect')
    expect(stderr).not.toContain('hunter2')
  })
})

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

function cli(...args: string[]): Promise<Ended> {
  return start(args).ended
}

function cliAt(url: string, ...args: string[]): Promise<Ended> {
  return start(args, url).ended
}

function start(args: string[], url = database.url) {
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      path.join(projectDir, 'run.ts'),
      ...args,
      ...(args.includes('--project-dir') ? [] : ['--project-dir', project.dir]),
    ],
    {
      cwd: projectDir,
      env: { ...process.env, DATABASE_URL: url, NO_COLOR: '1' },
    },
  )
  const result = { stdout: '', stderr: '' }
  child.stdout.on('data', chunk => (result.stdout += chunk))
  child.stderr.on('data', chunk => (result.stderr += chunk))
  const ended = new Promise<Ended>(resolve => child.on('close', code => resolve({ code, ...result })))
  return { process: child, result, ended }
}

async function untilLog(child: ReturnType<typeof start>, text: string): Promise<void> {
  while (!child.result.stderr.includes(text)) await new Promise(resolve => setTimeout(resolve, 20))
  await new Promise(resolve => setTimeout(resolve, 300))
}

// The published JSON Schemas are not part of the project: without them nothing is checked.
function problems(schema: string, artifact: unknown): unknown[] {
  const file = path.join(projectDir, '../shared/dbt-schemas', schema)
  if (!existsSync(file)) return []
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  ajv.validate(JSON.parse(readFileSync(file, 'utf8')), artifact)
  return (ajv.errors ?? []).slice(0, 5).map(({ instancePath, message, params }) => ({ instancePath, message, params }))
}
