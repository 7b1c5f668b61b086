import { type Place, type Problem, ProjectError } from '../base/errors.ts'
import { textsOf } from '../base/texts.ts'
import { isYamlMap, placeOf, placeOfValue, type Yaml, type YamlMap } from '../base/yaml.ts'
import type { Config } from '../manifest/node.ts'
import { configPlaces } from './config-positions.ts'

/** The file whose properties are read, and what is wrong with them. */
export interface Reading {
  file: string
  errors: ProjectError[]
  warnings: Problem[]
}

/** The name of an entry; without one, undefined and an error. */
export function nameOf(map: YamlMap, what: string, { file, errors }: Reading): string | undefined {
  if (typeof map.name === 'string' && map.name !== '') return map.name
  errors.push(new ProjectError(`A ${what} needs a name`, { place: placeOf(map) ?? { file } }))
  return undefined
}

/** Where the name of an entry is. */
export function placeOfName(map: YamlMap, { file }: Reading): Place {
  return placeOfValue(map, 'name') ?? { file }
}

/** Where the description of an entry is, if it is a text. */
export function describedAt(map: YamlMap): { describedAt?: Place } {
  const place = typeof map.description === 'string' ? placeOfValue(map, 'description') : undefined
  return place ? { describedAt: place } : {}
}

/** The config of an entry: tags, meta, docs … are config too, which `config:` overrides; the config of a version overrides all. */
export function configOf(map: YamlMap, read: YamlMap, version: YamlMap = {}): Config {
  const inner = mapIn(read.config)
  const config: Config = { ...inner }
  for (const key of ['enabled', 'docs', 'access', 'group']) if (read[key] !== undefined) config[key] ??= read[key]
  if (read.tags !== undefined) config.tags = [...textsOf(read.tags), ...textsOf(inner.tags)]
  if (read.meta !== undefined) config.meta = { ...(read.meta as YamlMap), ...(inner.meta as YamlMap) }
  if (version.access !== undefined) config.access = version.access
  return configPlaces({ ...config, ...(version.config as YamlMap) }, map)
}

/** A value as text; empty where there is none. */
export function textIn(value: unknown): string {
  return value === undefined || value === null ? '' : String(value)
}

/** A mapping; empty where there is none. */
export function mapIn(value: Yaml | undefined): YamlMap {
  return isYamlMap(value) ? value : {}
}

/** The mappings of a list. */
export function mapsIn(read: YamlMap, key: string): YamlMap[] {
  return ((read[key] ?? []) as Yaml[]).filter(isYamlMap)
}
