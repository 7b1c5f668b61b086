import type { Place } from '../base/errors.ts'
import { isYamlMap, placeOf, type YamlMap } from '../base/yaml.ts'
import type { Config } from '../manifest/node.ts'

/** The places of a config's keys: those of `config:` and those beside it. */
export function configPlace(config: Config, key: string): Place | undefined {
  const [inner, outer] = configContainers.get(config) ?? []
  if (inner && Object.hasOwn(inner, key)) return placeOf(inner, key)
  return outer && Object.hasOwn(outer, key) ? placeOf(outer, key) : outer && placeOf(outer)
}

const configContainers = new WeakMap<Config, [inner: object | undefined, outer: object]>()

/** Stores which YAML mapping a config came from. */
export function configPlaces(config: Config, outer: YamlMap): Config {
  configContainers.set(config, [isYamlMap(outer.config) ? outer.config : undefined, outer])
  return config
}

/** Copies the places of a config to another one derived from it. */
export function copyConfigPlaces(from: Config, to: Config): Config {
  const places = configContainers.get(from)
  if (places) configContainers.set(to, places)
  return to
}
