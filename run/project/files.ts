import { isUtf8 } from 'node:buffer'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import type { Problem } from '../base/errors.ts'
import { type Place, ProjectError, ProjectErrors } from '../base/errors.ts'
import { filesIn } from '../base/files.ts'
import { passedOver } from '../base/validate.ts'
import { placeOfValue, readYaml, type Yaml, type YamlMap } from '../base/yaml.ts'
import type { Flags, Target } from '../manifest/node.ts'
import { type Properties, readProperties } from './properties.ts'
import { readSettings, type Settings, varsFile } from './settings.ts'
import { readVarFolder } from './var-folder.ts'

/** What the command line and the environment give to a project. */
export interface LoadOptions {
  /** --vars: over those of dbt_project.yml. */
  vars?: Record<string, unknown>
  target?: Partial<Target>
  flags?: Partial<Flags>
  /** Files that stand in for seeds of the project, by the names of the seeds; absolute. */
  seedFiles?: Map<string, string>
  /** Folders that may hold such files, for who asks whether anything has changed. */
  seedFolders?: string[]
  /** What env_var() reads; process.env when not given. */
  env?: Record<string, string | undefined>
}

/** A file of the project with the path of its folder setting: `models/core/agents.sql` lies in `models`. */
export interface SourceFile {
  /** Relative to the project. */
  file: string
  /** Relative to the folder of the setting: `core/agents.sql`. */
  within: string
  text: string
}

/** A seed's CSV; its content stays on disk. */
export interface SeedFile extends Omit<SourceFile, 'text'> {
  checksum: string
}

/** Files of a project, read but not yet rendered: give them to parseProject. Mistakes so far are in `errors`, for it to throw with its own. */
export interface ProjectFiles {
  dir: string
  settings: Settings
  options: LoadOptions
  target: Target
  flags: Flags
  vars: Record<string, unknown>
  env: Record<string, string | undefined>
  models: SourceFile[]
  seeds: SeedFile[]
  /** SQL files of snapshot-paths. */
  snapshots: SourceFile[]
  singularTests: SourceFile[]
  /** Macros and generic tests of the project. */
  macros: SourceFile[]
  /** The runner's own macros and generic tests, which the project's come before. */
  ownMacros: SourceFile[]
  docs: SourceFile[]
  /** CSV and SQL of unit tests, in fixtures/ of the test-paths. */
  fixtures: SourceFile[]
  properties: Properties
  /** selectors.yml as read; null where there is none. */
  selectors: Yaml
  /** The path within its folder setting for each properties file. */
  propertyFiles: Map<string, string>
  texts: Map<string, string>
  /** All that were looked through, absolute. */
  folders: string[]
  invocationId: string
  startedAt: Date
  errors: ProjectError[]
  /** What dbt has, we have not, and changes nothing in the database. */
  warnings: Problem[]
}

// The runner's own macros: materializations, generic tests, what dbt gives. A project's own come before them.
const RUNNER_MACROS = resolve(import.meta.dirname, '../macros')
// Folders of test-paths whose files are for the runner's developers.
const TYPESCRIPT_TESTS = /^(unit|pipeline)\//
// Files of a project that mean what this runner does not do.
const REFUSED_FILES: Record<string, [what: string, instead: string]> = {
  'packages.yml': ['packages', 'copies of the macros you need in macros/'],
  'dependencies.yml': ['packages', 'copies of the macros you need in macros/'],
}

