import { jsonFault, parseJson } from '../run/base/json-text.ts'
import { elements, type Member, members, OPEN_BRACE, OPEN_BRACKET } from './json-bytes.ts'
import { spoiledValue } from './json-repair.ts'
import type { RecordShape } from './record-shape.ts'
import { Refusal } from './refusal.ts'

/**
 * The list of an envelope: where it begins, the key of the object that holds it (undefined at the top), and whether its own key is one of
 * the entity's names for lists.
 */
export interface List {
  start: number
  parent: string | undefined
  isNamed: boolean
}

/**
 * Finds the list of an envelope in the object at `at`, as far as its bytes go; undefined where it is no envelope, or not known to be one
 * yet (R6). An object that has a key of the entity is a record, whatever lists it has. The list is the one under a name of the entity, else
 * the only one that holds a record; else the same is looked for one level deeper.
 */
export function findList(bytes: Buffer, at: number, shape: RecordShape): List | undefined {
  const top = [...members(bytes, at)]
  if (top.some(({ key }) => shape.keys.includes(key))) return undefined
  const here = listAmong(bytes, top, shape)
  if (here) return here
  for (const { key: parent, start } of top) {
    if (bytes[start] !== OPEN_BRACE) continue
    const below = [...members(bytes, start)]
    const list = below.some(({ key }) => shape.keys.includes(key)) ? undefined : listAmong(bytes, below, shape)
    if (list) return { ...list, parent }
  }
  return undefined
}

/** The members of an envelope other than its list. */
export interface BesideList {
  /** Its error or errors, as text, where there are any. */
  errors: string | undefined
  /** It names a page that follows. */
  hasNextPage: boolean
}

/**
 * Reads what is around a list: the envelope's bytes with `null` in the place of the list. Throws a Refusal where that does not parse, and
 * where a second list could hold the records, as neither list may be lost.
 */
export function readBeside(around: Buffer, list: List, shape: RecordShape): BesideList {
  const top = parseObject(around)
  refuseSecondList(around, list, shape)
  const levels = [top, ...Object.values(top).filter(isPlainObject)]
  const errors = levels.flatMap(({ error, errors }) => [error, errors]).find(value => !isEmpty(value))
  return {
    errors: errors === undefined ? undefined : JSON.stringify(errors),
    hasNextPage: levels.some(({ nextPage }) => !isEmpty(nextPage)),
  }
}

const ELEMENTS_LOOKED_AT = 100

function listAmong(bytes: Buffer, found: Member[], shape: RecordShape): List | undefined {
  const lists = found.filter(({ start }) => bytes[start] === OPEN_BRACKET)
  const named = lists.find(({ key }) => shape.listKeys.includes(key))
  if (named) return { start: named.start, parent: undefined, isNamed: true }
  const [fitting, other] = lists.filter(({ start }) => holdsRecord(bytes, start, shape))
  return fitting && !other ? { start: fitting.start, parent: undefined, isNamed: false } : undefined
}

function holdsRecord(bytes: Buffer, list: number, shape: RecordShape): boolean {
  let looked = 0
  for (const { start, end } of elements(bytes, list)) {
    if (looked++ === ELEMENTS_LOOKED_AT) return false
    if (bytes[start] === OPEN_BRACE && shape.isRecord(parsed(bytes, start, end))) return true
  }
  return false
}

// In a large document the list was chosen before all members after it were read.
function refuseSecondList(around: Buffer, { parent, isNamed }: List, shape: RecordShape): void {
  const top = [...members(around, 0)]
  const key = top.find(one => shape.keys.includes(one.key))
  if (key) throw new Refusal(`has the key '${key.key}' of a record beside a list of records`)
  const rivals = [
    ...top.map(member => ({ ...member, counts: parent !== undefined || !isNamed })),
    ...top
      .filter(member => member.key === parent && around[member.start] === OPEN_BRACE)
      .flatMap(({ start }) => [...members(around, start)].map(member => ({ ...member, counts: !isNamed }))),
  ]
  for (const { key, start, counts } of rivals) {
    if (around[start] !== OPEN_BRACKET) continue
    const isList = shape.listKeys.includes(key) && !elements(around, start).next().done
    if (isList || (counts && holdsRecord(around, start, shape)))
      throw new Refusal(`is an envelope with two lists of records, one of them under '${key}'`)
  }
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  const text = bytes.toString()
  try {
    return parseJson(text) as Record<string, unknown>
  } catch {
    throw new Refusal(`does not parse around its records: ${jsonFault(text)}`)
  }
}

// A record that only fails to parse because of NaN or Infinity is still a record.
function parsed(bytes: Buffer, start: number, end: number): unknown {
  const text = bytes.toString('utf8', start, end)
  try {
    return parseJson(text)
  } catch {
    return spoiledValue(text, 'null')
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// null, false, 0, a blank text, [] and {} say nothing.
function isEmpty(value: unknown): boolean {
  if (!value) return true
  if (typeof value === 'string') return value.trim() === ''
  return typeof value === 'object' && Object.keys(value).length === 0
}
