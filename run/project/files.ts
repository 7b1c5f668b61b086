import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Problem, ProjectError, ProjectErrors } from '../base/errors.ts'
import { isYamlMap, placeOfValue, readYaml, type YamlMap } from '../base/yaml.ts'
import type { Target } from '../manifest/node.ts'
import { createFolderReader, type FolderReader } from './folder-reader.ts'
import { installedFolders, shownPackage, wantedPackages } from './package-files.ts'
import type { LoadOptions, ProjectFiles } from './project-files.ts'
import { readParts } from './project-parts.ts'
import { readSettings, type Settings, varsFile } from './settings.ts'
import { readVarFolder } from './var-folder.ts'

// The runner's own macros: materializations, generic tests and dbt's macros. A project's own take precedence.
const RUNNER_MACROS = resolve(import.meta.dirname, '../macros')
/** Reads dbt_project.yml and every file on its paths. Throws where there is no project; other mistakes are left to parseProject. */
export async function loadProject(dir: string, options: LoadOptions = {}): Promise<ProjectFiles> {
  const root = resolve(dir)
  const errors: ProjectError[] = []
  const text = await readFile(join(root, 'dbt_project.yml'), 'utf8').catch(() => undefined)
  if (text === undefined)
    throw new ProjectError(`There is no dbt_project.yml in ${root}`, { hint: 'Go to the project or name it with --project-dir.' })
  const warnings: Problem[] = []
  const settings = readSettings(readYaml(text, 'dbt_project.yml', errors), errors, warnings)
  if (!settings) throw new ProjectErrors(errors)

  const texts = new Map([['dbt_project.yml', text]])
  await addVars(root, settings, texts, errors)
  const files: ProjectFiles = {
    ...emptyParts(),
    dir: root,
    packageDir: '',
    packages: [],
    settings,
    options,
    target: { ...DEFAULT_TARGET, ...defined(options.target) },
    flags: { which: 'build', fullRefresh: false, storeFailures: false, own: {}, ...defined(options.flags) },
    vars: { ...settings.vars, ...options.vars },
    packageVars: new Map(),
    packageVersions: new Map(),
    env: options.env ?? process.env,
    selectors: null,
    texts,
    folders: [],
    invocationId: randomUUID(),
    startedAt: new Date(),
    errors,
    warnings,
  }
  const reader = createFolderReader(root, texts, errors)
  files.ownMacros.push(...reader.read(RUNNER_MACROS, name => name.endsWith('.sql')))
  readParts(files, root, reader)
  readPackages(files, reader)
  files.packageVars = packageVarsOf(files)
  files.packageVersions = new Map(files.packages.map(({ settings }) => [settings.name, settings.version]))

  const selectors = await readFile(join(root, 'selectors.yml'), 'utf8').catch(() => undefined)
  if (selectors !== undefined) {
    texts.set('selectors.yml', selectors)
    files.selectors = readYaml(selectors, 'selectors.yml', errors)
  }
  files.folders = [...reader.folders(), ...(options.seedFolders ?? [])]
  return files
}

async function addVars(root: string, settings: Settings, texts: Map<string, string>, errors: ProjectError[]): Promise<void> {
  const varsText = await readFile(join(root, 'vars.yml'), 'utf8').catch(() => undefined)
  if (varsText !== undefined) {
    texts.set('vars.yml', varsText)
    settings.vars = { ...settings.vars, ...varsFile(readYaml(varsText, 'vars.yml', errors), settings, errors) }
  }
  for (const [variable, folder] of Object.entries(settings.varPaths)) {
    const place = placeOfValue(settings.written['var-paths'] as YamlMap, variable) ?? { file: 'dbt_project.yml' }
    settings.vars = { ...settings.vars, [variable]: await readVarFolder(root, folder, place, texts, errors) }
  }
}

/** Reads the installed packages, each as a project of its own; a single error if any of them is missing. */
function readPackages(files: ProjectFiles, reader: FolderReader): void {
  const { dir, settings, errors } = files
  const { wanted, file, text } = wantedPackages(dir, errors)
  if (file !== null) files.texts.set(file, text)
  const path = join(dir, settings.packagesPath)
  const folders = existsSync(path) ? installedFolders(dir, readdirSync(path), settings.packagesPath) : []
  if (wanted.length > folders.length) {
    const missing = wanted.length === 1 ? 'a package' : `${wanted.length} packages`
    const there = folders.length === 0 ? 'none is' : folders.length === 1 ? 'one is' : `${folders.length} are`
    errors.push(
      new ProjectError(
        `${file} requires ${missing} (${wanted.map(shownPackage).join('; ')}), but ${there} installed in ${settings.packagesPath}`,
        {
          place: wanted[0]!.place,
          hint: 'Install them: npx tsx run.ts deps',
        },
      ),
    )
    return
  }
  for (const folder of folders) readPackage(files, folder, reader)
}

function readPackage(root: ProjectFiles, packageDir: string, reader: FolderReader): void {
  const { dir, texts, errors, warnings } = root
  const file = join(packageDir, 'dbt_project.yml')
  const text = readFileSync(join(dir, file), 'utf8')
  texts.set(file, text)
  const settings = readSettings(readYaml(text, file, errors), errors, warnings, file)
  if (!settings) return
  const other = [root, ...root.packages].find(({ settings: { name } }) => name === settings.name)
  if (other) {
    const message = `The package in ${packageDir} is called '${settings.name}', as is ${other.packageDir || 'the project itself'}`
    errors.push(new ProjectError(message, { place: { file, line: 1 }, hint: 'Remove one of them.' }))
    return
  }
  const files: ProjectFiles = { ...root, ...emptyParts(), packageDir, packages: [], settings, ownMacros: [] }
  readParts(files, join(dir, packageDir), reader)
  root.packages.push(files)
}

/** The vars of a package's nodes: its own, overridden by the project's for all packages and for this one, then by --vars. */
function packageVarsOf({ packages, settings, options }: ProjectFiles): Map<string, Record<string, unknown>> {
  return new Map(
    packages.map(({ settings: own }) => {
      const given = settings.vars[own.name]
      return [own.name, { ...own.vars, ...settings.vars, ...(isYamlMap(given) ? given : {}), ...options.vars }]
    }),
  )
}

function emptyParts(): Pick<ProjectFiles, PartName> {
  return {
    models: [],
    seeds: [],
    snapshots: [],
    singularTests: [],
    analyses: [],
    macros: [],
    ownMacros: [],
    docs: [],
    markdown: [],
    fixtures: [],
    properties: { nodes: [], sources: [], macros: [], unitTests: [], exposures: [], groups: [] },
    propertyFiles: new Map(),
  }
}

type PartName =
  | 'models'
  | 'seeds'
  | 'snapshots'
  | 'singularTests'
  | 'analyses'
  | 'macros'
  | 'ownMacros'
  | 'docs'
  | 'markdown'
  | 'fixtures'
  | 'properties'
  | 'propertyFiles'

const DEFAULT_TARGET: Target = {
  name: 'dev',
  profileName: 'default',
  type: 'postgres',
  host: 'localhost',
  port: 5432,
  user: 'postgres',
  database: 'postgres',
  schema: 'public',
  threads: 1,
}

function defined<T extends object>(values: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>
}