/** Reads dbt_project.yml and every file that its paths name. Throws where there is no project; other mistakes wait for parseProject. */
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
  const varsText = await readFile(join(root, 'vars.yml'), 'utf8').catch(() => undefined)
  if (varsText !== undefined) {
    texts.set('vars.yml', varsText)
    settings.vars = { ...settings.vars, ...varsFile(readYaml(varsText, 'vars.yml', errors), settings, errors) }
  }
  for (const [variable, folder] of Object.entries(settings.varPaths)) {
    const place = placeOfValue(settings.written['var-paths'] as YamlMap, variable) ?? { file: 'dbt_project.yml' }
    settings.vars = { ...settings.vars, [variable]: await readVarFolder(root, folder, place, texts, errors) }
  }
  const files: ProjectFiles = {
    dir: root,
    settings,
    options,
    target: { ...DEFAULT_TARGET, ...defined(options.target) },
    flags: { which: 'build', fullRefresh: false, storeFailures: false, own: {}, ...defined(options.flags) },
    vars: { ...settings.vars, ...options.vars },
    env: options.env ?? process.env,
    models: [],
    seeds: [],
    snapshots: [],
    singularTests: [],
    macros: [],
    ownMacros: [],
    docs: [],
    fixtures: [],
    properties: { nodes: [], sources: [], macros: [], unitTests: [] },
    selectors: null,
    propertyFiles: new Map(),
    texts,
    folders: [],
    invocationId: randomUUID(),
    startedAt: new Date(),
    errors,
    warnings,
  }
  const listed = new Map<string, string[]>()
  files.ownMacros.push(...read(RUNNER_MACROS, name => name.endsWith('.sql')))

  const { modelPaths, seedPaths, testPaths, macroPaths, docsPaths, snapshotPaths, analysisPaths } = settings
  for (const path of modelPaths) {
    files.models.push(...read(join(root, path), name => name.endsWith('.sql')))
    for (const python of list(join(root, path), name => name.endsWith('.py'))) refuse(python, 'Python models', 'a SQL model')
  }
  for (const path of seedPaths)
    for (const own of list(join(root, path), name => name.endsWith('.csv'))) {
      const stand = options.seedFiles?.get(basename(own, '.csv'))
      const file = stand === undefined ? own : relative(root, stand)
      const checksum = createHash('sha256')
        .update(stripped(await readFile(join(root, file))))
        .digest('hex')
      files.seeds.push({ file, within: relative(path, own), checksum })
    }
  for (const path of testPaths) {
    files.fixtures.push(...read(join(root, path, 'fixtures'), name => /\.(csv|sql)$/.test(name)))
    for (const found of read(join(root, path), name => name.endsWith('.sql'))) {
      if (found.within.startsWith('fixtures/')) continue
      if (found.within.startsWith('generic/')) files.macros.push(found)
      else if (!TYPESCRIPT_TESTS.test(found.within)) files.singularTests.push(found)
    }
  }
  for (const path of macroPaths) files.macros.push(...read(join(root, path), name => name.endsWith('.sql')))
  for (const path of snapshotPaths) files.snapshots.push(...read(join(root, path), name => name.endsWith('.sql')))
  for (const path of analysisPaths)
    for (const file of list(join(root, path), name => name.endsWith('.sql')))
      warnings.push({ message: passedOver('analyses'), place: { file, line: 1 }, hint: 'Use `show --inline` instead.' })
  for (const path of settings.functionPaths)
    for (const file of list(join(root, path), name => /\.(sql|py)$/.test(name)))
      refuse(file, 'functions', 'a migration or an on-run-start that creates the function')
  for (const [file, [what, instead]] of Object.entries(REFUSED_FILES)) if (existsSync(join(root, file))) refuse(file, what, instead)
  for (const path of new Set(
    docsPaths.length > 0 ? docsPaths : [...modelPaths, ...seedPaths, ...snapshotPaths, ...macroPaths, ...testPaths],
  ))
    files.docs.push(...read(join(root, path), name => name.endsWith('.md')))
  for (const path of new Set([...modelPaths, ...seedPaths, ...snapshotPaths, ...testPaths, ...macroPaths]))
    for (const found of read(join(root, path), name => /\.ya?ml$/.test(name))) {
      if (testPaths.includes(path) && TYPESCRIPT_TESTS.test(found.within)) continue
      files.propertyFiles.set(found.file, found.within)
      readProperties(readYaml(found.text, found.file, errors), found.file, files.properties, errors, warnings)
    }

  const selectors = await readFile(join(root, 'selectors.yml'), 'utf8').catch(() => undefined)
  if (selectors !== undefined) {
    texts.set('selectors.yml', selectors)
    files.selectors = readYaml(selectors, 'selectors.yml', errors)
  }

  files.folders = [...listed.keys(), ...(options.seedFolders ?? [])]
  return files

  // Synchronous: hundreds of small files are read several times faster so.
  function read(folder: string, wanted: (name: string) => boolean): SourceFile[] {
    return list(folder, wanted).map(file => {
      const bytes = readFileSync(join(root, file))
      if (!isUtf8(bytes)) errors.push(new ProjectError('This file is not UTF-8', { place: { file }, hint: 'Save it as UTF-8.' }))
      const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
      texts.set(file, text)
      return { file, within: relative(relative(root, folder), file), text }
    })
  }

  // Relative to the project, sorted, so that nothing depends on the order of the file system.
  function list(folder: string, wanted: (name: string) => boolean): string[] {
    let files = listed.get(folder)
    if (!files) {
      files = filesIn(folder)
        .map(file => relative(root, file))
        .sort()
      listed.set(folder, files)
    }
    return files.filter(file => wanted(basename(file)) && !basename(file).startsWith('.'))
  }

  function refuse(file: string, what: string, instead: string): void {
    const place: Place = { file, line: 1 }
    errors.push(new ProjectError(`not supported: ${what}`, { place, hint: `Use ${instead} instead.` }))
  }
}

// As dbt takes the hash of a file: without the blanks at its ends.
function stripped(bytes: Buffer): Buffer {
  const isBlank = (byte: number | undefined) => byte !== undefined && (byte === 32 || (byte >= 9 && byte <= 13))
  let [start, end] = [0, bytes.length]
  while (start < end && isBlank(bytes[start])) start++
  while (end > start && isBlank(bytes[end - 1])) end--
  return bytes.subarray(start, end)
}

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
