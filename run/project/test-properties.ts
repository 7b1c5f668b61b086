import { type Place, ProjectError } from '../base/errors.ts'
import { isYamlMap, placeOf, placeOfValue, type Yaml, type YamlMap } from '../base/yaml.ts'
import type { Config } from '../manifest/node.ts'
import { configPlaces } from './config-positions.ts'
import { type Reading, textIn } from './property-reading.ts'
import { TEST_CONFIG } from './property-shapes.ts'

/** A generic test as written for a node or column. */
export interface TestProperties {
  /** `unique`, or `dbt.unique` with its namespace. */
  generic: string
  namespace?: string
  place: Place
  column?: string
  /** Tags of the column, inherited by the test. */
  columnTags: string[]
  /** The `name:` that replaces the generated one. */
  name?: string
  description: string
  arguments: YamlMap
  /** Config as written: `config:` over the keys beside it. */
  config: Config
  /** The mapping with the arguments, for their places. */
  container: object
}

/** The generic tests of a node or column: `read` are the keys of `map` with a valid form. */
export function readTests(
  map: YamlMap,
  read: YamlMap,
  { file, errors }: Reading,
  column?: string,
  columnTags: string[] = [],
): TestProperties[] {
  if (read.tests !== undefined && read.data_tests !== undefined)
    errors.push(
      new ProjectError("Both 'tests' and 'data_tests' are given, but they are the same", placed(placeOf(map, 'tests'), 'Keep data_tests.')),
    )
  const key = read.data_tests === undefined ? 'tests' : 'data_tests'
  const items = (read[key] ?? []) as Yaml[]
  return items.flatMap((item, index) => readTest(item, placeOf(items, index) ?? { file }, column, columnTags, errors) ?? [])
}

function readTest(
  item: Yaml,
  place: Place,
  column: string | undefined,
  columnTags: string[],
  errors: ProjectError[],
): TestProperties | undefined {
  const base = {
    place,
    ...(column === undefined ? {} : { column }),
    columnTags,
    description: '',
    arguments: {},
    config: {},
    container: {},
  }
  if (typeof item === 'string') return { ...base, ...genericName(item) }
  if (!isYamlMap(item)) {
    errors.push(new ProjectError('A test must be a name, or a mapping of a name to its arguments', { place }))
    return undefined
  }
  let generic: string
  let body: YamlMap
  if (typeof item.test_name === 'string') {
    generic = item.test_name
    body = item
  } else {
    const keys = Object.keys(item)
    const inner = item[keys[0]!]
    if (keys.length !== 1) {
      const hint = `Indent the arguments under '${keys[0]}:'.`
      errors.push(new ProjectError(`A test must have one name, found ${keys.map(key => `'${key}'`).join(', ')}`, { place, hint }))
      return undefined
    }
    generic = keys[0]!
    body = isYamlMap(inner) ? inner : {}
    if (inner !== null && !isYamlMap(inner)) {
      errors.push(new ProjectError(`The arguments of '${generic}' must be a mapping`, { place: placeOfValue(item, generic) ?? place }))
      return undefined
    }
  }
  const config: Config = {}
  const args: YamlMap = {}
  let container: object = body
  for (const [key, value] of Object.entries(body)) {
    if (key === 'test_name' || key === 'name' || key === 'description') continue
    else if (key === 'arguments' && isYamlMap(value)) {
      Object.assign(args, value)
      container = value
    } else if (key === 'config' && isYamlMap(value)) continue
    else if (key === 'column_name' && column === undefined) args[key] = value
    else if (TEST_CONFIG.has(key)) config[key] = value
    else args[key] = value
  }
  if (isYamlMap(body.config)) Object.assign(config, body.config)
  const own = args.column_name
  return {
    ...base,
    ...genericName(generic),
    ...(typeof own === 'string' ? { column: own } : {}),
    ...(typeof body.name === 'string' ? { name: body.name } : {}),
    description: textIn(body.description),
    arguments: args,
    config: configPlaces(config, body),
    container,
  }
}

function genericName(name: string): { generic: string; namespace?: string } {
  const dot = name.indexOf('.')
  return dot < 0 ? { generic: name } : { generic: name.slice(dot + 1), namespace: name.slice(0, dot) }
}

function placed(place: Place | undefined, hint: string): { place?: Place; hint: string } {
  return place ? { place, hint } : { hint }
}
