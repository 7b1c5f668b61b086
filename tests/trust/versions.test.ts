import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase, projectDir } from '../pipeline/database.ts'
import { operator } from '../pipeline/operator.ts'
import { compare, snapshot } from '../pipeline/rules/snapshot.ts'

/** The last commits of versions whose warehouses may exist; each is built from history, and not kept. */
const versions = ['c5c12e1', '1b6095a']

const git = (...words: string[]) => spawnSync('git', words, { cwd: projectDir, maxBuffer: 1 << 28 })
const isThere = (version: string) => git('cat-file', '-e', `${version}^{commit}`).status === 0
if (!versions.every(isThere)) console.log('Upgrades of earlier versions are not tried: this checkout has not their history.')

describe.each(versions.filter(isThere))('a warehouse of version %s', version => {
  let old: string
  let upgraded: FreshDatabase
  const runOld = (url: string) =>
    spawnSync(
      process.execPath,
      ['--import', 'tsx', 'run.ts', 'build', '--data', join(old, 'data'), '--exclude-resource-type', 'unit_test'],
      { cwd: old, env: { ...process.env, DATABASE_URL: url, NO_COLOR: '1' }, encoding: 'utf8' },
    )
  beforeAll(async () => {
    old = mkdtempSync(join(tmpdir(), 'deskledger-version-'))
    execFileSync('tar', ['x', '-C', old], { input: git('archive', version).stdout })
    symlinkSync(join(projectDir, 'node_modules'), join(old, 'node_modules'))
    upgraded = await freshDatabase({ migrate: false })
  })
  afterAll(async () => {
    await upgraded?.drop()
    rmSync(old, { recursive: true, force: true })
  })

  it('becomes in place what a fresh one is; the old code is then refused', { timeout: 240_000 }, async () => {
    const { url, sql } = upgraded
    expect(runOld(url), 'the version itself').toMatchObject({ status: 0 })
    // A former seed of the project is now one of the sample.
    mkdirSync(join(old, 'data/_seeds'))
    for (const seed of ['exchange_rates', 'user_agent_overrides'])
      cpSync(join(old, `seeds/${seed}.csv`), join(old, `data/_seeds/${seed}.csv`))
    await buildNow(url, old)
    expect(compare(await freshRows(version, old), await snapshot(sql))).toEqual([])
    const refused = runOld(url)
    expect([refused.status, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/The database has the migration \S+ \(applied .*\), but migrations\/ does not/),
    ])
  })
})

type Rows = Awaited<ReturnType<typeof snapshot>>
const fresh = new Map<string, Promise<Rows>>()

/** This version's result for an earlier sample, in a new database: once for all versions with the same sample. */
function freshRows(version: string, old: string): Promise<Rows> {
  const sample = git('rev-parse', `${version}:data`, `${version}:seeds`).stdout.toString()
  const rows = fresh.get(sample) ?? make()
  fresh.set(sample, rows)
  return rows

  async function make(): Promise<Rows> {
    const { url, sql, drop } = await freshDatabase({ migrate: false })
    await buildNow(url, old)
    return snapshot(sql).finally(drop)
  }
}

/** A build of an earlier sample by this version. */
async function buildNow(url: string, old: string): Promise<void> {
  const { run } = operator({ dir: projectDir, url, data: join(old, 'data') })
  const { code, stderr } = await run('build', { targetPath: join(old, 'target'), excludeResourceType: ['unit_test'] })
  expect(code, stderr).toBe(0)
}
