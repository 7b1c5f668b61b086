import { fileAndLine } from '../base/codeframe.ts'
import type { Problem } from '../base/errors.ts'
import { type Place, ProjectError } from '../base/errors.ts'
import { textsOf } from '../base/texts.ts'
import { readShape } from '../base/validate.ts'
import { isYamlMap, placeOf, placeOfValue, type Yaml, type YamlMap } from '../base/yaml.ts'
import { compareVersions } from '../manifest/find-node.ts'
import type { Column, Config, Constraint } from '../manifest/node.ts'
import { configPlaces, copyConfigPlaces } from './config-positions.ts'
import { type ExposureProperties, exposuresIn } from './exposure-properties.ts'
import { checkedFreshness, freshnessOf } from './freshness-properties.ts'
import { type GroupProperties, groupsIn } from './group-properties.ts'
import {
  ANALYSIS,
  ARGUMENT,
  COLUMN,
  CONSTRAINT,
  EXPECT,
  GIVEN,
  MACRO,
  MODEL,
  OVERRIDES,
  SEED,
  SINGULAR,
  SNAPSHOT,
  SOURCE,
  TABLE,
  TOP,
  UNIT,
  VERSION,
} from './property-shapes.ts'
import { readTests, type TestProperties } from './test-properties.ts'

/** Properties of a model, seed, snapshot or singular test, from one YAML file. */
export interface NodeProperties {
  kind: 'model' | 'seed' | 'snapshot' | 'test' | 'analysis'
  name: string
  place: Place
  description: string
  describedAt?: Place
  config: Config
  columns: ColumnProperties[]
  constraints: Constraint[]
  tests: TestProperties[]
  /** `time_spine:` of a model, shown only in `graph` and artifacts. */
  timeSpine?: YamlMap
  /** For a snapshot defined in YAML: `ref('agents')`. */
  relation?: string
  relationAt?: Place
  /** For a version of a model: its number, the name of its file, and whether it is the one of ref() without a version. */
  version?: ModelVersion
}

/** The model version of some properties. */
export interface ModelVersion {
  v: string
  file: string
  isLatest: boolean
}

/** A column, with the generic tests on it. */
export interface ColumnProperties extends Column {
  place: Place
  describedAt?: Place
  tests: TestProperties[]
}

/** A table of a source. */
export interface SourceProperties {
  sourceName: string
  name: string
  place: Place
  database?: string
  schema: string
  identifier: string
  loader: string
  description: string
  sourceDescription: string
  loadedAtField?: string
  loadedAtQuery?: string
  freshness?: YamlMap | null
  /** Config of the source, then of the table. */
  configs: Config[]
  columns: ColumnProperties[]
  tests: TestProperties[]
}

/** A macro's description. */
export interface MacroProperties {
  name: string
  place: Place
  description: string
  meta: YamlMap
  arguments: { name: string; type?: string; description?: string }[]
}

/** A unit test as data. */
export interface UnitTestProperties {
  name: string
  place: Place
  model: string
  description: string
  given: YamlMap[]
  expect: YamlMap
  overrides: YamlMap
  config: Config
}

/** The contents of all properties files. */
export interface Properties {
  nodes: NodeProperties[]
  sources: SourceProperties[]
  macros: MacroProperties[]
  unitTests: UnitTestProperties[]
  exposures: ExposureProperties[]
  groups: GroupProperties[]
}

