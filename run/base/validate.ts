import type { Problem } from './errors.ts'
import { ProjectError } from './errors.ts'
import { didYouMean, useInstead } from './suggest.ts'
import { isYamlMap, placeOf, placeOfValue, type Yaml, type YamlMap } from './yaml.ts'

/**
 * The values that a key of a mapping may have; `use` names the replacement of a dbt feature that this runner lacks; a feature that builds
 * nothing (`harmless`) is ignored with a warning.
 */
export type Shape = 'any' | 'text' | 'flag' | 'map' | 'list' | 'maps' | 'texts' | { use: string; harmless?: true }

/** The keys that a mapping may have. */
export type Shapes = Record<string, Shape>

/**
 * Reads the keys of a mapping that fit their shape; other values go to `errors`, each with its place. Unknown keys are ignored, as in dbt,
 * with a warning if `warnings` is given. A null value counts as missing.
 */
export function readShape(map: YamlMap, what: string, shapes: Shapes, errors: ProjectError[], warnings?: Problem[]): YamlMap {
  const read: YamlMap = {}
  for (const [key, value] of Object.entries(map)) {
    const shape = Object.hasOwn(shapes, key) ? shapes[key]! : undefined
    const fail = (message: string, hint?: string, place = placeOf(map, key)): void => {
      errors.push(new ProjectError(message, { place, hint }))
    }
    if (shape === undefined) {
      const known = Object.keys(shapes).filter(name => typeof shapes[name] === 'string')
      const problem = { message: `Unknown key '${key}' in ${what}`, hint: didYouMean(key, known) ?? `Known keys: ${known.join(', ')}.` }
      const place = placeOf(map, key)
      if (warnings) warnings.push({ ...problem, ...(place ? { place } : {}) })
      else fail(problem.message, problem.hint)
    } else if (typeof shape === 'object' && shape.harmless && warnings) {
      const place = placeOf(map, key)
      warnings.push({ message: passedOver(`'${key}' of ${what}`), ...(place ? { place } : {}), hint: useInstead(shape.use) })
    } else if (typeof shape === 'object') fail(`not supported: '${key}' of ${what}`, useInstead(shape.use))
    else if (value === null && key !== 'freshness') continue
    else if (!fits(value, shape))
      fail(`'${key}' of ${what} must be ${WORDS[shape]}, not ${named(value)}`, undefined, placeOfValue(map, key))
    else read[key] = value
  }
  return read
}

/** The warning about a feature of dbt that changes nothing in the database, and so does not stop the run. */
export function passedOver(what: string): string {
  return `not supported: ${what}. It is ignored`
}

/** Describes a value for an error: `a list`, `the text 'yes'`. */
export function named(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  return typeof value === 'string' ? `the text '${value}'` : String(value)
}

const WORDS: Record<Exclude<Shape, object>, string> = {
  any: 'anything',
  text: 'text',
  flag: 'true or false',
  map: 'a mapping',
  list: 'a list',
  maps: 'a list of mappings',
  texts: 'a name or a list of names',
}

function fits(value: Yaml, shape: Exclude<Shape, object>): boolean {
  const scalar = value !== null && typeof value !== 'object'
  switch (shape) {
    case 'any':
      return true
    case 'text':
      return scalar
    case 'flag':
      return typeof value === 'boolean' || (typeof value === 'string' && value.includes('{{'))
    case 'map':
      return isYamlMap(value) || value === null
    case 'list':
      return Array.isArray(value)
    case 'maps':
      return Array.isArray(value) && value.every(isYamlMap)
    case 'texts':
      return scalar || (Array.isArray(value) && value.every(item => item !== null && typeof item !== 'object'))
  }
}
