import { declarationOf, fieldTypes } from './declaration.ts'
import { type Entity, listKeys } from './entities.ts'

/** How a record of an entity is recognised, before its values are judged (R6). */
export interface RecordShape {
  /** Names under which an envelope may carry the list of records. */
  listKeys: readonly string[]
  /** Fields of which one is the key. */
  keys: readonly string[]
  /** Whether it has its key, and three more fields that the entity is known to have, with values of their JSON type. */
  isRecord(value: unknown): boolean
  /** Why a value is not a record of the entity; undefined when it is one, valid or not. */
  foreign(value: unknown): string | undefined
}

/** The shape of an entity's records, by its declaration. */
export function shapeOf(entity: Entity): RecordShape {
  const known = shapes.get(entity)
  if (known) return known
  const fields = fieldsOf(entity)
  const { keys, hint } = declarationOf(entity)
  const others = [...fields.keys()].filter(name => !keys.includes(name))
  const expected = `a record of ${entity} has ${keys.join(' or ')} and fields such as ${others.slice(0, 4).join(', ')}${hint && `; ${hint}`}`
  const shape: RecordShape = { listKeys: listKeys(entity), keys, isRecord, foreign }
  shapes.set(entity, shape)
  return shape

  function isRecord(value: unknown): boolean {
    return isObject(value) && hasKey(value) && fitting(value) >= FIELDS_WITHOUT_KEY
  }

  function foreign(value: unknown): string | undefined {
    if (!isObject(value)) return `is ${named(value)}; ${expected}`
    if (hasKey(value)) {
      for (const name in value) if (fields.has(name) && !keys.includes(name)) return undefined
    } else if (fitting(value) >= FIELDS_WITHOUT_KEY) return undefined
    const names = Object.keys(value)
    const shown = names.slice(0, NAMES_SHOWN).map(name => `'${name.slice(0, NAME_LENGTH)}'`)
    const found = names.length === 0 ? 'has no fields' : `has the fields ${shown.join(', ')}${names.length > NAMES_SHOWN ? ' …' : ''}`
    return `${found}; ${expected}`
  }

  function hasKey(value: Record<string, unknown>): boolean {
    return keys.some(key => Object.hasOwn(value, key))
  }

  /** How many known fields beside the key have a value of their type; a null has none. */
  function fitting(value: Record<string, unknown>): number {
    let count = 0
    for (const name in value) if (!keys.includes(name) && fields.get(name) === typeOf(value[name])) count += 1
    return count
  }
}

/** A record without its key must have so many fields of the entity to count as one. */
const FIELDS_WITHOUT_KEY = 3
const NAMES_SHOWN = 8
const NAME_LENGTH = 40

const shapes = new Map<Entity, RecordShape>()

// The JSON types of all fields at the top of a record, and of the other fields that records have.
function fieldsOf(entity: Entity): Map<string, string> {
  const { fields, sent } = declarationOf(entity)
  const own = fields.map(({ path, type }) => [path[0] as string, path.length === 1 ? fieldTypes[type] : 'object'] as const)
  return new Map([...own, ...sent])
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

function named(value: unknown): string {
  if (value === undefined) return 'not JSON'
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, NAME_LENGTH))}`
  if (typeof value === 'boolean') return String(value)
  return { null: 'null', array: 'a list', number: 'a number' }[typeOf(value)] ?? 'not an object'
}
