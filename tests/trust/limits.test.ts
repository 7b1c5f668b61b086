import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand } from '../../run/commands/build.ts'
import { connect } from '../../run/database/connection.ts'
import { startEmbedded } from '../../run/embedded/server.ts'
import { loadCommand } from '../../run/feed/commands/load.ts'
import { feed } from '../../run/feed/extension.ts'
import { quickFolder } from '../memory.ts'
import { type FreshDatabase, freshDatabase, projectDir, withDatabase } from '../pipeline/database.ts'
import { silentReport } from '../pipeline/fixture.ts'
import { writeFeed } from '../pipeline/rules/feeds.ts'
import { projectCopy } from './fuzz.ts'

let database: FreshDatabase
const project = projectCopy()
cpSync(join(projectDir, 'migrations'), join(project, 'migrations'), { recursive: true })

beforeAll(async () => {
  database = await freshDatabase()
  deliver('First')
  expect(await perform('build', database.url)).toMatchObject({ code: 0 })
})
afterAll(async () => {
  await database.drop()
  rmSync(project, { recursive: true, force: true })
})

it('statement_timeout: the build says so and what to do, and nothing is half done', async () => {
  deliver('Second')
  const slow = { 'models/marts/slow.sql': 'select pg_sleep(30) is null as a' }
  const { code, printed } = await perform('build', withSetting(database.url, 'statement_timeout', '2000'), slow)
  expect(code, printed).toBe(1)
  expect(printed).toMatch(/statement timeout/)
  expect(printed).toMatch(/→ .*statement_timeout/)
  expect(await names()).toEqual(['First'])
})

it('lock_timeout, with a reader that holds a lock', async () => {
  const reader = await database.sql.reserve()
  await reader.unsafe('begin')
  await reader.unsafe('lock table core.roles in share mode')
  try {
    const { code, printed } = await perform('build', withSetting(database.url, 'lock_timeout', '500'))
    expect(code, printed).toBe(1)
    expect(printed).toMatch(/lock timeout/)
    expect(printed).toMatch(/→ .*pg_stat_activity/)
    expect(await names()).toEqual(['First'])
  } finally {
    await reader.unsafe('rollback')
    reader.release()
  }
  expect(await perform('build', database.url)).toMatchObject({ code: 0 })
  expect(await names()).toEqual(['Second'])
})

it('max_connections: it says what to do', async () => {
  const role = `deskledger_test_${process.pid}`
  await database.sql.unsafe(`create role ${role} login superuser password 'x' connection limit 1`)
  await database.sql.unsafe(`alter role ${role} nosuperuser`)
  const url = new URL(database.url)
  url.username = role
  url.password = 'x'
  const holder = connect(url.href, { max: 1 })
  await holder`select 1`
  // It would retry for half a minute, which tests/unit/repeat.test.ts covers.
  const { code, printed } = await perform('build', url.href, {}, { isPatient: false })
  expect(code, printed).toBe(2)
  expect(printed).toMatch(/too many connections/)
  expect(printed).toMatch(/→ .*(connection|moment)/)
  await holder.end()
  await database.sql.unsafe(`drop role ${role}`)
})

