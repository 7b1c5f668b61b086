import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runsCommand } from '../../run/commands/runs.ts'
import { deliver } from '../../run/notify/deliver.ts'
import type { Message } from '../../run/notify/message.ts'
import { perform } from './command.ts'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'
import { type Fixture, fixture } from './fixture.ts'
import { listen, operator, type Receiver } from './operator.ts'

let database: FreshDatabase
let project: Fixture
let receiver: Receiver
let cli: ReturnType<typeof operator>['run']
let cliWith: ReturnType<typeof operator>['runWith']

beforeAll(async () => {
  database = await freshDatabase()
  project = await fixture({
    'dbt_project.yml': 'name: shop\nprofile: shop\nvars: {agents: 3}\n',
    'models/people.sql': "{{ config(materialized='table') }}\nselect id from generate_series(1, {{ var('agents') }}) as id",
    'models/adults.sql': "select * from {{ ref('people') }}",
    'tests/no_fourth.sql': "select 'ana@acme.example.test' as who from {{ ref('people') }} where id = 4",
    'data/sync-day1/roles/1.json': '[{"id": 1, "name": "Agent"}]',
    'models/_sources.yml':
      'sources:\n  - name: ops\n    tables:\n      - name: files\n        loaded_at_field: loaded_at\n        freshness: {error_after: {count: "{{ var(\'days\', 1) }}", period: day}}\n',
  })
  ;({ run: cli, runWith: cliWith } = operator({ dir: project.dir, url: database.url }))
  await cp(join(projectDir, 'migrations'), join(project.dir, 'migrations'), { recursive: true })
})
beforeEach(async () => {
  receiver = await listen()
})
afterEach(() => receiver.close())
afterAll(async () => {
  await database.drop()
  await project.remove()
})

const failing = { vars: { agents: 4 } }

describe('--quiet', () => {
  it('prints nothing when all is well, and every reason when it fails', async () => {
    expect(await cli('build')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await cli('build')).toEqual({ code: 0, stdout: '', stderr: '' })
    const { code, stdout, stderr } = await cli('build', failing)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('FAIL 1 no_fourth')
    expect(stderr).toContain('Not published: readers see what was published before.')
    expect(stderr).toContain('compiled code at target/compiled/shop/tests/no_fourth.sql')
    expect((await cli('test', failing)).stderr).toBe('')
  })

  it('names the file that --warn-error fails for', async () => {
    await project.write({ 'data/sync-day1/cards/1.json': '<html>' })
    const refused = await cli('build', { warnError: true })
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/Refused sync-day1\/cards\/1\.json: .*not JSON/)])
    await project.write({ 'data/sync-day1/cards/1.json': '{"results": []}' })
    expect((await cli('build')).code).toBe(0)
  })

  it('says which source is stale', async () => {
    await database.sql`update ops.files set loaded_at = loaded_at - interval '30 hours'`
    const stale = await cli('source freshness')
    await database.sql`update ops.files set loaded_at = loaded_at + interval '30 hours'`
    expect([stale.code, stale.stderr]).toEqual([1, expect.stringContaining('ERROR STALE freshness of ops.files')])
    expect(await cli('source freshness')).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})

describe('a message', () => {
  it('comes for a run that needs a person, and once when it is well again', async () => {
    const to = { NOTIFY_URL: receiver.url }
    expect((await cliWith(to, 'build', failing)).code).toBe(1)
    expect(receiver.got).toHaveLength(1)
    expect(receiver.got[0]).toMatchObject({
      event: 'needs_person',
      project: 'shop',
      command: 'build',
      exit_code: 1,
      run_id: expect.any(String),
      causes: [{ name: 'NodeFailed', text: 'test no_fourth found 1 failure (tests/no_fourth.sql:1:1)' }],
    })
    // A user at a terminal sees the error there.
    expect((await cliWith(to, 'build', failing, true)).code).toBe(1)
    expect(receiver.got).toHaveLength(1)
    // It contains no values of rows.
    expect(JSON.stringify(receiver.got)).not.toContain('ana@')
    for (const _ of [1, 2]) expect((await cliWith(to, 'build')).code).toBe(0)
    expect(receiver.got.slice(1)).toMatchObject([{ event: 'well_again', text: 'shop: build has recovered.', causes: [] }])
  })

  it('comes when there is no connection, and again when there is one', async () => {
    const to = { NOTIFY_URL: receiver.url }
    const nowhere = await cliWith({ ...to, DATABASE_URL: 'postgres://a:hunter2@127.0.0.1:1/b?connect_timeout=1' }, 'build', {
      atomic: false,
    })
    expect(nowhere.code).toBe(2)
    expect(receiver.got[0]).toMatchObject({ exit_code: 2, causes: [{ name: 'Error', text: expect.stringContaining('127.0.0.1:1') }] })
    expect(JSON.stringify(receiver.got)).not.toContain('hunter2')
    expect((await cliWith(to, 'build')).code).toBe(0)
    expect(receiver.got[1]).toMatchObject({ event: 'well_again' })
  })

  it('goes to a command too: JSON on its standard input, the text in NOTIFY_TEXT', async () => {
    await project.write({
      'dbt_project.yml': `name: shop\nprofile: shop\nvars: {agents: 4}\nnotify: {command: 'cat > told; echo "$NOTIFY_TEXT" > text'}\n`,
    })
    expect((await cli('build')).code).toBe(1)
    const told = (name: string) => readFileSync(join(project.dir, name), 'utf8')
    expect(JSON.parse(told('told'))).toMatchObject({ event: 'needs_person' })
    expect(told('text')).toMatch(/^shop: build failed with exit code 1/)
  })

  it('that cannot be delivered is said once, and changes no exit code', async () => {
    const saying = /Warning: Cannot deliver the message to/g
    receiver.status = 500
    await project.write({ 'dbt_project.yml': 'name: shop\nprofile: shop\nvars: {agents: 3}\n' })
    const well = await cliWith({ NOTIFY_URL: `${receiver.url}/secret` }, 'build')
    expect([well.code, well.stderr.match(saying)]).toEqual([0, [expect.any(String)]])
    expect(well.stderr).toContain('HTTP 500')
    expect(well.stderr).not.toContain('secret')
    await project.write({ 'dbt_project.yml': "name: shop\nprofile: shop\nvars: {agents: 4}\nnotify: {command: 'exit 3'}\n" })
    const failed = await cli('build')
    expect([failed.code, failed.stderr.match(saying)]).toEqual([1, [expect.any(String)]])
    expect(failed.stderr).toContain("the command 'exit': it ended with 3")
    await project.write({ 'dbt_project.yml': 'name: shop\nprofile: shop\nvars: {agents: 3}\n' })
    expect((await cli('build')).code).toBe(0)
  })

  it('waits for nobody for ever: a receiver that does not answer, a command that does not end', async () => {
    receiver.status = undefined
    await expect(deliver({} as Message, { url: receiver.url, dir: '.' }, 100)).rejects.toThrow('no answer within 0.1 s')
    await expect(deliver({} as Message, { command: 'sleep 600 | sleep 600', dir: '.' }, 100)).rejects.toThrow('did not end within 0.1 s')
    await expect(deliver({} as Message, { url: 'ftp://x', dir: '.' }, 100)).rejects.toThrow('not an http or https URL')
  })
})

