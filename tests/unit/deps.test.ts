import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { create } from 'tar'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProjectErrors } from '../../run/base/errors.ts'
import { readYaml, type Yaml } from '../../run/base/yaml.ts'
import { type Deps, installPackages } from '../../run/packages/install.ts'
import { hashOf } from '../../run/packages/lock.ts'
import { newestOf } from '../../run/packages/versions.ts'
import { folderOf } from './fixture.ts'

const files = new Map<string, Buffer | string>()
let server: Server
let address: string

beforeAll(async () => {
  server = createServer((request, response) => {
    const found = files.get(request.url ?? '')
    response.writeHead(found === undefined ? 404 : 200).end(found)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterAll(() => new Promise(resolve => server.close(resolve)))

function written(parts: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'deskledger-package-'))
  for (const [path, text] of Object.entries(parts)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** A tarball with one folder in it, as on the hub. */
async function tarball(parts: Record<string, string>, link?: [path: string, target: string]): Promise<Buffer> {
  const folder = written(Object.fromEntries(Object.entries(parts).map(([path, text]) => [`top/${path}`, text])))
  if (link) symlinkSync(link[1], join(folder, 'top', link[0]))
  const file = join(folder, 'a.tgz')
  await create({ gzip: true, file, cwd: folder }, ['top'])
  return readFileSync(file)
}

async function onHub(name: string, versions: Record<string, unknown[]>): Promise<void> {
  const own = name.split('/')[1] ?? ''
  const entries: Record<string, object> = {}
  for (const [version, packages] of Object.entries(versions)) {
    const path = `/${name}/${version}.tgz`
    files.set(
      path,
      await tarball({ 'dbt_project.yml': `name: ${own}\nversion: ${version}\n`, 'macros/m.sql': '{% macro a() %}{% endmacro %}' }),
    )
    entries[version] = { name: own, packages, downloads: { tarball: `${address}${path.slice(1)}` } }
  }
  files.set(`/api/v1/${name}.json`, JSON.stringify({ name, versions: entries }))
}

async function install(root: string, more: Partial<Deps> = {}): Promise<string[]> {
  const said: string[] = []
  await installPackages({
    root,
    into: 'dbt_packages',
    env: { DBT_PACKAGE_HUB_URL: address },
    render: value => value,
    lockOnly: false,
    upgrade: false,
    say: message => said.push(message),
    ...more,
  })
  return said
}

const failure = (root: string, more: Partial<Deps> = {}): Promise<string> =>
  install(root, more).then(
    () => 'no error',
    error => (error instanceof ProjectErrors ? error.errors[0] : error).message,
  )
const asking = (...packages: object[]) => folderOf({ 'packages.yml': JSON.stringify({ packages }) })
const versionOf = (root: string, name: string) =>
  /version: (\S+)/.exec(readFileSync(join(root, 'dbt_packages', name, 'dbt_project.yml'), 'utf8'))?.[1]

describe('versions', () => {
  const all = ['0.9.0', '1.0.0', '1.2.0', '1.10.0', '2.0.0-rc1', '2.0.0', '2.1.0-b1']
  it.each([
    [['>=1.0.0', '<2.0.0'], '1.10.0'],
    [['1.2.0'], '1.2.0'],
    [['=1.2.0'], '1.2.0'],
    [['>1.10.0'], '2.0.0'],
    [['<=1.2.0'], '1.2.0'],
    [['>=2.1.0-b1'], '2.1.0-b1'],
    [['>3.0.0'], undefined],
  ])('%j is %s', (ranges, newest) => expect(newestOf(all, ranges)).toBe(newest))
})

// dbt 1.11's entries in package-lock.yml.
it.each([
  ['packages:\n  - package: dbt-labs/dbt_utils\n    version: [">=1.0.0", "<2.0.0"]\n', 'dd1e1feb2d2bbce79e7a255cd309a60e6548df0b'],
  [
    'packages:\n  - package: dbt-labs/dbt_utils\n    version: 1.3.3\n  - git: https://x/y.git\n    revision: main\n',
    '9e52798ae79e1e4852b0d3dccc3795bab8313612',
  ],
  ['packages:\n  - local: ../\n', 'de2deba3d66ce03d8c02949013650cc9b94f6030'],
  ['packages:\n  - tarball: http://x/a.tgz\n    name: a\n', '6b39a9a0b5e441aac1beaeeef5fa2958cc328b3b'],
])('the lock has the hash of dbt: %j', (text, hash) => {
  const { packages } = readYaml(text, 'packages.yml', []) as { packages: Yaml[] }
  expect(hashOf(packages, packages)).toBe(hash)
})

describe('from the hub', () => {
  it('packages are resolved together, with those that they ask for, locked, and installed from the lock', async () => {
    await onHub('acme/base', { '1.0.0': [], '1.1.0': [], '2.0.0': [] })
    await onHub('acme/tools', { '3.0.0': [{ package: 'acme/base', version: ['>=1.0.0', '<1.1.0'] }] })
    const root = asking({ package: 'acme/base', version: ['>=1.0.0', '<2.0.0'] }, { package: 'acme/tools', version: '3.0.0' })
    expect(await install(root)).toEqual(
      expect.arrayContaining(['Installing acme/base', '  Installed from version 1.0.0', '  Installed from version 3.0.0']),
    )
    expect([versionOf(root, 'base'), versionOf(root, 'tools')]).toEqual(['1.0.0', '3.0.0'])
    const lock = readFileSync(join(root, 'package-lock.yml'), 'utf8')
    expect(lock).toMatch(/^packages:\n {2}- name: base\n {4}package: acme\/base\n {4}version: 1\.0\.0\n.*sha1_hash: [0-9a-f]{40}\n$/s)

    await onHub('acme/tools', { '3.0.0': [] })
    await install(root)
    expect(versionOf(root, 'base')).toBe('1.0.0')
    await install(root, { upgrade: true })
    expect(versionOf(root, 'base')).toBe('1.1.0')
  })

  it('--lock installs nothing', async () => {
    await onHub('acme/base', { '1.0.0': [] })
    const root = asking({ package: 'acme/base', version: '1.0.0' })
    await install(root, { lockOnly: true })
    expect(readdirSync(root).sort()).toEqual(['dbt_project.yml', 'package-lock.yml', 'packages.yml'])
  })

  it('a version conflict names both sides, and what was installed stays', async () => {
    await onHub('acme/base', { '1.0.0': [], '2.0.0': [] })
    await onHub('acme/tools', { '3.0.0': [{ package: 'acme/base', version: '>=2.0.0' }] })
    const root = asking({ package: 'acme/base', version: '1.0.0' })
    await install(root)
    writeFileSync(
      join(root, 'packages.yml'),
      JSON.stringify({
        packages: [
          { package: 'acme/base', version: '<2.0.0' },
          { package: 'acme/tools', version: '3.0.0' },
        ],
      }),
    )
    expect(await failure(root)).toBe(
      'No version of acme/base is <2.0.0 and >=2.0.0 (the project requires <2.0.0; acme/tools 3.0.0 requires >=2.0.0)',
    )
    expect(readdirSync(join(root, 'dbt_packages'))).toEqual(['base'])
    expect(readdirSync(root).filter(name => name.startsWith('.'))).toEqual([])
  })

  it('a hub that does not answer, and a package that it does not have', async () => {
    expect(await failure(asking({ package: 'acme/none', version: '1.0.0' }))).toBe(
      `The package acme/none cannot be fetched from ${address}api/v1/acme/none.json: the answer is 404 Not Found`,
    )
    const away = { env: { DBT_PACKAGE_HUB_URL: 'http://127.0.0.1:1/' } }
    expect(await failure(asking({ package: 'acme/none', version: '1.0.0' }), away)).toMatch(
      /cannot be fetched from http:\/\/127\.0\.0\.1:1\//,
    )
  })
})

describe('from elsewhere', () => {
  it('a local package is a link, and what it asks for comes with it', async () => {
    const base = written({ 'dbt_project.yml': 'name: base\n' })
    const tools = written({ 'dbt_project.yml': 'name: tools\n', 'packages.yml': JSON.stringify({ packages: [{ local: base }] }) })
    const root = asking({ local: tools })
    await install(root)
    expect(readdirSync(join(root, 'dbt_packages'))).toEqual(['base', 'tools'])
    expect(lstatSync(join(root, 'dbt_packages/tools')).isSymbolicLink()).toBe(true)
    expect(existsSync(join(root, 'dbt_packages/base/dbt_project.yml'))).toBe(true)
  })

  it('git by branch, tag and commit, with a subdirectory', async () => {
    const repository = written({ 'dbt_project.yml': 'name: one\nversion: 1\n', 'sub/dbt_project.yml': 'name: below\n' })
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { encoding: 'utf8' }).trim()
    git('init', '-q', '-b', 'main')
    git('add', '.')
    git('commit', '-qm', 'one')
    git('tag', 'v1')
    const first = git('rev-parse', 'HEAD')
    writeFileSync(join(repository, 'dbt_project.yml'), 'name: one\nversion: 2\n')
    git('commit', '-qam', 'two')
    for (const [revision, version] of [
      ['main', '2'],
      ['v1', '1'],
      [first, '1'],
    ] as const) {
      const root = asking({ git: repository, revision })
      await install(root)
      expect([versionOf(root, 'one'), existsSync(join(root, 'dbt_packages/one/.git'))]).toEqual([version, false])
      expect(readFileSync(join(root, 'package-lock.yml'), 'utf8')).toContain(
        `revision: ${version === '1' ? first : git('rev-parse', 'HEAD')}`,
      )
    }
    const below = asking({ git: repository, revision: 'v1', subdirectory: 'sub' })
    await install(below)
    expect(readdirSync(join(below, 'dbt_packages'))).toEqual(['below'])
    expect(await failure(asking({ git: repository, revision: 'v9' }))).toContain("has no branch, tag or commit 'v9'")
    expect(await failure(asking({ git: '--upload-pack=x', revision: 'v9' }))).toContain('Invalid git address or revision')
    expect(await failure(asking({ git: repository, revision: 'v1', subdirectory: '../x' }))).toContain('which leads out of it')
  })

  it('a secret of the environment is never written down nor shown', async () => {
    files.set('/s3cret/t.tgz', await tarball({ 'dbt_project.yml': 'name: packed\n' }))
    const render = (value: Yaml): Yaml => JSON.parse(JSON.stringify(value).replaceAll("{{ env_var('DBT_ENV_SECRET_T') }}", 's3cret'))
    const root = asking({ tarball: `${address}{{ env_var('DBT_ENV_SECRET_T') }}/t.tgz`, name: 'packed' })
    const env = { DBT_ENV_SECRET_T: 's3cret' }
    const said = await install(root, { render, env })
    expect(said.join() + readFileSync(join(root, 'package-lock.yml'), 'utf8')).not.toContain('s3cret')
    await install(root, { render, env })
    expect(existsSync(join(root, 'dbt_packages/packed'))).toBe(true)
    files.delete('/s3cret/t.tgz')
    expect(await failure(root, { render, env, upgrade: true })).toMatch(/cannot be fetched from http:\/\/127\.0\.0\.1:\d+\/\*{5}\/t\.tgz/)
  })

  it('a tarball by its address or path', async () => {
    files.set('/t.tgz', await tarball({ 'dbt_project.yml': 'name: packed\n', 'macros/a.sql': 'x' }))
    const root = asking({ tarball: `${address}t.tgz`, name: 'packed' })
    await install(root)
    expect(existsSync(join(root, 'dbt_packages/packed/macros/a.sql'))).toBe(true)
  })
})

describe('archives that are not safe', () => {
  it.each<[string, () => Promise<Buffer>, string]>([
    [
      'a link out of it',
      () => tarball({ 'dbt_project.yml': 'name: a\n' }, ['macros', '../../etc']),
      'the link top/macros → ../../etc leads out',
    ],
    ['an absolute link', () => tarball({ 'dbt_project.yml': 'name: a\n' }, ['macros', '/etc']), 'the link top/macros → /etc leads out'],
    ['a path above it', async () => archiveOf('top/../../evil.txt'), 'the path top/../../evil.txt leads out of its folder'],
    ['an absolute path', async () => archiveOf('/tmp/evil.txt'), 'the path /tmp/evil.txt leads out of its folder'],
    ['a device', async () => archiveOf('top/null', '3'), 'top/null is a CharacterDevice'],
    ['no tarball', async () => Buffer.from('<html>not found</html>'), 'Cannot read the tarball'],
  ])('%s is refused, and nothing is installed', async (_, bytes, message) => {
    files.set('/bad.tgz', await bytes())
    const root = asking({ tarball: `${address}bad.tgz`, name: 'a' })
    expect(await failure(root)).toContain(message)
    expect(readdirSync(root).sort()).toEqual(['dbt_project.yml', 'packages.yml'])
  })
})

/** An archive with one entry of any name. */
function archiveOf(path: string, type = '0'): Buffer {
  const header = Buffer.alloc(512)
  header.write(path, 0)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write('00000000000\0', 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write('ustar\x0000', 257)
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  return Buffer.concat([header, Buffer.alloc(1024)])
}
