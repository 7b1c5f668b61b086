import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { MARKER } from '../../loaders/extract/marker.ts'
import { runsCommand } from '../../run/commands/runs.ts'
import { createSite } from '../extract/site.ts'
import { perform } from '../pipeline/command.ts'
import { type FreshDatabase, freshDatabase, projectDir } from '../pipeline/database.ts'
import { operator } from '../pipeline/operator.ts'
import { projectCopy } from './fuzz.ts'

const folder = mkdtempSync(join(tmpdir(), 'deskledger-disks-'))
const disk = join(folder, 'disk')
const project = projectCopy()

/** Whether this user may create disks of a limited size: root may, but not in every container. */
const mayMount = (() => {
  mkdirSync(disk)
  chmodSync(folder, 0o755)
  try {
    resize('1m')
    execFileSync('umount', [disk])
    return true
  } catch {
    return false
  }
})()

let database: FreshDatabase
beforeAll(async () => {
  cpSync(join(projectDir, 'migrations'), join(project, 'migrations'), { recursive: true })
  mkdirSync(join(project, 'data/sync-day1/roles'), { recursive: true })
  writeFileSync(join(project, 'data/sync-day1/roles/1.json'), '[{"id": 1, "name": "Agent"}]')
  database = await freshDatabase()
})
afterEach(() => {
  if (mayMount) execFileSync('umount', ['-l', disk])
})
afterAll(async () => {
  await database.drop()
  for (const name of [folder, project]) rmSync(name, { recursive: true, force: true })
})

describe.skipIf(!mayMount)('a full disk', () => {
  it('of artifacts: the build says which file, is undone and closed, and works when there is room', async () => {
    resize('64k')
    fill()
    const { run } = operator({ dir: project, url: database.url })
    const full = await run('build', { targetPath: join(disk, 'target') })
    expect([full.code, full.stderr]).toEqual([2, expect.stringMatching(/Cannot write .*: the disk is full\n {2}→ .*--target-path/)])
    expect(full.stderr).not.toMatch(/^ +at /m)
    const [last] = JSON.parse((await perform(runsCommand, { url: database.url, dir: project, options: { output: 'json' } })).stdout)
    expect(last).toMatchObject({ status: 'failed', message: expect.stringContaining('the disk is full') })
    expect([...(await database.sql`select * from core.roles`)]).toEqual([])
    resize('20m')
    expect((await run('build', { targetPath: join(disk, 'target') })).code).toBe(0)
    expect(await database.sql`select name from core.roles`).toHaveLength(1)
  })

  it('of the embedded server: it says so when it is made and while it is filled, and goes on when there is room', async () => {
    resize('20m')
    const at = mkdtempSync(join(folder, 'project-'))
    chmodSync(at, 0o755)
    for (const name of readdirSync(project)) cpSync(join(project, name), join(at, name), { recursive: true })
    symlinkSync(disk, join(at, '.pg'))
    const { run } = operator({ dir: at, url: '' })
    const build = async () => {
      const { code, stderr } = await run('build')
      expect(code, stderr).toBeGreaterThan(0)
      expect(stderr).toMatch(/No space left on device|could not extend file/)
      expect(stderr).toMatch(/→ .*(space|disk|room)/i)
      expect(stderr).not.toMatch(/^ +at /m)
    }
    await build()
    resize('400m')
    expect(await run('build')).toEqual({ code: 0, stdout: '', stderr: '' })

    // No space for the server to start, then enough for that, and none for the load.
    fill()
    await build()
    const ballast = join(disk, 'ballast')
    truncateSync(ballast, statSync(ballast).size - 4_000_000)
    const role = (id: number) => ({ id, name: `Role ${id}`, description: randomBytes(100_000).toString('base64') })
    writeFileSync(join(at, 'data/sync-day1/roles/1.json'), JSON.stringify(Array.from({ length: 100 }, (_, index) => role(index + 1))))
    await build()
    rmSync(ballast)
    expect(await run('build')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(readdirSync(disk).filter(name => name.startsWith('new-'))).toEqual([])
  })

  it('of the feed: extract makes no batch, and goes on where it stopped', async () => {
    const site = await createSite()
    try {
      resize('64k')
      const full = await site.bring({ dataDir: disk })
      expect([full.code, full.said]).toEqual([4, expect.stringContaining('no space left on the device')])
      expect(readdirSync(disk).filter(name => !name.startsWith('.'))).toEqual([])
      resize('20m')
      expect((await site.bring({ dataDir: disk })).code).toBe(0)
      expect(existsSync(join(disk, 'sync-2026-01-05', MARKER))).toBe(true)
    } finally {
      await site.close()
    }
  })
})

function resize(size: string): void {
  const isThere = execFileSync('mount', { encoding: 'utf8' }).includes(` on ${disk} `)
  execFileSync('mount', isThere ? ['-o', `remount,size=${size}`, disk] : ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', disk])
}

function fill(): void {
  execFileSync('sh', ['-c', `cat /dev/zero > ${disk}/ballast || true`], { stdio: 'ignore' })
}
