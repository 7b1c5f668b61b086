import { type Place, ProjectError } from '../base/errors.ts'
import { readShape, type Shapes } from '../base/validate.ts'
import { placeOf, placeOfValue, type Yaml, type YamlMap } from '../base/yaml.ts'
import type { Config } from '../manifest/node.ts'
import { configOf, describedAt, mapIn, placeOfName, type Reading, textIn } from './property-reading.ts'

/** An exposure: a use of the warehouse elsewhere. */
const EXPOSURE: Shapes = {
  name: 'text',
  label: 'text',
  type: 'text',
  maturity: 'text',
  url: 'text',
  owner: 'map',
  description: 'text',
  depends_on: 'list',
  config: 'map',
  meta: 'map',
  tags: 'texts',
  enabled: 'flag',
}
/** An exposure: who uses what, outside of the warehouse. */
export interface ExposureProperties {
  name: string
  place: Place
  type: string
  label: string | null
  maturity: string | null
  url: string | null
  owner: { name?: string; email?: string }
  description: string
  describedAt?: Place
  /** `ref('agents')`, `source('raw', 'agents')`. */
  dependsOn: { call: string; place: Place }[]
  config: Config
}

/** Reads the exposures of the YAML; mistakes go to `errors`. */
export function exposuresIn(maps: YamlMap[], reading: Reading): ExposureProperties[] {
  return maps.flatMap(map => exposureOf(map, reading) ?? [])
}

function exposureOf(map: YamlMap, reading: Reading): ExposureProperties | undefined {
  const { file, errors, warnings } = reading
  const read = readShape(map, 'an exposure', EXPOSURE, errors, warnings)
  const name = textIn(map.name)
  if (name === '') {
    errors.push(new ProjectError('An exposure needs a name', { place: placeOf(map) ?? { file } }))
    return undefined
  }
  const place = placeOfName(map, reading)
  const fail = (message: string, key: string, hint: string): void => {
    errors.push(new ProjectError(message, { place: map[key] === undefined ? place : placeOfValue(map, key), hint }))
  }
  const type = textIn(read.type).toLowerCase()
  if (!TYPES.includes(type))
    fail(`The exposure '${name}' has ${type ? `the type '${type}'` : 'no type'}`, 'type', `Expected one of ${TYPES.join(', ')}.`)
  const owner = mapIn(read.owner)
  if (!owner.name && !owner.email) fail(`The exposure '${name}' has no owner`, 'owner', 'Add owner: with a name or an email.')
  const calls = (read.depends_on ?? []) as Yaml[]
  return {
    name,
    place,
    type,
    label: read.label === undefined ? null : textIn(read.label),
    maturity: read.maturity === undefined ? null : textIn(read.maturity).toLowerCase(),
    url: read.url === undefined ? null : textIn(read.url),
    owner: { ...(owner.name ? { name: textIn(owner.name) } : {}), ...(owner.email ? { email: textIn(owner.email) } : {}) },
    description: textIn(read.description),
    ...describedAt(map),
    config: configOf(map, read),
    dependsOn: calls.map((call, index) => ({ call: textIn(call), place: placeOf(calls, index) ?? place })),
  }
}

const TYPES = ['dashboard', 'notebook', 'analysis', 'ml', 'application']