/** Reads one properties file into `into`; mistakes of form go to `errors` with their places. */
export function readProperties(data: Yaml, file: string, into: Properties, errors: ProjectError[], warnings: Problem[] = []): void {
  if (data === null) return
  if (!isYamlMap(data)) {
    errors.push(
      new ProjectError('A properties file must be a mapping with models, sources, seeds …', { place: { file, line: 1, column: 1 } }),
    )
    return
  }
  const top = readShape(data, 'a properties file', TOP, errors, warnings)
  for (const [key, kind] of KINDS) for (const item of maps(top, key)) readNode(item, kind)
  for (const item of maps(top, 'sources')) readSource(item)
  for (const item of maps(top, 'macros')) readMacro(item)
  for (const item of maps(top, 'unit_tests')) readUnitTest(item)
  into.groups.push(...groupsIn(maps(top, 'groups'), file, errors, warnings))
  into.exposures.push(...exposuresIn(maps(top, 'exposures'), { file, errors, warnings, configOf }))

  function readNode(map: YamlMap, kind: NodeProperties['kind']): void {
    const read = readShape(map, `a ${kind}`, SHAPES[kind], errors, warnings)
    const name = nameOf(map, kind)
    if (name === undefined) return
    const versions = versionsOf(read, name)
    for (const version of versions.length > 0 ? versions : [undefined]) addNode(map, read, kind, name, version)
  }

  function addNode(
    map: YamlMap,
    read: YamlMap,
    kind: NodeProperties['kind'],
    name: string,
    version?: ModelVersion & { read: YamlMap },
  ): void {
    const own = version?.read ?? {}
    const tested = own.tests !== undefined || own.data_tests !== undefined ? { ...read, ...own } : read
    into.nodes.push({
      kind,
      name,
      place: placeOfValue(map, 'name') ?? { file },
      description: text(own.description ?? read.description),
      ...describedAt(map),
      config: configOf(map, read, own),
      columns: own.columns === undefined ? columnsOf(read) : versionColumns(read, own),
      constraints: constraintsOf(read),
      ...(isYamlMap(read.time_spine) ? { timeSpine: read.time_spine } : {}),
      tests: kind === 'test' ? [] : readTests(map, tested, file, errors),
      ...(version ? { version: { v: version.v, file: version.file, isLatest: version.isLatest } } : {}),
      ...(kind === 'snapshot' && read.relation !== undefined ? { relation: text(read.relation), ...relationAt(map) } : {}),
    })
  }

  function versionsOf(read: YamlMap, name: string): (ModelVersion & { read: YamlMap })[] {
    const found = maps(read, 'versions').map(map => readShape(map, 'a version', VERSION, errors, warnings))
    const numbers = found.map(({ v }) => text(v))
    const newest = [...numbers].sort(compareVersions).at(-1)
    const latest = read.latest_version === undefined ? newest : text(read.latest_version)
    return found.map((own, index) => {
      const v = numbers[index]!
      return { v, file: text(own.defined_in ?? `${name}_v${v}`), isLatest: v === latest, read: own }
    })
  }

  // The columns of a version, merged with those of the model that it includes.
  function versionColumns(read: YamlMap, own: YamlMap): ColumnProperties[] {
    const given = maps(own, 'columns')
    const rule = given.find(map => map.include !== undefined)
    const excluded = textsOf(rule?.exclude)
    const included = rule === undefined ? ['*'] : textsOf(rule.include)
    const isIncluded = (name: string): boolean =>
      (included.includes('*') || included.includes('all') || included.includes(name)) && !excluded.includes(name)
    const mine = columnsOf({ ...own, columns: given.filter(map => map !== rule) })
    const names = mine.map(({ name }) => name)
    return [...columnsOf(read).filter(({ name }) => isIncluded(name) && !names.includes(name)), ...mine]
  }

  function readSource(map: YamlMap): void {
    const read = readShape(map, 'a source', SOURCE, errors, warnings)
    const sourceName = nameOf(map, 'source')
    if (sourceName === undefined) return
    for (const table of maps(read, 'tables')) {
      const own = readShape(table, 'a table of a source', TABLE, errors, warnings)
      const name = nameOf(table, 'table')
      if (name === undefined) continue
      const config = isYamlMap(read.config) ? read.config : {}
      const ownConfig = isYamlMap(own.config) ? own.config : {}
      const inherit = (key: string): Yaml | undefined => ownConfig[key] ?? own[key] ?? config[key] ?? read[key]
      const freshness = freshnessOf([read, config, own, ownConfig])
      into.sources.push({
        sourceName,
        name,
        place: placeOfValue(table, 'name') ?? { file },
        ...(read.database ? { database: text(read.database) } : {}),
        schema: text(read.schema ?? sourceName),
        identifier: text(own.identifier ?? name),
        loader: text(own.loader ?? read.loader),
        description: text(own.description),
        sourceDescription: text(read.description),
        ...(inherit('loaded_at_field') ? { loadedAtField: text(inherit('loaded_at_field')) } : {}),
        ...(inherit('loaded_at_query') ? { loadedAtQuery: text(inherit('loaded_at_query')) } : {}),
        ...(freshness === undefined ? {} : { freshness: checkedFreshness(freshness, errors) }),
        configs: [configOf(map, read), configOf(table, own)].map(withoutFreshness),
        columns: columnsOf(own),
        tests: readTests(table, own, file, errors),
      })
    }
  }

  function readMacro(map: YamlMap): void {
    const read = readShape(map, 'a macro', MACRO, errors, warnings)
    const name = nameOf(map, 'macro')
    if (name === undefined) return
    const config = isYamlMap(read.config) ? read.config : {}
    into.macros.push({
      name,
      place: placeOfValue(map, 'name') ?? { file },
      description: text(read.description),
      meta: (read.meta ?? config.meta ?? {}) as YamlMap,
      arguments: maps(read, 'arguments').map(argument => readShape(argument, 'an argument', ARGUMENT, errors, warnings) as never),
    })
  }

  function readUnitTest(map: YamlMap): void {
    const read = readShape(map, 'a unit test', UNIT, errors, warnings)
    const name = nameOf(map, 'unit test')
    if (name === undefined) return
    const place = placeOfValue(map, 'name') ?? { file }
    for (const key of ['model', 'expect'])
      if (read[key] === undefined) errors.push(new ProjectError(`The unit test '${name}' has no '${key}'`, { place }))
    for (const given of maps(read, 'given')) readShape(given, 'an input of a unit test', GIVEN, errors, warnings)
    if (isYamlMap(read.expect)) readShape(read.expect, 'the expectation of a unit test', EXPECT, errors, warnings)
    if (isYamlMap(read.overrides)) readShape(read.overrides, 'overrides', OVERRIDES, errors, warnings)
    into.unitTests.push({
      name,
      place,
      model: text(read.model),
      description: text(read.description),
      given: maps(read, 'given'),
      expect: isYamlMap(read.expect) ? read.expect : {},
      overrides: isYamlMap(read.overrides) ? read.overrides : {},
      config: configOf(map, read),
    })
  }

  function columnsOf(read: YamlMap): ColumnProperties[] {
    const columns = new Map<string, ColumnProperties>()
    for (const map of maps(read, 'columns')) {
      const own = readShape(map, 'a column', COLUMN, errors, warnings)
      const name = nameOf(map, 'column')
      if (name === undefined) continue
      const place = placeOfValue(map, 'name') ?? { file }
      const other = columns.get(name)
      if (other) {
        warnings.push({
          message: `The column '${name}' is described twice, first at ${fileAndLine(other.place)}`,
          place,
          hint: 'The last description is used, and the tests of both.',
        })
      }
      const config = isYamlMap(own.config) ? own.config : {}
      const before = other?.tests ?? []
      const tags = [...textsOf(own.tags), ...textsOf(config.tags)]
      columns.set(name, {
        name,
        place,
        description: text(own.description),
        ...describedAt(map),
        ...(own.data_type === undefined ? {} : { dataType: text(own.data_type) }),
        ...(own.quote === undefined ? {} : { quote: own.quote === true }),
        meta: { ...(own.meta as YamlMap), ...(config.meta as YamlMap) },
        tags,
        constraints: constraintsOf(own),
        tests: [...before, ...readTests(map, own, file, errors, own.quote === true ? `"${name}"` : name, tags)],
      })
    }
    return [...columns.values()]
  }

  function constraintsOf(read: YamlMap): Constraint[] {
    return maps(read, 'constraints').map(map => readShape(map, 'a constraint', CONSTRAINT, errors, warnings) as unknown as Constraint)
  }

  function nameOf(map: YamlMap, what: string): string | undefined {
    if (typeof map.name === 'string' && map.name !== '') return map.name
    errors.push(new ProjectError(`A ${what} needs a name`, { place: placeOf(map) ?? { file } }))
    return undefined
  }
}

