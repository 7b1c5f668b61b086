import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'
import { type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase()
  project = await fixture({ 'models/people.sql': "{{ config(materialized='table') }} select 1 as id" })
  await cp(path.join(projectDir, 'migrations'), path.join(project.dir, 'migrations'), { recursive: true })
  await project.write({ 'data/sync-day1/roles/1.json': '[{"id": 1, "name": "Admin"}]', 'data/sync-day1/roles/2.json': '[' })
})
afterAll(async () => {
  await database.drop()
  await project.remove()
})

describe('a project that is known', () => {
  it('is not kept as known when it was touched just now', async () => {
    expect(await build()).toContain('Published')
    expect(existsSync(kept())).toBe(false)
  })

  it('is not read again when there is nothing new', async () => {
    await settled()
    expect(await build()).toContain('Nothing new')
    await mark()
    const again = await build()
    expect(again).toContain('Found as it is known')
    expect(again).toContain('Warning: 1 file of the feed are refused, as before')
    expect(again).toContain('Nothing new')
    expect(await database.sql`select status from ops.runs order by sequence`).toMatchObject([
      { status: 'published' },
      { status: 'unchanged' },
      { status: 'unchanged' },
    ])
  })

  it('is read when the feed has moved, and the run that publishes that makes it known', async () => {
    await project.write({ 'data/sync-day2/roles/1.json': '[{"id": 1, "name": "Boss"}]' })
    const moved = await build()
    expect(moved).toContain('Found 1 model')
    expect(moved).toContain('Published')
    await mark()
    expect(await build()).toContain('Found as it is known')
  })

  it('is read when a file, the command line or the environment changes', async () => {
    await project.write({ '.dbtignore': 'more.sql\n' })
    expect(await build()).toContain('Found 1 model')
    await project.write({ '.dbtignore': null })
    expect(await build({}, '--vars', '{a: 1}')).toContain('Found 1 model')
    await mark()
    expect(await build({ DBT_SCHEMA: 'other' }, '--vars', '{a: 1}')).toContain('Found 1 model')
    await project.write({ 'models/more.sql': 'select 2 as id' })
    expect(await build()).toMatch(/Found 2 models[\s\S]*Published/)
    await project.write({ 'models/more.sql': null })
    expect(await build()).toMatch(/Found 1 model[\s\S]*Published/)
  })

  it('is never kept when it reads the environment', async () => {
    await project.write({ 'models/more.sql': "select '{{ env_var('HOME') }}' as home" })
    await settled()
    await build()
    await mark()
    expect(await build()).toMatch(/Found 2 models[\s\S]*Nothing new/)
  })
})

const kept = () => path.join(project.dir, 'target/known.json')

/** Files of this age are cached by the next process. */
const settled = () => sleep(3100)

/** Marks the cached line, to show that a run used it. */
async function mark(): Promise<void> {
  const known = JSON.parse(await readFile(kept(), 'utf8'))
  await writeFile(kept(), JSON.stringify({ ...known, found: { ...known.found, msg: 'Found as it is known' } }))
}

function build(env: Record<string, string> = {}, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const words = ['--import', 'tsx', path.join(projectDir, 'run.ts'), 'build', '--project-dir', project.dir, ...args]
    const child = spawn(process.execPath, words, {
      cwd: projectDir,
      env: { ...process.env, DATABASE_URL: database.url, DATA_DIR: 'data', ...env },
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk))
    child.on('error', reject)
    child.on('close', () => resolve(said))
  })
}
