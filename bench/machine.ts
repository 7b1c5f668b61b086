import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, cpus, platform, release, totalmem } from 'node:os'

/** The machine of a measurement. */
export interface Machine {
  cores: string
  memory: string
  system: string
  node: string
  postgres: string
}

/** This machine, with the version of the measured server. */
export function machineOf(postgres: string): Machine {
  const models = cpus().map(({ model }) => model)
  return {
    cores: `${models.length} × ${models[0] ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    system: `${systemName()}, kernel ${release()}, ${arch()}`,
    node: process.version,
    postgres,
  }
}

/** The measured commit, with a `+` when files differ from it. */
export function commitOf(folder: string): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' }).trim()
    // Ignores the benchmark's own files.
    const changed = git('status', '--porcelain', '--', '.', ':!bench/*.md', ':!bench/*.json', ':!bench/*.svg', ':!README.md')
    return git('rev-parse', '--short', 'HEAD') + (changed ? '+' : '')
  } catch {
    return 'unknown'
  }
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? platform()
  } catch {
    return platform()
  }
}
