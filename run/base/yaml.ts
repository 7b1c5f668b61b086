import { deserialize, serialize } from 'node:v8'
import { isAlias, isMap, isScalar, isSeq, parseDocument, type ScalarTag } from 'yaml'
import { cache, cached, program, sweep } from './cache.ts'
import { type Place, ProjectError } from './errors.ts'
import { sha256 } from './hash.ts'

/** A value of YAML: JSON's values in plain objects and arrays. */
export type Yaml = null | boolean | number | string | Yaml[] | { [key: string]: Yaml }

/** A mapping of a YAML file. */
export type YamlMap = { [key: string]: Yaml }

/**
 * Reads a YAML file as dbt does (YAML 1.1: `yes` and `on` are true; dates stay text). Every mapping and sequence keeps its places, see
 * placeOf. Mistakes go to `errors`, and the readable parts are still given. An empty file is null.
 */
export function readYaml(text: string, file: string, errors: ProjectError[]): Yaml {
  // Parsing a short text is faster than reading a cache file.
  if (text.length < 500) return located(parsed(text, file, errors), text, file)
  const name = `yaml/${sha256(program() + text)}`
  const known = remembered(name)
  if (known) return located(known, text, file)
  const before = errors.length
  const read = parsed(text, file, errors)
  if (errors.length === before) {
    cache(name, serialize(read))
    sweep('yaml', MANY)
  }
  return located(read, text, file)
}

/** A parsed text, with the place of each mapping and sequence. Without a file name, as several files may have the same text. */
interface Read {
  data: Yaml
  spots: Spot[]
}

function remembered(name: string): Read | undefined {
  const bytes = cached(name)
  try {
    return bytes && (deserialize(bytes) as Read)
  } catch {
    return undefined
  }
}

function located({ data, spots: found }: Read, text: string, file: string): Yaml {
  const at = placesIn(text, file)
  for (const spot of found) spots.set(spot.container, { ...spot, at })
  return data
}

function placesIn(text: string, file: string): (offset: number) => Place {
  let starts: number[] | undefined
  return offset => {
    starts ??= [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
    let [low, high] = [0, starts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (starts[middle]! <= offset) low = middle
      else high = middle
    }
    return { file, line: low + 1, column: offset - starts[low]! + 1 }
  }
}

function parsed(text: string, file: string, errors: ProjectError[]): Read {
  const document = parseDocument(text, { version: '1.1', customTags, uniqueKeys: true, prettyErrors: false })
  const at = placesIn(text, file)
  for (const error of document.errors)
    errors.push(new ProjectError(`Invalid YAML: ${firstLine(error.message)}`, { place: at(error.pos[0]), ...hintFor(text, error.pos[0]) }))
  if (document.errors.length > 0) return { data: null, spots: [] }

  let spent = 0
  const found: Spot[] = []
  return { data: plain(document.contents), spots: found }

  function plain(node: unknown): Yaml {
    if (isAlias(node)) {
      if (++spent > 1000) throw new ProjectError('More than 1000 aliases in one YAML file', { place: at(node.range?.[0] ?? 0) })
      return plain(node.resolve(document))
    }
    if (isSeq(node)) {
      const list: Yaml[] = node.items.map(plain)
      const keys = new Map(node.items.map((item, index) => [index, offsetOf(item)]))
      found.push({ container: list, self: offsetOf(node), keys, values: new Map() })
      return list
    }
    if (isMap(node)) {
      const map: YamlMap = {}
      const keys = new Map<string | number, number>()
      const values = new Map<string | number, number>()
      for (const pair of node.items) {
        if (!isScalar(pair.key)) {
          const place = at(offsetOf(pair.key))
          errors.push(new ProjectError('A key must be plain text', { place, hint: 'Put Jinja in quotes: "{{ … }}".' }))
          continue
        }
        const key = textOfKey(pair.key)
        const merged = key === '<<' ? plain(pair.value) : undefined
        if (merged !== undefined && merged !== null && typeof merged === 'object') {
          for (const part of Array.isArray(merged) ? merged : [merged])
            for (const [name, value] of Object.entries(part as YamlMap))
              if (!Object.hasOwn(map, name)) {
                put(map, name, value)
                keys.set(name, offsetOf(pair.key))
              }
          continue
        }
        put(map, key, plain(pair.value))
        keys.set(key, offsetOf(pair.key))
        if (pair.value) values.set(key, offsetOf(pair.value))
      }
      found.push({ container: map, self: offsetOf(node), keys, values })
      return map
    }
    if (isScalar(node)) {
      if (typeof node.value === 'number' && Number.isInteger(node.value) && !Number.isSafeInteger(node.value))
        errors.push(
          new ProjectError(`The number ${node.source} is too large to be exact`, { place: at(offsetOf(node)), hint: 'Put it in quotes.' }),
        )
      return node.value as Yaml
    }
    return null
  }
}

/** The place of a mapping or sequence of a YAML file, or of one of its keys. Undefined for a value from elsewhere. */
export function placeOf(container: object, key?: string | number): Place | undefined {
  const spot = spots.get(container)
  if (!spot) return undefined
  return spot.at((key === undefined ? undefined : spot.keys.get(key)) ?? spot.self)
}

/** The place of a key's value. */
export function placeOfValue(container: object, key: string | number): Place | undefined {
  const spot = spots.get(container)
  if (!spot) return undefined
  return spot.at(spot.values.get(key) ?? spot.keys.get(key) ?? spot.self)
}

/** Copies the places of a container to a new one. */
export function copyPlaces<T extends object>(from: object, to: T): T {
  const spot = spots.get(from)
  if (spot) spots.set(to, spot)
  return to
}

/** Whether a value is a mapping. */
export function isYamlMap(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Offsets in the text: of a mapping or sequence, of its keys or items, and of the values of its keys. */
interface Spot {
  container: object
  self: number
  keys: Map<string | number, number>
  values: Map<string | number, number>
}

const spots = new WeakMap<object, Spot & { at: (offset: number) => Place }>()

const MANY = 400

// PyYAML's version of YAML 1.1: y and n are not booleans, and dates stay text so that they print as written.
const customTags = (tags: (ScalarTag | unknown)[]): never =>
  [
    ...(tags as ScalarTag[]).filter(tag => !/timestamp|binary|bool/.test(tag.tag ?? '')),
    bool(true, /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/),
    bool(false, /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/),
  ] as never

function bool(value: boolean, test: RegExp): ScalarTag {
  return { tag: 'tag:yaml.org,2002:bool', default: true, test, identify: other => other === value, resolve: () => value }
}

function put(map: YamlMap, key: string, value: Yaml): void {
  if (key === '__proto__') Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true })
  else map[key] = value
}

// A column may be named `on` or `no`: takes a key's text, not the boolean.
function textOfKey(key: { value: unknown; source?: string }): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value))
}

function offsetOf(node: unknown): number {
  const range = (node as { range?: [number, number, number] | null } | null)?.range
  return range?.[0] ?? 0
}

function firstLine(message: string): string {
  return message.split('\n')[0]!.replace(/ at line \d+.*$/, '')
}

function hintFor(text: string, offset: number): { hint?: string } {
  const from = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  const line = text.slice(from, end < 0 ? undefined : end)
  if (/[:-]\s*\{[{%]/.test(line)) return { hint: 'Put Jinja in quotes: "{{ … }}".' }
  if (line.includes('\t')) return { hint: 'Indent with spaces, not with tabs.' }
  return {}
}
