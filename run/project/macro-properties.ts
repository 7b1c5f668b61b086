import type { Place } from '../base/errors.ts'
import { readShape } from '../base/validate.ts'
import type { YamlMap } from '../base/yaml.ts'
import { mapIn, mapsIn, nameOf, placeOfName, type Reading, textIn } from './property-reading.ts'
import { ARGUMENT, MACRO } from './property-shapes.ts'

/** A macro's description. */
export interface MacroProperties {
  name: string
  place: Place
  description: string
  meta: YamlMap
  arguments: { name: string; type?: string; description?: string }[]
}

/** Reads the descriptions of macros. */
export function macrosIn(maps: YamlMap[], reading: Reading): MacroProperties[] {
  const { errors, warnings } = reading
  return maps.flatMap(map => {
    const read = readShape(map, 'a macro', MACRO, errors, warnings)
    const name = nameOf(map, 'macro', reading)
    if (name === undefined) return []
    return {
      name,
      place: placeOfName(map, reading),
      description: textIn(read.description),
      meta: (read.meta ?? mapIn(read.config).meta ?? {}) as YamlMap,
      arguments: mapsIn(read, 'arguments').map(argument => readShape(argument, 'an argument', ARGUMENT, errors, warnings) as never),
    }
  })
}
