import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { type Place, ProjectError, ProjectErrors } from '../run/base/errors.ts'
import { didYouMean } from '../run/base/suggest.ts'
import { isYamlMap, placeOf, placeOfValue, readYaml, type YamlMap } from '../run/base/yaml.ts'

/** What a record of an entity is: everything about it follows from its declaration, loaders/entities/<entity>.yml. */
export interface Declaration {
  entity: string
  /** Columns, in order; those of the entity that it extends first. */
  fields: Field[]
  /** Other fields that records have, with the JSON type in which they come; no column is made of these. */
  sent: Map<string, string>
  /** Names of the key field; a record has one of them. */
  keys: string[]
  /** A hint for the message about something that is not a record of the entity; empty without one. */
  hint: string
  /** Names under which an envelope may carry its records. */
  lists: string[]
  /** Names of streams, beside its own, that hold its records. */
  streams: string[]
  /** Tables of errors about the entity: those of the entity that it extends, then its own. */
  errors: string[]
  /** Only its own tables of errors. */
  ownErrors: string[]
  /** Tables of core that hold its columns. */
  core: string[]
  /** Whether each dated batch holds all records of the entity, so that absence from one can mean something (R5). */
  isSnapshot: boolean
  /**
   * A hash of all that decides how a record is cast. It lands with each record that conforms; the macro `declaration` computes the same.
   */
  hash: number
}

/** A field of a record, as a column. */
export interface Field {
  column: string
  path: string[]
  type: FieldType
  /** Required in the object that holds the field. */
  isRequired: boolean
  minimum?: number
  /** False where only the rules use the column, while a record is judged. */
  isKept: boolean
  /** False where core has no such column. */
  isInCore: boolean
  /** About a person: a name, a contact, or a text that may say anything. */
  personal?: 'name' | 'contact' | 'text'
  description: string
  place: Place
}

/** Types of fields: how each becomes a column is said in macros/values.sql. */
export const fieldTypes = {
  id: 'number',
  text_id: 'string',
  reference: 'string',
  text: 'string',
  signature: 'string',
  bigint: 'number',
  integer: 'number',
  minor_units: 'string',
  numeric: 'number',
  boolean: 'boolean',
  timestamptz: 'string',
  date: 'string',
  object: 'object',
  array: 'array',
  list: 'array',
} as const
export type FieldType = keyof typeof fieldTypes

const ROOT = join(import.meta.dirname, '..')

/** Where the declarations are. */
export const DECLARATIONS = join(import.meta.dirname, 'entities')

/** The names of all declared entities. */
export function declaredEntities(folder = DECLARATIONS): string[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.yml'))
    .map(name => basename(name, '.yml'))
    .sort()
}

/** The declaration of an entity. Throws ProjectErrors with the places of its mistakes. */
export function declarationOf(entity: string): Declaration {
  const { declaration, errors } = declared(entity, DECLARATIONS)
  if (errors.length > 0) throw new ProjectErrors(errors)
  return declaration
}

/** The mistakes of all declarations in a folder. */
export function mistakesIn(folder: string): ProjectError[] {
  return declaredEntities(folder).flatMap(entity => declared(entity, folder).errors)
}

interface Declared {
  declaration: Declaration
  errors: ProjectError[]
}

// The program's own are read once in a process.
function declared(entity: string, folder: string): Declared {
  const found = (folder === DECLARATIONS && own.get(entity)) || readDeclaration(entity, folder)
  if (folder === DECLARATIONS) own.set(entity, found)
  return found
}

const own = new Map<string, Declared>()

