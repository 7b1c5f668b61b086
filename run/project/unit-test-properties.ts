import { type Place, ProjectError } from '../base/errors.ts'
import { readShape } from '../base/validate.ts'
import { isYamlMap, type YamlMap } from '../base/yaml.ts'
import type { Config } from '../manifest/node.ts'
import { configOf, mapIn, mapsIn, nameOf, placeOfName, type Reading, textIn } from './property-reading.ts'
import { EXPECT, GIVEN, OVERRIDES, UNIT } from './property-shapes.ts'

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

/** Reads the unit tests. */
export function unitTestsIn(maps: YamlMap[], reading: Reading): UnitTestProperties[] {
  return maps.flatMap(map => unitTestOf(map, reading) ?? [])
}

function unitTestOf(map: YamlMap, reading: Reading): UnitTestProperties | undefined {
  const { errors, warnings } = reading
  const read = readShape(map, 'a unit test', UNIT, errors, warnings)
  const name = nameOf(map, 'unit test', reading)
  if (name === undefined) return undefined
  const place = placeOfName(map, reading)
  for (const key of ['model', 'expect'])
    if (read[key] === undefined) errors.push(new ProjectError(`The unit test '${name}' has no '${key}'`, { place }))
  const given = mapsIn(read, 'given')
  for (const input of given) readShape(input, 'an input of a unit test', GIVEN, errors, warnings)
  if (isYamlMap(read.expect)) readShape(read.expect, 'the expectation of a unit test', EXPECT, errors, warnings)
  if (isYamlMap(read.overrides)) readShape(read.overrides, 'overrides', OVERRIDES, errors, warnings)
  return {
    name,
    place,
    model: textIn(read.model),
    description: textIn(read.description),
    given,
    expect: mapIn(read.expect),
    overrides: mapIn(read.overrides),
    config: configOf(map, read),
  }
}