describe('a full disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'deskledger-disk-'))
  const serverFolder = quickFolder('deskledger-server-')
  const disk = join(folder, 'small')
  let isMounted = false
  beforeAll(() => {
    mkdirSync(disk)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=22m', 'tmpfs', disk], { stdio: 'ignore' })
      isMounted = true
    } catch {
      // Only root can mount, and not in every container.
    }
  })
  afterAll(() => {
    if (isMounted) execFileSync('umount', ['-l', disk])
    for (const name of [folder, serverFolder]) rmSync(name, { recursive: true, force: true })
  })

  it('load and build say so, nothing is half done, and they go on when there is room', async context => {
    if (!isMounted) return context.skip('no right to mount a small file system')
    const space = join(disk, 'space')
    mkdirSync(space)
    const server = await startEmbedded(serverFolder)
    const admin = connect(server.url, { max: 1 })
    const pg = join(serverFolder, '.pg')
    const cluster = readdirSync(pg)
      .map(name => join(pg, name, 'data'))
      .find(existsSync)
    execFileSync('chown', ['--reference', cluster ?? '', space])
    chmodSync(folder, 0o755)
    chmodSync(disk, 0o755)
    await admin.unsafe(`create tablespace small location '${space}'`)
    await admin.unsafe('create database full_disk tablespace small')
    const url = withDatabase(server.url, 'full_disk')
    deliver('First')
    expect(await perform('build', url)).toMatchObject({ code: 0 })
    const sql = connect(url, { max: 2 })
    const state = () =>
      sql`select (select array_agg(name) from core.roles) as names, (select count(*)::int from ops.files) as files, (select count(*)::int from raw.roles) as records`
    const before = await state()

    deliver('Second', 10_000)
    const failed = await perform('load', url)
    expect(failed.code, failed.printed).toBe(2)
    expect(failed.printed).toMatch(/No space left on device|could not extend file/)
    expect(failed.printed).toMatch(/→ .*disk/)
    expect([...(await state())]).toEqual([...before])

    // Space for landing, not for the build.
    execFileSync('mount', ['-o', 'remount,size=55m', disk])
    const unbuilt = await perform('build', url)
    expect(unbuilt.code, unbuilt.printed).toBe(1)
    expect(unbuilt.printed).toMatch(/→ .*disk/)
    // Includes the published one, which the next build removes.
    expect((await state())[0]).toMatchObject({ names: ['First'], records: 10_002 })

    execFileSync('mount', ['-o', 'remount,size=300m', disk])
    deliver('Third')
    expect(await perform('build', url)).toMatchObject({ code: 0 })
    expect((await state())[0]?.names).toEqual(['Third'])
    await sql.end()
    await admin.end()
    await server.close()
  })
})

async function names(): Promise<string[]> {
  return (await database.sql<{ name: string }[]>`select name from core.roles`).map(({ name }) => name)
}

/** One role, and additional ones that jsonb cannot compress. */
function deliver(name: string, more = 0): void {
  const others = Array.from({ length: more }, (_, index) => ({
    id: index + 2,
    name: Array.from({ length: 160 }, () => Math.random().toString(36)).join(''),
  }))
  const content = JSON.stringify([{ id: 1, name }, ...others])
  writeFeed([{ name: 'sync-day1', files: [{ entity: 'roles', path: 'sync-day1/roles/1.json', content }] }], join(project, 'data'))
}

/** A command as a user runs it, with additional files in the project meanwhile. */
async function perform(name: 'build' | 'load', url: string, files: Record<string, string> = {}, { isPatient = true } = {}) {
  for (const [file, text] of Object.entries(files)) writeFileSync(join(project, file), text)
  const { report, printed } = silentReport()
  const stop = new AbortController()
  const { warn } = report
  if (!isPatient)
    report.warn = (...warning) => {
      warn(...warning)
      stop.abort()
    }
  const before = process.env.DATABASE_URL
  process.env.DATABASE_URL = url
  try {
    const command = {
      name,
      options: { projectDir: project, data: join(project, 'data'), logFormat: 'text' as const },
      extension: feed,
      report,
      signal: stop.signal,
    }
    const work = name === 'load' ? loadCommand(command) : buildCommand(command, { types: ['model', 'seed', 'test'], loads: true })
    const code = await work.catch(error => {
      report.fail(error)
      return 2
    })
    return { code, printed: printed().replace(/^.* (PASS|OK|START|SKIP) .*\n/gm, '') }
  } finally {
    if (before === undefined) delete process.env.DATABASE_URL
    else process.env.DATABASE_URL = before
    for (const file of Object.keys(files)) rmSync(join(project, file))
  }
}

function withSetting(url: string, name: string, value: string): string {
  const other = new URL(url)
  other.searchParams.set('options', `-c ${name}=${value}`)
  // libpq does not read a + as a blank.
  return other.href.replaceAll('+', '%20')
}
