import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { ProjectError } from '../base/errors.ts'
import { isYamlMap, readYaml, type Yaml, type YamlMap } from '../base/yaml.ts'

/** A package of package-lock.yml: exactly what is installed, with the name in its dbt_project.yml. */
export interface Locked {
  kind: 'package' | 'git' | 'local' | 'tarball'
  from: string
  /** The same with its Jinja, where secrets are only names: for files and output. */
  written?: string
  /** For the hub the version, for git the commit. */
  exact?: string
  subdirectory?: string
  name: string
}

export const LOCK_FILE = 'package-lock.yml'

/** The lock for the present packages.yml; undefined where it is missing or packages.yml has changed since. */
export function readLock(
  dir: string,
  hash: string,
  errors: ProjectError[],
  render: (value: Yaml) => Yaml = value => value,
): Locked[] | undefined {
  const path = join(dir, LOCK_FILE)
  if (!existsSync(path)) return undefined
  const data = readYaml(readFileSync(path, 'utf8'), LOCK_FILE, errors)
  if (!isYamlMap(data) || data.sha1_hash !== hash || !Array.isArray(data.packages)) return undefined
  const locked = data.packages.filter(isYamlMap).flatMap(entry => lockedOf(entry, render) ?? [])
  // A lock of an older dbt has no names, and is recreated.
  return locked.length === data.packages.length ? locked : undefined
}

/** Writes package-lock.yml as dbt does. */
export function writeLock(dir: string, packages: Locked[], hash: string): void {
  const entries = packages.map(({ kind, from, written = from, exact, subdirectory, name }) => ({
    [kind]: written,
    name,
    ...(exact === undefined ? {} : { [kind === 'git' ? 'revision' : 'version']: exact }),
    ...(subdirectory === undefined ? {} : { subdirectory }),
  }))
  writeFileSync(join(dir, LOCK_FILE), stringify({ packages: entries, sha1_hash: hash }, { sortMapEntries: true }))
}

/** dbt's hash of the entries of packages.yml. */
export function hashOf(written: Yaml[], rendered: Yaml[]): string {
  const texts = rendered.map((item, index) => pythonJson(specOf(item as YamlMap, written[index] as YamlMap))).sort()
  return createHash('sha1').update(texts.join('\n')).digest('hex')
}

function lockedOf(entry: YamlMap, render: (value: Yaml) => Yaml): Locked | undefined {
  const kind = (['package', 'git', 'local', 'tarball'] as const).find(key => typeof entry[key] === 'string')
  if (!kind || typeof entry.name !== 'string') return undefined
  const exact = kind === 'git' ? entry.revision : entry.version
  return {
    kind,
    from: String(render(entry[kind]!)),
    written: String(entry[kind]),
    name: entry.name,
    ...(exact === undefined || exact === null ? {} : { exact: String(exact) }),
    ...(typeof entry.subdirectory === 'string' ? { subdirectory: entry.subdirectory } : {}),
  }
}

// An entry as dbt's own classes write it.
function specOf(item: YamlMap, unrendered: YamlMap): YamlMap {
  if (item.package !== undefined) return { install_prerelease: false, ...item, unrendered }
  if (item.git !== undefined) return { revision: null, subdirectory: null, 'warn-unpinned': null, ...item, unrendered }
  return { ...item, unrendered }
}

function pythonJson(value: Yaml): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`
  if (!isYamlMap(value)) return JSON.stringify(value)
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}: ${pythonJson(item)}`).join(', ')}}`
}
