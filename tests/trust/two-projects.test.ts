import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase, projectDir } from '../pipeline/database.ts'
import { operator } from '../pipeline/operator.ts'
import { compare, snapshot } from '../pipeline/rules/snapshot.ts'
import { run } from './command.ts'
import { projectCopy } from './fuzz.ts'

/** Two projects with the same database: the second one is refused before it does anything, or both work as one. */
describe('two projects on one database', () => {
  let database: FreshDatabase
  const folders: string[] = []
  const warehouse = (name: string, role: string) => {
    const dir = projectCopy()
    folders.push(dir)
    cpSync(join(projectDir, 'migrations'), join(dir, 'migrations'), { recursive: true })
    put(dir, { [`data/sync-day1/roles/${name}.json`]: JSON.stringify([{ id: 1, name: role }]) })
    return dir
  }
  const of = (dir: string) => operator({ dir, url: database.url })
  let first: string

  beforeAll(async () => {
    database = await freshDatabase()
    first = warehouse('1', 'Agent')
    expect(await of(first).run('build')).toEqual({ code: 0, stdout: '', stderr: '' })
  })
  afterAll(async () => {
    await database.drop()
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  it('a plain dbt project is refused, by every command that writes, and told why', async () => {
    const plain = mkdtempSync(join(tmpdir(), 'deskledger-plain-'))
    folders.push(plain)
    put(plain, { 'dbt_project.yml': 'name: shop\nprofile: shop\n', 'models/people.sql': "{{ config(schema='core') }} select 1 as id" })
    const before = await snapshot(database.sql)
    for (const words of ['build', 'run', 'plan', 'seed']) {
      const { code, stderr } = await of(plain).run(words)
      expect([words, code, stderr]).toEqual([words, 2, expect.stringContaining('The database belongs to another project')])
    }
    expect(compare(before, await snapshot(database.sql))).toEqual([])
    expect([...(await database.sql`select unique_id from ops.nodes where unique_id not like '%.deskledger.%'`)]).toEqual([])
  })

  it('a warehouse with another feed is refused, and neither takes out what the other brought', async () => {
    const other = warehouse('other', 'Stranger')
    const before = await snapshot(database.sql)
    const { code, stderr } = await of(other).run('build')
    expect([code, stderr]).toEqual([2, expect.stringContaining('it looks like another feed')])
    expect(compare(before, await snapshot(database.sql))).toEqual([])
    expect((await of(first).run('build')).code).toBe(0)
  })

  it('two checkouts that read one feed build at once, one after the other', async () => {
    const twin = warehouse('1', 'Agent')
    put(first, { 'data/sync-day2/roles/1.json': JSON.stringify([{ id: 1, name: 'Renamed' }]) })
    const data = join(first, 'data')
    const results = await Promise.all(
      [first, twin].map(dir => run(database.url, ['build', '--quiet', '--project-dir', dir, '--data', data])),
    )
    expect(results).toEqual([first, twin].map(() => ({ code: 0, printed: '' })))
    expect([...(await database.sql`select name from core.roles`)]).toEqual([{ name: 'Renamed' }])
  })
})

function put(dir: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
}
