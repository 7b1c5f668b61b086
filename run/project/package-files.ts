import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Place, ProjectError } from '../base/errors.ts'
import { isYamlMap, placeOf, readYaml, type Yaml, type YamlMap } from '../base/yaml.ts'

/** A package requested by packages.yml or dependencies.yml. */
export interface WantedPackage {
  /** The key that names its origin. */
  kind: 'package' | 'git' | 'local' | 'tarball'
  /** Its name on the hub, address or folder. */
  from: string
  /** The same with its Jinja, where secrets are only names. */
  written: string
  /** For the hub: the allowed versions. */
  versions: string[]
  /** For git: branch, tag or commit. */
  revision?: string
  subdirectory?: string
  /** For a tarball: the name of its folder. */
  name?: string
  place: Place
}

/** The files that may request packages; only the first existing one is read. */
export const PACKAGE_FILES = ['packages.yml', 'dependencies.yml']

/** The packages that a project requests; mistakes go to `errors`. `file` is null where no file requests any. */
export function wantedPackages(
  dir: string,
  errors: ProjectError[],
  render: (value: Yaml) => Yaml = value => value,
): { wanted: WantedPackage[]; file: string | null; text: string } {
  for (const file of PACKAGE_FILES) {
    const path = join(dir, file)
    if (!existsSync(path)) continue
    const text = readFileSync(path, 'utf8')
    const data = readYaml(text, file, errors)
    const list = isYamlMap(data) ? data.packages : undefined
    if (list === undefined || list === null) continue
    if (!Array.isArray(list)) {
      errors.push(new ProjectError(`packages of ${file} must be a list`, { place: placeOf(data as YamlMap, 'packages') ?? { file } }))
      return { wanted: [], file, text }
    }
    return { wanted: packagesOf(list, index => placeOf(list, index) ?? { file }, errors, render), file, text }
  }
  return { wanted: [], file: null, text: '' }
}

/** The packages of a list as in packages.yml, each with its place. */
export function packagesOf(
  list: Yaml[],
  place: (index: number) => Place,
  errors: ProjectError[],
  render: (value: Yaml) => Yaml,
): WantedPackage[] {
  return list.flatMap((item, index) => packageOf(item, place(index), errors, render) ?? [])
}

/** A package as readable text. */
export function shownPackage({ written, versions, revision }: WantedPackage): string {
  const more = versions.length > 0 ? ` ${versions.join(', ')}` : revision === undefined ? '' : ` at ${revision}`
  return written + more
}

/** Folders of installed packages, relative to the project. */
export function installedFolders(root: string, folders: string[], installPath: string): string[] {
  return folders
    .map(name => join(installPath, name))
    .filter(path => existsSync(join(root, path, 'dbt_project.yml')))
    .map(path => relative('.', path))
    .sort()
}

const KINDS = ['package', 'git', 'local', 'tarball'] as const

function packageOf(item: Yaml, place: Place, errors: ProjectError[], render: (value: Yaml) => Yaml): WantedPackage | undefined {
  const fail = (message: string, hint: string): undefined => {
    errors.push(new ProjectError(message, { place, hint }))
    return undefined
  }
  if (!isYamlMap(item)) return fail('A package must be a mapping', 'Write - package: dbt-labs/dbt_utils, and version: below it.')
  const read = render(item) as YamlMap
  const kind = KINDS.find(key => read[key] !== undefined)
  if (!kind) return fail(`A package needs one of ${KINDS.join(', ')}`, `This one has ${Object.keys(item).join(', ') || 'nothing'}.`)
  const versions = texts(read.version)
  if (kind === 'package' && versions.length === 0)
    return fail(`The package ${String(read.package)} has no version`, 'Add version: [">=1.0.0", "<2.0.0"], or one version.')
  if (kind === 'tarball' && read.name === undefined)
    return fail(`The tarball ${String(read.tarball)} has no name`, 'Add name: the name of the package in its dbt_project.yml.')
  return {
    kind,
    from: String(read[kind]),
    written: String(item[kind]),
    versions,
    place,
    ...(read.revision === undefined || read.revision === null ? {} : { revision: String(read.revision) }),
    ...(read.subdirectory === undefined || read.subdirectory === null ? {} : { subdirectory: String(read.subdirectory) }),
    ...(read.name === undefined ? {} : { name: String(read.name) }),
  }
}

function texts(value: Yaml | undefined): string[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value.map(String) : String(value).split(/\s*,\s*/)
}
