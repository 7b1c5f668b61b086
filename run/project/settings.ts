import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Problem } from '../base/errors.ts'
import { ProjectError, ProjectErrors } from '../base/errors.ts'
import { textsOf } from '../base/texts.ts'
import { readShape, type Shapes } from '../base/validate.ts'
import { DBT_VERSION, unmetVersion } from '../base/versions.ts'
import { isYamlMap, placeOf, placeOfValue, readYaml, type Yaml, type YamlMap } from '../base/yaml.ts'
import type { CitusMode } from '../manifest/node.ts'

/** The settings of dbt_project.yml, with dbt's defaults. */
export interface Settings {
  name: string
  version: string
  profile: string | undefined
  modelPaths: string[]
  seedPaths: string[]
  testPaths: string[]
  macroPaths: string[]
  docsPaths: string[]
  snapshotPaths: string[]
  analysisPaths: string[]
  assetPaths: string[]
  functionPaths: string[]
  targetPath: string
  /** The folder of installed packages. */
  packagesPath: string
  /** `dispatch:`: the packages to search for macros of a namespace. */
  dispatch: Map<string, string[]>
  /** Folders that `clean` removes; undefined where not set. */
  cleanTargets: string[] | undefined
  /** Folder of dbt.log. */
  logPath: string
  /** `models:`, `seeds:`, `tests:`/`data_tests:`, `snapshots:`, `sources:`, `unit_tests:` as written. */
  trees: {
    model?: YamlMap
    seed?: YamlMap
    test?: YamlMap
    snapshot?: YamlMap
    source?: YamlMap
    unit_test?: YamlMap
    exposure?: YamlMap
    report?: never
    analysis?: never
  }
  vars: Record<string, unknown>
  /** Variables that are folders of YAML files, with a key per file. */
  varPaths: Record<string, string>
  /** `restrict-access: true`: other packages may read only public models. */
  restrictAccess: boolean
  onRunStart: string[]
  onRunEnd: string[]
  /** The file as read, with places. */
  written: YamlMap
  /** Whether to use a Citus cluster: auto uses an existing one. */
  citus: CitusMode
  /** Where to report that a run needs attention. */
  notify: NotifySettings | undefined
}

/** The destination of messages about runs: an http or https address, or a shell command. */
export interface NotifySettings {
  url?: string
  command?: string
}

/** Reads only dbt_project.yml. Throws where it is missing or has a mistake. */
export async function readProjectFile(projectDir: string): Promise<{ dir: string; settings: Settings; text: string; warnings: Problem[] }> {
  const dir = path.resolve(projectDir)
  const text = await readFile(path.join(dir, 'dbt_project.yml'), 'utf8').catch(() => undefined)
  if (text === undefined)
    throw new ProjectError(`There is no dbt_project.yml in ${dir}`, { hint: 'Go to the project or name it with --project-dir.' })
  const errors: ProjectError[] = []
  const warnings: Problem[] = []
  const settings = readSettings(readYaml(text, 'dbt_project.yml', errors), errors, warnings)
  if (!settings || errors.length > 0) throw new ProjectErrors(errors)
  return { dir, settings, text, warnings }
}

