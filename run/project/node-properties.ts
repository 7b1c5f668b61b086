import type { Place } from '../base/errors.ts'
import { textsOf } from '../base/texts.ts'
import { readShape } from '../base/validate.ts'
import { isYamlMap, placeOfValue, type YamlMap } from '../base/yaml.ts'
import { compareVersions } from '../manifest/find-node.ts'
import type { Config, Constraint } from '../manifest/node.ts'
import { type ColumnProperties, columnsOf, constraintsOf } from './column-properties.ts'
import { configOf, describedAt, mapsIn, nameOf, placeOfName, type Reading, textIn } from './property-reading.ts'
import { ANALYSIS, MODEL, SEED, SINGULAR, SNAPSHOT, VERSION } from './property-shapes.ts'
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

type Version = ModelVersion & { read: YamlMap }

/** Reads the entries of one kind of node; a model with versions gives one for each. */
export function nodesIn(maps: YamlMap[], kind: NodeProperties['kind'], reading: Reading): NodeProperties[] {
  return maps.flatMap(map => {
    const read = readShape(map, `a ${kind}`, SHAPES[kind], reading.errors, reading.warnings)
    const name = nameOf(map, kind, reading)
    if (name === undefined) return []
    const versions = versionsOf(read, name, reading)
    return (versions.length > 0 ? versions : [undefined]).map(version => nodeOf({ map, read, kind, name, version }, reading))
  })
}

const SHAPES = { analysis: ANALYSIS, model: MODEL, seed: SEED, snapshot: SNAPSHOT, test: SINGULAR }

interface Entry {
  map: YamlMap
  read: YamlMap
  kind: NodeProperties['kind']
  name: string
  version: Version | undefined
}

function nodeOf({ map, read, kind, name, version }: Entry, reading: Reading): NodeProperties {
  const own = version?.read ?? {}
  const tested = own.tests !== undefined || own.data_tests !== undefined ? { ...read, ...own } : read
  return {
    kind,
    name,
    place: placeOfName(map, reading),
    description: textIn(own.description ?? read.description),
    ...describedAt(map),
    config: configOf(map, read, own),
    columns: own.columns === undefined ? columnsOf(read, reading) : versionColumns(read, own, reading),
    constraints: constraintsOf(read, reading),
    ...(isYamlMap(read.time_spine) ? { timeSpine: read.time_spine } : {}),
    tests: kind === 'test' ? [] : readTests(map, tested, reading),
    ...(version ? { version: { v: version.v, file: version.file, isLatest: version.isLatest } } : {}),
    ...(kind === 'snapshot' && read.relation !== undefined ? { relation: textIn(read.relation), ...relationAt(map) } : {}),
  }
}

function versionsOf(read: YamlMap, name: string, { errors, warnings }: Reading): Version[] {
  const found = mapsIn(read, 'versions').map(map => readShape(map, 'a version', VERSION, errors, warnings))
  const numbers = found.map(({ v }) => textIn(v))
  const newest = [...numbers].sort(compareVersions).at(-1)
  const latest = read.latest_version === undefined ? newest : textIn(read.latest_version)
  return found.map((own, index) => {
    const v = numbers[index]!
    return { v, file: textIn(own.defined_in ?? `${name}_v${v}`), isLatest: v === latest, read: own }
  })
}

// The columns of a version, merged with those of the model that it includes.
function versionColumns(read: YamlMap, own: YamlMap, reading: Reading): ColumnProperties[] {
  const given = mapsIn(own, 'columns')
  const rule = given.find(map => map.include !== undefined)
  const excluded = textsOf(rule?.exclude)
  const included = rule === undefined ? ['*'] : textsOf(rule.include)
  const isIncluded = (name: string): boolean =>
    (included.includes('*') || included.includes('all') || included.includes(name)) && !excluded.includes(name)
  const mine = columnsOf({ ...own, columns: given.filter(map => map !== rule) }, reading)
  const names = mine.map(({ name }) => name)
  return [...columnsOf(read, reading).filter(({ name }) => isIncluded(name) && !names.includes(name)), ...mine]
}

function relationAt(map: YamlMap): { relationAt?: Place } {
  const place = placeOfValue(map, 'relation')
  return place ? { relationAt: place } : {}
}
