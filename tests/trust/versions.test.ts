import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase, projectDir } from '../pipeline/database.ts'
import { compare, snapshot } from '../pipeline/rules/snapshot.ts'

/** The last commits of versions that others may have a warehouse of; each is built from history, none is kept. */
const versions = ['c5c12e1', '1b6095a']

const git = (...words: string[]) => spawnSync('git', words, { cwd: projectDir, maxBuffer: 1 << 28 })
const isThere = (version: string) => git('cat-file', '-e', `${version}^{commit}`).status === 0
if (!versions.every(isThere)) console.log('Upgrades of earlier versions are not tried: this checkout has not their history.')

describe.each(versions.filter(isThere))('a warehouse of version %s', version => {
  let old: string
  let [upgraded, fresh]: FreshDatabase[] = []
  const run = (dir: string, url: string, ...words: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', 'run.ts', 'build', '--data', join(old, 'data'), ...words], {
      cwd: dir,
      env: { ...process.env, DATABASE_URL: url, NO_COLOR: '1' },
      encoding: 'utf8',
    })
  beforeAll(async () => {
    old = mkdtempSync(join(tmpdir(), 'deskledger-version-'))
    execFileSync('tar', ['x', '-C', old], { input: git('archive', version).stdout })
    symlinkSync(join(projectDir, 'node_modules'), join(old, 'node_modules'))
    upgraded = await freshDatabase({ migrate: false })
    fresh = await freshDatabase({ migrate: false })
  })
  afterAll(async () => {
    await upgraded?.drop()
    await fresh?.drop()
    rmSync(old, { recursive: true, force: true })
  })

  it('becomes in place what a fresh one is; the old code is then refused', { timeout: 240_000 }, async () => {
    const [{ url, sql }, { url: freshUrl, sql: freshSql }] = [upgraded!, fresh!]
    expect(run(old, url), 'the version itself').toMatchObject({ status: 0 })
    // What was a seed of the project is now one of the sample.
    mkdirSync(join(old, 'data/_seeds'))
    for (const seed of ['exchange_rates', 'user_agent_overrides'])
      cpSync(join(old, `seeds/${seed}.csv`), join(old, `data/_seeds/${seed}.csv`))
    const target = join(old, 'target')
    for (const to of [url, freshUrl]) expect(run(projectDir, to, '--target-path', target)).toMatchObject({ status: 0 })
    expect(compare(await snapshot(freshSql), await snapshot(sql))).toEqual([])
    const refused = run(old, url)
    expect([refused.status, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/The database has the migration \S+ \(applied .*\), but migrations\/ does not/),
    ])
  })
})
