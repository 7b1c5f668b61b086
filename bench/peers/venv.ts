import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Site } from '../site.ts'

/** A temporary Python environment with dbt and dlt. */
export interface Venv {
  python: string
  dbt: string
  /** `dbt-core 1.11.1, dlt 1.31.0` */
  versions: string
}

// dbt-core 1.12 downloads a part of itself from outside the package index during installation.
const peers = ['dbt-core~=1.11.0', 'dbt-postgres~=1.10', 'dlt[postgres]~=1.31']

/** Creates it in the site's folder with pip; gives the reason as a text without python3, venv or access to a package index. */
export async function makeVenv(site: Site, packages = peers): Promise<Venv | string> {
  if (spawnSync('python3', ['-c', 'import venv, ensurepip']).status !== 0) return 'python3 with venv and pip is not here'
  const folder = join(site.dir, 'venv')
  const python = join(folder, 'bin/python')
  try {
    await site.program('python3', ['-m', 'venv', folder])
    site.say(`python environment made, pip installs ${packages.join(', ')} …`)
    await site.program(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages])
  } catch (error) {
    site.signal.throwIfAborted()
    return `pip could not install ${packages.join(', ')}: ${(error as Error).message.split('\n').at(-1)}`
  }
  const { stdout } = await site.program(python, ['-m', 'pip', 'list', '--disable-pip-version-check', '--format', 'json'])
  const listed = JSON.parse(stdout) as { name: string; version: string }[]
  const versions = ['dbt-core', 'dbt-postgres', 'dlt'].map(name => `${name} ${listed.find(one => one.name === name)?.version}`)
  return { python, dbt: join(folder, 'bin/dbt'), versions: versions.join(', ') }
}