/** Reads dbt_project.yml; undefined when the folder is not a project. */
export function readSettings(data: Yaml, errors: ProjectError[], warnings: Problem[] = [], file = 'dbt_project.yml'): Settings | undefined {
  if (!isYamlMap(data)) {
    if (errors.length === 0) errors.push(new ProjectError('dbt_project.yml must be a mapping with a name', { place: { file } }))
    return undefined
  }
  const read = readShape(data, 'dbt_project.yml', PROJECT, errors, warnings)
  const name = read.name
  if (typeof name !== 'string' || !/^[A-Za-z_]\w*$/.test(name)) {
    const place = placeOfValue(data, 'name') ?? { file }
    errors.push(new ProjectError('The project needs a name of letters, digits and underscores', { place, hint: 'Add name: my_project.' }))
    return undefined
  }
  if (read.tests !== undefined && read.data_tests !== undefined) {
    const place = placeOf(data, 'tests') ?? { file }
    errors.push(new ProjectError("Both 'tests' and 'data_tests' are given, but they are the same", { place, hint: 'Keep data_tests.' }))
  }
  const unmet = unmetVersion(textsOf(read['require-dbt-version']))
  if (unmet !== undefined) {
    const place = placeOfValue(data, 'require-dbt-version') ?? { file }
    errors.push(
      new ProjectError(`The project requires dbt ${unmet}, and this runner behaves like dbt ${DBT_VERSION}`, {
        place,
        hint: 'Change require-dbt-version.',
      }),
    )
  }
  for (const [old, name] of Object.entries(RENAMED)) {
    if (read[old] === undefined) continue
    const place = placeOf(data, old)
    const message = `The '${old}' config has been renamed to '${name}'`
    warnings.push({ message, ...(place ? { place } : {}), hint: `Please update your dbt_project.yml: write ${name}.` })
  }
  const tree = (key: string): YamlMap | undefined => read[key] as YamlMap | undefined
  const test = tree('data_tests') ?? tree('tests')
  return {
    name,
    version: String(read.version ?? ''),
    profile: read.profile === undefined ? undefined : String(read.profile),
    modelPaths: paths(read['model-paths'] ?? read['source-paths'], ['models']),
    seedPaths: paths(read['seed-paths'] ?? read['data-paths'], ['seeds']),
    testPaths: paths(read['test-paths'], ['tests']),
    macroPaths: paths(read['macro-paths'], ['macros']),
    docsPaths: paths(read['docs-paths'], []),
    snapshotPaths: paths(read['snapshot-paths'], ['snapshots']),
    functionPaths: paths(read['function-paths'], ['functions']),
    analysisPaths: paths(read['analysis-paths'], ['analyses']),
    assetPaths: paths(read['asset-paths'], []),
    restrictAccess: read['restrict-access'] === true,
    packagesPath: String(read['packages-install-path'] ?? 'dbt_packages'),
    dispatch: dispatchOf(read.dispatch, errors),
    cleanTargets: read['clean-targets'] === undefined ? undefined : paths(read['clean-targets'], []),
    targetPath: String(read['target-path'] ?? 'target'),
    logPath: String(read['log-path'] ?? 'logs'),
    trees: {
      ...(tree('models') ? { model: tree('models')! } : {}),
      ...(tree('seeds') ? { seed: tree('seeds')! } : {}),
      ...(test ? { test } : {}),
      ...(tree('snapshots') ? { snapshot: tree('snapshots')! } : {}),
      ...(tree('sources') ? { source: tree('sources')! } : {}),
      ...(tree('unit_tests') ? { unit_test: tree('unit_tests')! } : {}),
      ...(tree('exposures') ? { exposure: tree('exposures')! } : {}),
    },
    vars: varsOf(tree('vars') ?? {}, name),
    varPaths: Object.fromEntries(Object.entries(tree('var-paths') ?? {}).map(([variable, folder]) => [variable, String(folder)])),
    onRunStart: textsOf(read['on-run-start']),
    onRunEnd: textsOf(read['on-run-end']),
    written: data,
    citus: citusMode(data, read.citus, errors),
    notify: notifySettings(tree('notify'), errors),
  }
}

/** The `vars:` of vars.yml, which replace those of dbt_project.yml. */
export function varsFile(data: Yaml, { written, name }: Settings, errors: ProjectError[]): Record<string, unknown> {
  const file = 'vars.yml'
  if (!isYamlMap(data)) {
    if (data !== null) errors.push(new ProjectError('vars.yml must be a mapping with vars', { place: { file, line: 1, column: 1 } }))
    return {}
  }
  const { vars } = readShape(data, file, { vars: 'map', version: 'any' }, errors)
  const other = Object.hasOwn(written, 'vars') ? placeOf(written, 'vars') : undefined
  if (isYamlMap(vars) && other) {
    const place = placeOf(data, 'vars') ?? { file }
    errors.push(
      new ProjectError(`vars are both here and at dbt_project.yml:${other.line}`, { place, hint: 'Keep them in one of the two.' }),
    )
  }
  return varsOf(isYamlMap(vars) ? vars : {}, name)
}