describe('a log folder that is full', () => {
  it('is said once, and fails nothing', async context => {
    const folder = join(project.dir, 'small')
    mkdirSync(folder)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', folder], { stdio: 'ignore' })
    } catch {
      return context.skip('no right to mount a small file system')
    }
    try {
      execFileSync('sh', ['-c', `head -c 100000 /dev/zero > ${folder}/ballast || true`], { stdio: 'ignore' })
      const { code, stderr } = await cli('build', { logPath: folder })
      expect([code, stderr.match(/Cannot write .*dbt.log/g)]).toEqual([0, [expect.any(String)]])
      expect(stderr).toContain('the disk is full')
    } finally {
      execFileSync('umount', ['-l', folder])
    }
  })

  it('as one that cannot be made', async () => {
    const { code, stderr } = await cli('build', { quiet: false, logPath: '/dev/null/logs', logFormat: 'json' })
    const events = stderr
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect([code, events.filter(({ data }) => data.cause === 'LogNotWritten')]).toEqual([0, [expect.any(Object)]])
  })
})

describe('runs', () => {
  const runs = (args: string[], options: object = {}) => perform(runsCommand, { url: database.url, dir: project.dir, args, options })

  it('lists the last runs, newest first, and why one did not publish', async () => {
    const { stdout } = await runs([], { limit: 50 })
    const [header, ...lines] = stdout.trim().split('\n')
    expect(header).toMatch(/^RUN +STARTED \(UTC\) +COMMAND +STATUS +TOOK +WHAT$/)
    expect(lines.some(line => /build +failed +\d\.\ds +no_fourth failed$/.test(line))).toBe(true)
    expect(lines.some(line => /build +unchanged .*nothing new$/.test(line))).toBe(true)
    const all = JSON.parse((await runs([], { limit: -1, output: 'json' })).stdout)
    expect(all).toHaveLength(lines.length)
    expect(JSON.parse((await runs([], { limit: 2, output: 'json' })).stdout)).toEqual(all.slice(0, 2))
  })

  it('shows the nodes of one, by the beginning of its id', async () => {
    const all = JSON.parse((await runs([], { limit: -1, output: 'json' })).stdout) as { run_id: string; status: string }[]
    const failed = all.find(({ status }) => status === 'failed')!.run_id
    const { code, stdout } = await runs([failed.slice(0, 12)])
    expect(code).toBe(0)
    expect(stdout).toContain(`Run ${failed}: build, failed`)
    expect(stdout).toMatch(/^fail +\d\.\ds +test no_fourth +1 failure/m)
    const { nodes } = JSON.parse((await runs([failed], { output: 'json' })).stdout)
    expect(nodes.map((node: { unique_id: string }) => node.unique_id)).toContain('model.shop.people')
    expect(await runs(['zz'])).toMatchObject({ code: 2, stderr: expect.stringContaining("No run has an id that begins with 'zz'") })
  })

  it('shows a run whose process died as interrupted', async () => {
    await database.sql`insert into ops.runs (run_id, command, status, started_at) values (gen_random_uuid(), 'build', 'running', now())`
    const [newest] = JSON.parse((await runs([], { limit: 1, output: 'json' })).stdout)
    expect(newest).toMatchObject({ command: 'build', status: 'interrupted' })
  })
})
