import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject } from 'ajv'
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import { type Place, ProjectError } from '../../run/base/errors.ts'
import { requirementOf } from '../../run/base/schema-words.ts'

/** The place of a value in the file, or of one of its keys. The path starts at the top: `['entities', 0]`. */
export type PlaceOf = (path: readonly (string | number)[], key?: string) => Place

/** Reads a source's YAML, checks it against source.schema.json and fills in the defaults. */
export function readChecked(text: string, file: string): { value: unknown; placeOf: PlaceOf; errors: ProjectError[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false })
  const placeOf: PlaceOf = (path, key) => ({ file, ...placeIn(document, lines, path, key) })
  if (document.errors.length > 0) return { value: undefined, placeOf, errors: document.errors.map(syntaxError) }

  const value: unknown = document.toJS({ maxAliasCount: 100 })
  fits(value)
  return { value, placeOf, errors: (fits.errors ?? []).map(error => explain(error, placeOf)) }

  function syntaxError({ message, pos }: { message: string; pos: [number, number] }): ProjectError {
    const { line, col } = lines.linePos(pos[0])
    return new ProjectError(`Invalid YAML: ${message.split('\n')[0]}`, { place: { file, line, column: col } })
  }
}

const ajv = new Ajv({ allErrors: true, useDefaults: true, verbose: true })
const fits = ajv.compile(JSON.parse(readFileSync(new URL('source.schema.json', import.meta.url), 'utf8')))

function placeIn(
  document: Document,
  lines: LineCounter,
  path: readonly (string | number)[],
  key?: string,
): { line: number; column: number } {
  const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true)
  const pair = key !== undefined && isMap(node) ? node.items.find(item => isScalar(item.key) && item.key.value === key) : undefined
  const found = pair?.key ?? node
  const { line, col } = lines.linePos(isNode(found) ? (found.range?.[0] ?? 0) : 0)
  return { line, column: col }
}

function explain(error: ErrorObject, placeOf: PlaceOf): ProjectError {
  const { keyword, instancePath, params, parentSchema, data } = error
  const path = instancePath
    .split('/')
    .slice(1)
    .map(step => (/^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')))
  const name = path.at(-1)
  const what = typeof name === 'number' ? `entry ${name + 1} of ${path.at(-2)}` : name === undefined ? 'the source' : `'${name}'`
  const known = Object.keys((parentSchema?.properties as object | undefined) ?? {}).join(', ')
  const { additionalProperty, missingProperty, allowedValues } = params as Record<string, string & string[]>

  if (keyword === 'additionalProperties')
    return new ProjectError(`Unknown key '${additionalProperty}' in ${what}`, {
      place: placeOf(path, additionalProperty),
      hint: `Known keys: ${known}.`,
    })
  if (keyword === 'required')
    return new ProjectError(`Missing key '${missingProperty}' in ${what}`, { place: placeOf(path), hint: `Known keys: ${known}.` })
  if (keyword === 'enum')
    return new ProjectError(`Invalid ${what}: ${show(data)}`, { place: placeOf(path), hint: `Use ${allowedValues!.join(', ')}.` })
  if (keyword === 'pattern')
    return new ProjectError(`Invalid ${what}: ${show(data)} does not match ${params.pattern}`, { place: placeOf(path) })
  return new ProjectError(`Invalid ${what}: ${show(data)}, it ${requirementOf(error)}`, { place: placeOf(path) })
}

function show(value: unknown): string {
  return value !== null && typeof value === 'object' ? (Array.isArray(value) ? 'a list' : 'a mapping') : JSON.stringify(value)
}
