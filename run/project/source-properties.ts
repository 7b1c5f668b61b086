import type { Place } from '../base/errors.ts'
import { readShape } from '../base/validate.ts'
import type { Yaml, YamlMap } from '../base/yaml.ts'
import type { Config } from '../manifest/node.ts'
import { type ColumnProperties, columnsOf } from './column-properties.ts'
import { copyConfigPlaces } from './config-positions.ts'
import { checkedFreshness, freshnessOf } from './freshness-properties.ts'
import { configOf, mapIn, mapsIn, nameOf, placeOfName, type Reading, textIn } from './property-reading.ts'
import { SOURCE, TABLE } from './property-shapes.ts'
import { readTests, type TestProperties } from './test-properties.ts'

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

/** Reads the tables of the sources. */
export function sourcesIn(maps: YamlMap[], reading: Reading): SourceProperties[] {
  return maps.flatMap(map => {
    const read = readShape(map, 'a source', SOURCE, reading.errors, reading.warnings)
    const sourceName = nameOf(map, 'source', reading)
    if (sourceName === undefined) return []
    return mapsIn(read, 'tables').flatMap(table => tableOf({ map, read, sourceName }, table, reading) ?? [])
  })
}

function tableOf(
  { map, read, sourceName }: { map: YamlMap; read: YamlMap; sourceName: string },
  table: YamlMap,
  reading: Reading,
): SourceProperties | undefined {
  const own = readShape(table, 'a table of a source', TABLE, reading.errors, reading.warnings)
  const name = nameOf(table, 'table', reading)
  if (name === undefined) return undefined
  const [config, ownConfig] = [mapIn(read.config), mapIn(own.config)]
  const inherit = (key: string): Yaml | undefined => ownConfig[key] ?? own[key] ?? config[key] ?? read[key]
  const freshness = freshnessOf([read, config, own, ownConfig])
  return {
    sourceName,
    name,
    place: placeOfName(table, reading),
    ...(read.database ? { database: textIn(read.database) } : {}),
    schema: textIn(read.schema ?? sourceName),
    identifier: textIn(own.identifier ?? name),
    loader: textIn(own.loader ?? read.loader),
    description: textIn(own.description),
    sourceDescription: textIn(read.description),
    ...(inherit('loaded_at_field') ? { loadedAtField: textIn(inherit('loaded_at_field')) } : {}),
    ...(inherit('loaded_at_query') ? { loadedAtQuery: textIn(inherit('loaded_at_query')) } : {}),
    ...(freshness === undefined ? {} : { freshness: checkedFreshness(freshness, reading.errors) }),
    configs: [configOf(map, read), configOf(table, own)].map(withoutFreshness),
    columns: columnsOf(own, reading),
    tests: readTests(table, own, reading),
  }
}

function withoutFreshness(config: Config): Config {
  const { freshness: _, loaded_at_field: __, loaded_at_query: ___, ...rest } = config
  return copyConfigPlaces(config, rest)
}
