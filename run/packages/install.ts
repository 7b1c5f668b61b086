import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { ProjectError, ProjectErrors } from '../base/errors.ts'
import { isYamlMap, readYaml, type Yaml } from '../base/yaml.ts'
import { wantedPackages } from '../project/package-files.ts'
import { copyPackage, fetchPackage } from './fetch-package.ts'
import { hubOf } from './hub.ts'
import { hashOf, type Locked, readLock, writeLock } from './lock.ts'
import { type Resolved, resolvePackages } from './resolve.ts'

/** The parameters of `deps`. */
export interface Deps {
  root: string
  /** `packages-install-path`, relative. */
  into: string
  env: Record<string, string | undefined>
  /** Renders the Jinja of packages.yml. */
  render: (value: Yaml) => Yaml
  /** Only resolves, and writes package-lock.yml. */
  lockOnly: boolean
  /** Ignores the lock and resolves again. */
  upgrade: boolean
  say(message: string): void
}

/** Installs the packages of packages.yml: all of them, or on an error none. Gives their number. */
export async function installPackages(deps: Deps): Promise<number> {
  const { root, into, env, say } = deps
  const errors: ProjectError[] = []
  const { wanted, file, text } = wantedPackages(root, errors, deps.render)
  if (errors.length > 0) throw new ProjectErrors(errors)
  if (file === null || wanted.length === 0) return 0
  const hash = hashFor(text, file, deps)
  const locked = deps.upgrade ? undefined : readLock(root, hash, errors, deps.render)
  const target = resolve(root, into)
  mkdirSync(dirname(target), { recursive: true })
  const scratch = mkdtempSync(join(dirname(target), `.${basename(target)}-`))
  try {
    const hub = hubOf(env)
    const packages: Resolved[] = locked ?? (await resolvePackages(wanted, { root, scratch, hub, render: deps.render }))
    if (deps.lockOnly) {
      writeLock(root, packages, hash)
      return packages.length
    }
    const staged = join(scratch, 'staged')
    mkdirSync(staged)
    for (const [index, one] of packages.entries()) {
      say(`Installing ${one.written ?? one.from}`)
      await stage(one, { deps, hub, staged, target, folder: join(scratch, `install-${index}`) })
      say(`  Installed from ${sourceOf(one)}`)
    }
    replace(target, staged, scratch)
    if (!locked) writeLock(root, packages, hash)
    return packages.length
  } catch (error) {
    throw scrubbed(error, env)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

// Hides secrets as dbt does: addresses and messages of git may contain some.
function scrubbed(error: unknown, env: Deps['env']): unknown {
  const secrets = Object.entries(env).flatMap(([name, value]) => (name.startsWith('DBT_ENV_SECRET_') && value ? [value] : []))
  if (!(error instanceof ProjectError) || secrets.length === 0) return error
  const clean = (text: string): string => secrets.reduce((rest, secret) => rest.replaceAll(secret, '*****'), text)
  const { message, place, hint } = error
  return new ProjectError(clean(message), { place, hint: hint === undefined ? undefined : clean(hint) })
}

interface Staging {
  deps: Deps
  hub: ReturnType<typeof hubOf>
  staged: string
  target: string
  folder: string
}

async function stage(one: Resolved, { deps: { root }, hub, staged, target, folder }: Staging): Promise<void> {
  const place = join(staged, one.name)
  if (one.kind === 'local') {
    const { folder: there, name } = await fetchPackage(root, one, folder)
    refuseOtherName(one, name)
    // The link is relative to its final place; without links the folder is copied.
    try {
      symlinkSync(relative(target, there) || '.', place, 'dir')
    } catch {
      copyPackage(there, place)
    }
    return
  }
  const version = one.kind === 'package' ? (one.hub ?? (await hub(one.from, [one.exact ?? ''], ''))) : undefined
  const source = version ? { kind: 'tarball' as const, from: version.tarball } : one
  const fetched = one.fetched ?? (await fetchPackage(root, source, folder))
  refuseOtherName(one, fetched.name)
  copyPackage(fetched.folder, place)
}

function refuseOtherName({ from, written = from, name }: Locked, found: string): void {
  if (name !== found && name !== '') throw new ProjectError(`The package ${written} is called '${found}', expected '${name}'`)
}

// Removes the old folder only when the new one is in place.
function replace(target: string, staged: string, scratch: string): void {
  const old = join(scratch, 'old')
  const isThere = existsSync(target)
  if (isThere) renameSync(target, old)
  try {
    renameSync(staged, target)
  } catch (error) {
    if (isThere) renameSync(old, target)
    throw error
  }
}

function sourceOf({ kind, exact, from, written = from }: Locked): string {
  if (kind === 'local') return `<local @ ${written}>`
  if (kind === 'git') return `revision ${exact}`
  return kind === 'tarball' ? `tarball (url: ${written})` : `version ${exact}`
}

function hashFor(text: string, file: string, { render }: Deps): string {
  const data = readYaml(text, file, [])
  const written = (isYamlMap(data) ? (data.packages as Yaml[]) : []) ?? []
  return hashOf(written, written.map(render))
}
