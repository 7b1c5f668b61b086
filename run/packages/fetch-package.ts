import { cpSync, existsSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { ProjectError, ProjectErrors } from '../base/errors.ts'
import { withoutCredentials } from '../base/sanitize.ts'
import { isYamlMap, readYaml } from '../base/yaml.ts'
import { download } from './download.ts'
import { extract, refuseLinksOut } from './extract.ts'
import { clone } from './git.ts'
import type { Locked } from './lock.ts'

/** A package in a folder of this machine. */
export interface Fetched {
  /** Absolute; for a local package its own folder. */
  folder: string
  /** The name in its dbt_project.yml. */
  name: string
  /** For git: the commit. */
  exact?: string
}

/** Fetches a package from git or a tarball into `into`, which must not exist yet; of a local package only finds the folder. */
export async function fetchPackage(root: string, wanted: Omit<Locked, 'name'>, into: string): Promise<Fetched> {
  const what = `The package ${wanted.written ?? withoutCredentials(wanted.from)}`
  if (wanted.kind === 'local') {
    const folder = resolve(root, wanted.from)
    if (!existsSync(folder) || !statSync(folder).isDirectory())
      throw new ProjectError(`Cannot find ${what}: ${folder} is not a folder`, {
        hint: 'local: must be a path relative to the folder of dbt_project.yml.',
      })
    return { folder, name: nameOf(folder, what) }
  }
  if (wanted.kind === 'git') {
    const exact = await clone(wanted.from, wanted.exact, into)
    refuseLinksOut(into, what)
    const folder = within(into, wanted.subdirectory, what)
    return { folder, name: nameOf(folder, what), exact }
  }
  const bytes = isAddress(wanted.from) ? await download(wanted.from, what) : readTarball(resolve(root, wanted.from), what)
  await extract(bytes, into, what)
  const folder = within(into, wanted.subdirectory, what)
  return { folder, name: nameOf(folder, what) }
}

/** Copies a fetched package to its place of installation. */
export function copyPackage(folder: string, to: string): void {
  cpSync(folder, to, { recursive: true, verbatimSymlinks: true })
}

function isAddress(from: string): boolean {
  return /^[a-z]+:\/\//.test(from)
}

function readTarball(path: string, what: string): Buffer {
  if (!existsSync(path)) throw new ProjectError(`Cannot find ${what}: ${path} does not exist`)
  return readFileSync(path)
}

function within(folder: string, subdirectory: string | undefined, what: string): string {
  if (subdirectory === undefined) return folder
  const parts = subdirectory.split(/[\\/]/)
  if (isAbsolute(subdirectory) || parts.includes('..'))
    throw new ProjectError(`${what} has the subdirectory '${subdirectory}', which leads out of it`)
  const found = join(folder, ...parts)
  if (!existsSync(found))
    throw new ProjectError(`${what} has no folder '${subdirectory}'`, { hint: 'Correct subdirectory: in packages.yml.' })
  return found
}

function nameOf(folder: string, what: string): string {
  const path = join(folder, 'dbt_project.yml')
  if (!existsSync(path))
    throw new ProjectError(`${what} has no dbt_project.yml`, { hint: 'If it is in a subfolder, add subdirectory: in packages.yml.' })
  const errors: ProjectError[] = []
  const data = readYaml(readFileSync(path, 'utf8'), 'dbt_project.yml', errors)
  if (errors.length > 0) throw new ProjectErrors(errors)
  const name = isYamlMap(data) ? data.name : undefined
  if (typeof name === 'string' && /^[A-Za-z_]\w*$/.test(name)) return name
  throw new ProjectError(`Missing or invalid name in the dbt_project.yml of ${what}`)
}