function dispatchOf(value: Yaml | undefined, errors: ProjectError[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const item of (value ?? []) as YamlMap[]) {
    const { macro_namespace: namespace, search_order: order } = readShape(item, 'dispatch', DISPATCH, errors)
    if (typeof namespace === 'string') found.set(namespace, textsOf(order))
  }
  return found
}

const DISPATCH: Shapes = { macro_namespace: 'text', search_order: 'texts' }

function citusMode(data: YamlMap, value: Yaml | undefined, errors: ProjectError[]): CitusMode {
  // YAML 1.1 reads on and off as true and false.
  const mode = value === true ? 'on' : value === false ? 'off' : (value ?? 'auto')
  if (mode === 'auto' || mode === 'on' || mode === 'off') return mode
  const place = placeOfValue(data, 'citus') ?? { file: 'dbt_project.yml' }
  errors.push(new ProjectError(`Invalid citus mode '${mode}': expected auto, on or off`, { place, hint: 'The default is auto.' }))
  return 'auto'
}

function notifySettings(written: YamlMap | undefined, errors: ProjectError[]): NotifySettings | undefined {
  if (!written) return undefined
  const { url, command } = readShape(written, 'notify', { url: 'text', command: 'text' }, errors) as NotifySettings
  const place = placeOfValue(written, 'url') ?? placeOf(written, 'command')
  if (url && command)
    errors.push(
      new ProjectError("'notify' has both url and command: give one of them", { place, hint: 'A command can call curl to send to a URL.' }),
    )
  if (url?.includes('{{'))
    errors.push(new ProjectError('notify.url cannot contain Jinja', { place, hint: 'Put the address into NOTIFY_URL instead.' }))
  return url ? { url } : command ? { command } : undefined
}

// Vars under the project's own name override those at the top.
function varsOf(vars: YamlMap, project: string): Record<string, unknown> {
  const own = vars[project]
  if (!isYamlMap(own)) return vars
  const { [project]: _, ...rest } = vars
  return { ...rest, ...own }
}

function paths(value: Yaml | undefined, otherwise: string[]): string[] {
  if (value === undefined) return otherwise
  return textsOf(value).map(path => path.replace(/^\.\//, '').replace(/\/+$/, ''))
}

/** Names from before dbt 1.0, accepted with a deprecation. */
const RENAMED = { 'source-paths': 'model-paths', 'data-paths': 'seed-paths' }

const PROJECT: Shapes = {
  'source-paths': 'texts',
  'data-paths': 'texts',
  name: 'text',
  version: 'text',
  'config-version': 'any',
  profile: 'text',
  'model-paths': 'texts',
  'seed-paths': 'texts',
  'test-paths': 'texts',
  'macro-paths': 'texts',
  'docs-paths': 'texts',
  'snapshot-paths': 'texts',
  'analysis-paths': 'texts',
  'asset-paths': 'texts',
  'function-paths': 'texts',
  'target-path': 'text',
  'log-path': 'text',
  'packages-install-path': 'text',
  'clean-targets': 'texts',
  'require-dbt-version': 'texts',
  'restrict-access': 'flag',
  'query-comment': { use: 'application_name in DATABASE_URL: it names a session', harmless: true },
  'on-run-start': 'texts',
  'on-run-end': 'texts',
  flags: 'map',
  models: 'map',
  seeds: 'map',
  tests: 'map',
  data_tests: 'map',
  sources: 'map',
  snapshots: 'map',
  unit_tests: 'map',
  vars: 'map',
  'var-paths': 'map',
  citus: 'any',
  notify: 'map',
  exposures: 'map',
  metrics: { use: 'models', harmless: true },
  'semantic-models': { use: 'models', harmless: true },
  'saved-queries': { use: 'views', harmless: true },
  dispatch: 'maps',
  quoting: { use: 'nothing: names are always quoted', harmless: true },
}
