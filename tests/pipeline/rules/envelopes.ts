import { hasKey, knownFields } from './declaration.ts'
import type { Entity } from './feed.ts'
import { trim } from './fields.ts'
import { isNumber, isObject, type Json, type JsonObject } from './json.ts'

/** The list of an envelope, and the objects around it, outermost first (R6). */
export interface Envelope {
  list: Json[]
  around: JsonObject[]
}

/** The envelope in a document: itself, or one level deeper; `two lists` where neither may be lost. Undefined for a single record. */
export function envelopeOf(entity: Entity, document: Json): Envelope | 'two lists' | undefined {
  if (!isObject(document) || hasKey(entity, document)) return undefined
  const list = listIn(entity, document)
  if (list === 'two lists') return list
  if (list) return { list, around: [document] }

  const deeper = [...document.members.values()].flatMap(inner => {
    const found = isObject(inner) && !hasKey(entity, inner) ? listIn(entity, inner) : undefined
    return isObject(inner) && found ? [{ found, inner }] : []
  })
  const [one, ...others] = deeper
  if (!one) return undefined
  if (others.length > 0 || one.found === 'two lists') return 'two lists'
  return { list: one.found, around: [document, one.inner] }
}

/** Whether an envelope reports an error: a non-empty `error` or `errors` beside its list, on either level (R5). */
export function hasError({ around }: Envelope): boolean {
  return around.some(({ members }) => !isEmpty(members.get('error')) || !isEmpty(members.get('errors')))
}

/** Whether an envelope has a following page, on either level (R5). */
export function hasNextPage({ around }: Envelope): boolean {
  return around.some(({ members }) => !isEmpty(members.get('nextPage')))
}

/** Empty: absent, null, false, 0, blank, `[]`, `{}` (R5). */
function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false) return true
  if (typeof value === 'string') return trim(value) === ''
  if (isNumber(value)) return Number(value.number) === 0
  return Array.isArray(value) ? value.length === 0 : isObject(value) && value.members.size === 0
}

/** The list under a known name, else under the one key whose array holds records of the entity (R6). */
function listIn(entity: Entity, { members }: JsonObject): Json[] | 'two lists' | undefined {
  const arrays = [...members].flatMap(([name, value]) => (Array.isArray(value) ? [{ name, list: value }] : []))
  const named = arrays.filter(({ name }) => namesOf(entity).includes(name))
  if (named.length > 0) return named.filter(({ list }) => list.length > 0).length > 1 ? 'two lists' : (longest(named) ?? [])
  const [one, ...others] = arrays.filter(({ list }) => list.slice(0, 100).some(element => isRecord(entity, element)))
  return others.length > 0 ? undefined : one?.list
}

function longest(arrays: { list: Json[] }[]): Json[] | undefined {
  return arrays.map(({ list }) => list).sort((a, b) => b.length - a.length)[0]
}

function isRecord(entity: Entity, element: Json): boolean {
  return isObject(element) && hasKey(entity, element) && knownFields(entity, element) >= 3
}

function namesOf(entity: Entity): string[] {
  return ['results', 'data', entity, ...(entity === 'admin_groups' ? ['groups'] : [])]
}
