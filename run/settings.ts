import { DBT_VERSION, unmetVersion } from './dbtversion.ts'
import { ProjectError } from './errors.ts'
import { readShape, type Shapes } from './shape.ts'
import { isYamlMap, placeOf, placeOfValue, type Yaml, type YamlMap } from './yaml.ts'

/** What dbt_project.yml says, with dbt's defaults. */
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
  functionPaths: string[]
  targetPath: string
  /** `models:`, `seeds:`, `tests:`/`data_tests:`, `snapshots:`, `sources:`, `unit_tests:` as written. */
  trees: { model?: YamlMap; seed?: YamlMap; test?: YamlMap; snapshot?: YamlMap; source?: YamlMap; unit_test?: YamlMap }
  vars: Record<string, unknown>
  onRunStart: string[]
  onRunEnd: string[]
  /** The file as read, for places. */
  written: YamlMap
}

/** Reads dbt_project.yml; undefined when it is no project at all. */
export function readSettings(data: Yaml, errors: ProjectError[]): Settings | undefined {
  const file = 'dbt_project.yml'
  if (!isYamlMap(data)) {
    if (errors.length === 0) errors.push(new ProjectError('dbt_project.yml must be a mapping with a name', { place: { file } }))
    return undefined
  }
  const read = readShape(data, 'dbt_project.yml', PROJECT, errors)
  const name = read.name
  if (typeof name !== 'string' || !/^[A-Za-z_]\w*$/.test(name)) {
    const place = placeOfValue(data, 'name') ?? { file }
    errors.push(new ProjectError('The project needs a name of letters, digits and underscores', { place, hint: 'Add name: my_project.' }))
    return undefined
  }
  if (read.tests !== undefined && read.data_tests !== undefined) {
    const place = placeOf(data, 'tests') ?? { file }
    errors.push(new ProjectError("'tests' and 'data_tests' are the same thing: give one of them", { place, hint: 'Keep data_tests.' }))
  }
  const unmet = unmetVersion(texts(read['require-dbt-version']))
  if (unmet !== undefined) {
    const place = placeOfValue(data, 'require-dbt-version') ?? { file }
    errors.push(
      new ProjectError(`The project requires dbt ${unmet}, and this runner behaves like dbt ${DBT_VERSION}`, {
        place,
        hint: 'Change require-dbt-version.',
      }),
    )
  }
  const tree = (key: string): YamlMap | undefined => read[key] as YamlMap | undefined
  const test = tree('data_tests') ?? tree('tests')
  return {
    name,
    version: String(read.version ?? ''),
    profile: read.profile === undefined ? undefined : String(read.profile),
    modelPaths: paths(read['model-paths'], ['models']),
    seedPaths: paths(read['seed-paths'], ['seeds']),
    testPaths: paths(read['test-paths'], ['tests']),
    macroPaths: paths(read['macro-paths'], ['macros']),
    docsPaths: paths(read['docs-paths'], []),
    snapshotPaths: paths(read['snapshot-paths'], ['snapshots']),
    functionPaths: paths(read['function-paths'], ['functions']),
    analysisPaths: paths(read['analysis-paths'], ['analyses']),
    targetPath: String(read['target-path'] ?? 'target'),
    trees: {
      ...(tree('models') ? { model: tree('models')! } : {}),
      ...(tree('seeds') ? { seed: tree('seeds')! } : {}),
      ...(test ? { test } : {}),
      ...(tree('snapshots') ? { snapshot: tree('snapshots')! } : {}),
      ...(tree('sources') ? { source: tree('sources')! } : {}),
      ...(tree('unit_tests') ? { unit_test: tree('unit_tests')! } : {}),
    },
    vars: varsOf(tree('vars') ?? {}, name),
    onRunStart: texts(read['on-run-start']),
    onRunEnd: texts(read['on-run-end']),
    written: data,
  }
}

// Vars under the project's own name are its own and win over those at the top.
function varsOf(vars: YamlMap, project: string): Record<string, unknown> {
  const own = vars[project]
  if (!isYamlMap(own)) return vars
  const { [project]: _, ...rest } = vars
  return { ...rest, ...own }
}

function paths(value: Yaml | undefined, otherwise: string[]): string[] {
  if (value === undefined) return otherwise
  return texts(value).map(path => path.replace(/^\.\//, '').replace(/\/+$/, ''))
}

function texts(value: Yaml | undefined): string[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value.map(String) : [String(value)]
}

const PROJECT: Shapes = {
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
  'query-comment': { use: 'application_name in DATABASE_URL: sessions are told apart by it' },
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
  exposures: { use: '`meta:` of the models that feed it' },
  metrics: { use: 'models' },
  'semantic-models': { use: 'models' },
  'saved-queries': { use: 'views' },
  dispatch: { use: 'a macro of the same name in macros/' },
  quoting: { use: 'nothing: names are always quoted' },
}