const KINDS = [
  ['models', 'model'],
  ['seeds', 'seed'],
  ['snapshots', 'snapshot'],
  ['tests', 'test'],
  ['data_tests', 'test'],
  ['analyses', 'analysis'],
] as const

const SHAPES = { analysis: ANALYSIS, model: MODEL, seed: SEED, snapshot: SNAPSHOT, test: SINGULAR }

// tags, meta, docs … beside `config:` are config too, overridden by `config:`; a version's config overrides all.
function configOf(map: YamlMap, read: YamlMap, version: YamlMap = {}): Config {
  const inner = isYamlMap(read.config) ? read.config : {}
  const config: Config = { ...inner }
  for (const key of ['enabled', 'docs', 'access', 'group']) if (read[key] !== undefined) config[key] ??= read[key]
  if (read.tags !== undefined) config.tags = [...textsOf(read.tags), ...textsOf(inner.tags)]
  if (read.meta !== undefined) config.meta = { ...(read.meta as YamlMap), ...(inner.meta as YamlMap) }
  if (version.access !== undefined) config.access = version.access
  return configPlaces({ ...config, ...(version.config as YamlMap) }, map)
}

function describedAt(map: YamlMap): { describedAt?: Place } {
  const place = typeof map.description === 'string' ? placeOfValue(map, 'description') : undefined
  return place ? { describedAt: place } : {}
}

function relationAt(map: YamlMap): { relationAt?: Place } {
  const place = placeOfValue(map, 'relation')
  return place ? { relationAt: place } : {}
}

function withoutFreshness(config: Config): Config {
  const { freshness: _, loaded_at_field: __, loaded_at_query: ___, ...rest } = config
  return copyConfigPlaces(config, rest)
}

function text(value: unknown): string {
  return value === undefined || value === null ? '' : String(value)
}

function maps(read: YamlMap, key: string): YamlMap[] {
  return ((read[key] ?? []) as Yaml[]).filter(isYamlMap)
}
