import { ProjectError } from '../base/errors.ts'
import { readShape } from '../base/validate.ts'
import { copyPlaces, isYamlMap, placeOf, type YamlMap } from '../base/yaml.ts'

/**
 * The thresholds of a table, merged with those of its source: null removes them, an empty mapping changes nothing. Undefined without any
 * `freshness:`.
 */
export function freshnessOf(levels: YamlMap[]): YamlMap | null | undefined {
  let merged: YamlMap | null | undefined
  for (const { freshness } of levels.filter(level => Object.hasOwn(level, 'freshness')))
    merged = isYamlMap(freshness) ? laidOver(merged ?? {}, freshness) : null
  return merged
}

/** Checks the thresholds of `freshness:`: each has a count and a period of minute, hour or day. */
export function checkedFreshness(freshness: YamlMap | null, errors: ProjectError[]): YamlMap | null {
  if (freshness === null) return null
  const read = readShape(freshness, 'freshness', { warn_after: 'map', error_after: 'map', filter: 'text' }, errors)
  for (const key of ['warn_after', 'error_after']) {
    const age = read[key]
    if (!isYamlMap(age)) continue
    const { count, period } = readShape(age, key, { count: 'any', period: 'text' }, errors)
    const isJinja = typeof count === 'string' && count.includes('{{')
    const place = placeOf(age)
    if ((!isJinja && !Number.isInteger(count)) || !['minute', 'hour', 'day'].includes(String(period)))
      errors.push(
        new ProjectError(`${key} needs a count and a period of minute, hour or day`, {
          place,
          hint: `Write ${key}: {count: 12, period: hour}.`,
        }),
      )
  }
  return read
}

function laidOver(below: YamlMap, above: YamlMap): YamlMap {
  const ages = ['warn_after', 'error_after'].flatMap(key => {
    const [age, own] = [below[key], above[key]]
    if (!isYamlMap(own)) return []
    if (Object.keys(own).length === 0) return [[key, age ?? null]]
    return isYamlMap(age) ? [[key, copyPlaces(own, { ...age, ...own })]] : []
  })
  return copyPlaces(above, { ...below, ...above, ...Object.fromEntries(ages) })
}