function readDeclaration(entity: string, folder: string): Declared {
  const path = join(folder, `${entity}.yml`)
  const errors: ProjectError[] = []
  const yaml = readYaml(readFileSync(path, 'utf8'), relative(ROOT, path).replaceAll('\\', '/'), errors)
  const map = isYamlMap(yaml) ? yaml : {}
  const fail = (message: string, place: Place | undefined, hint?: string) => void errors.push(new ProjectError(message, { place, hint }))
  for (const key of Object.keys(map))
    if (!KEYS.includes(key))
      fail(`Unknown key '${key}' in a declaration`, placeOf(map, key), didYouMean(key, KEYS) ?? `Known keys: ${KEYS.join(', ')}.`)

  const above = typeof map.extends === 'string' ? declared(map.extends, folder).declaration : undefined
  const own = fieldsOf(isYamlMap(map.fields) ? map.fields : {}, fail)
  const fields = new Map([...(above?.fields ?? []), ...own].map(field => [field.column, field]))
  const paths = new Map<string, Field>()
  for (const field of fields.values()) {
    const path = field.path.join('.')
    const twin = paths.get(path)
    if (twin) fail(`The path '${path}' is already used by the column '${twin.column}'`, field.place, 'Keep one of them.')
    paths.set(path, field)
  }
  if (
    errors.length === 0 &&
    map.keys === undefined &&
    ![...fields.values()].some(({ path, isRequired }) => isRequired && path.length === 1)
  )
    fail(
      'No field at the top is required: a record needs a key',
      placeOf(map, 'fields'),
      'Set required: true on its key, or list alternative keys: keys: [id, ref].',
    )
  const texts = (key: string) => (Array.isArray(map[key]) ? map[key].map(String) : [])
  const list = [...fields.values()]
  return {
    errors,
    declaration: {
      entity,
      fields: list,
      sent: new Map([
        ...[...(above?.sent ?? [])].filter(([name]) => !paths.has(name)),
        ...Object.entries(isYamlMap(map.sent) ? map.sent : {}).map(([name, type]) => [name, String(type)] as const),
      ]),
      keys: map.keys === undefined ? (above?.keys ?? ['id']) : texts('keys'),
      hint: typeof map.hint === 'string' ? map.hint : '',
      lists: texts('lists'),
      streams: texts('streams'),
      errors: [...(above?.errors.slice(0, 1) ?? []), ...texts('errors')],
      ownErrors: texts('errors'),
      core: map.core === undefined ? (above?.core ?? []) : texts('core'),
      isSnapshot: map.snapshot === true,
      hash: hashOf(list),
    },
  }
}

type Fail = (message: string, place: Place | undefined, hint?: string) => void

function fieldsOf(map: YamlMap, fail: Fail): Field[] {
  return Object.entries(map).flatMap(([column, value]) => {
    const place = placeOf(map, column) as Place
    if (!/^[a-z_][a-z0-9_]*$/.test(column)) fail(`Invalid column name '${column}'`, place, 'Use small letters, digits and _.')
    if (!isYamlMap(value)) {
      fail(`The field '${column}' must be a mapping with path, type and description`, place)
      return []
    }
    for (const key of Object.keys(value))
      if (!FIELD_KEYS.includes(key))
        fail(`Unknown key '${key}' in a field`, placeOf(value, key), didYouMean(key, FIELD_KEYS) ?? `Known keys: ${FIELD_KEYS.join(', ')}.`)
    const type = String(value.type)
    if (!Object.hasOwn(fieldTypes, type))
      fail(
        `Unknown type '${type}' of a field`,
        placeOfValue(value, 'type'),
        didYouMean(type, Object.keys(fieldTypes)) ?? `Expected one of ${Object.keys(fieldTypes).join(', ')}.`,
      )
    if (typeof value.path !== 'string' || !/^[^.'"{},\s]+(\.[^.'"{},\s]+)*$/.test(value.path))
      fail(`The field '${column}' needs a path of names separated by dots`, placeOfValue(value, 'path'))
    if (!value.description) fail(`The field '${column}' has no description`, place, 'Describe its contents in a sentence.')
    return {
      column,
      path: String(value.path).split('.'),
      type: type as FieldType,
      isRequired: value.required === true,
      ...(typeof value.minimum === 'number' && { minimum: value.minimum }),
      isKept: value.kept !== false,
      isInCore: value.core !== false && value.kept !== false,
      ...(value.personal && { personal: value.personal as 'name' }),
      description: String(value.description ?? ''),
      place,
    }
  })
}

const KEYS = ['keys', 'hint', 'lists', 'streams', 'errors', 'core', 'extends', 'snapshot', 'fields', 'sent']
const FIELD_KEYS = ['path', 'type', 'required', 'minimum', 'kept', 'core', 'personal', 'description', 'elements']

function hashOf(fields: Field[]): number {
  const lines = fields.map(({ column, path, type, isRequired, minimum }) =>
    [column, path.join('.'), type, isRequired ? 'required' : '', minimum ?? ''].join(' '),
  )
  return createHash('md5').update(lines.join('\n')).digest().readInt32BE(0)
}
