import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { requirementOf } from '../run/base/schema-words.ts'
import { declarationOf, type Field, type FieldType } from './declaration.ts'
import type { Entity } from './entities.ts'

/** The check of one entity's records. */
export interface Conformity {
  /**
   * Whether a record conforms to its declaration, so that the plain casts of macro `cast` give what examining it field by field would:
   * types, formats, what is required, bounds. A sound subset of R11 to R14: where there is any doubt it does not conform. `json` is the
   * text that `value` was parsed from, which alone shows how a number was written.
   */
  conforms(value: unknown, json: string): boolean
  /** Why the rules of its fields will reject a record that does not conform, in words; undefined when they will not. */
  rejected(value: unknown): string | undefined
}

/** The check of an entity, compiled once from its declaration. */
export function conformityOf(entity: Entity): Conformity {
  const known = compiled.get(entity)
  if (known) return known
  const { fields } = declarationOf(entity)
  const strict = ajv.compile(schemaOf(fields, strictTypes, true))
  const wholes = wholeNumbers(fields)
  let loose: ValidateFunction | undefined
  const conformity: Conformity = {
    conforms: (value, json) => strict(value) && !wholes.test(json) && !(json.includes('\\') && ESCAPED_KEY.test(json)),
    rejected(value) {
      loose ??= ajv.compile(schemaOf(fields, looseTypes, false))
      return loose(value) ? undefined : reasonOf(loose.errors?.[0])
    },
  }
  compiled.set(entity, conformity)
  return conformity
}

const compiled = new Map<Entity, Conformity>()

type Schema = Record<string, unknown>

const strictTypes: Record<FieldType, Schema> = {
  id: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
  text_id: { type: 'string', format: 'trimmed', maxLength: 200 },
  reference: { type: 'string', format: 'trimmed', maxLength: 200 },
  text: { type: 'string', format: 'trimmed' },
  signature: { type: 'string' },
  bigint: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  integer: { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
  minor_units: { type: 'string', pattern: '^-?(?:0|[1-9][0-9]{0,17})(?:[.][0-9]{1,10})?$' },
  numeric: { type: 'number', minimum: -1e15, maximum: 1e15 },
  boolean: { type: 'boolean' },
  timestamptz: { type: 'string', format: 'time' },
  date: { type: 'string', format: 'day' },
  object: { type: 'object' },
  array: { type: 'array' },
  list: { type: 'array' },
}

/** Types of a required field as the rules accept them: values that convert included. */
const looseTypes: Record<FieldType, Schema> = {
  ...strictTypes,
  id: { type: ['integer', 'string'], minimum: 1, pattern: '^\\s*[0-9]+\\s*$' },
  ...Object.fromEntries(
    (['text_id', 'reference', 'text', 'signature', 'timestamptz', 'date'] as const).map(type => [
      type,
      { type: ['string', 'number'], pattern: '\\S' },
    ]),
  ),
  ...Object.fromEntries(
    (['bigint', 'integer', 'minor_units', 'numeric'] as const).map(type => [
      type,
      { type: ['number', 'string'], pattern: '^\\s*-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?\\s*$' },
    ]),
  ),
  boolean: { type: ['boolean', 'string'] },
}

/** A JSON Schema of the fields: of all of them with `isWhole`, else only of those that are required or have a minimum. */
function schemaOf(fields: Field[], types: Record<FieldType, Schema>, isWhole: boolean): Schema {
  const root: Node = { properties: {}, required: [] }
  for (const field of fields) {
    const bound = field.minimum === undefined ? {} : { minimum: field.minimum }
    if (!isWhole && !field.isRequired && field.minimum === undefined) continue
    let at = root
    for (const name of field.path.slice(0, -1)) at = at.properties[name] ??= { properties: {}, required: [] }
    const name = field.path.at(-1) as string
    const own = at.properties[name]
    const schema = field.isRequired || isWhole ? types[field.type] : {}
    at.properties[name] = Object.assign(own ?? { properties: {}, required: [] }, {
      own: { ...schema, ...bound },
      isNullable: !field.isRequired && field.type !== 'list',
    })
    if (field.isRequired) at.required.push(name)
  }
  return { type: 'object', ...written(root) }
}

interface Node {
  properties: Record<string, Node>
  required: string[]
  own?: Schema
  isNullable?: boolean
}

function written({ properties, required }: Node): Schema {
  return {
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, node]) => {
        const { own = {}, isNullable = true } = node
        const type = own.type === undefined ? {} : { type: isNullable ? [own.type, 'null'].flat() : own.type }
        return [name, { ...own, ...type, ...written(node) }]
      }),
    ),
    required,
  }
}

/** Finds a whole number with a fraction or an exponent, `1.0` or `1e3`, in a field of these names: R11 accepts none. */
function wholeNumbers(fields: Field[]): RegExp {
  const names = fields.filter(({ type }) => ['id', 'bigint', 'integer'].includes(type)).map(({ path }) => path.at(-1) as string)
  const list = [...new Set(names)].map(name => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  return names.length === 0 ? /(?!)/ : new RegExp(`"(?:${list})"\\s*:\\s*-?\\d+[.eE]`)
}

// A key with an escape (a backslash in a string before a colon) could spell one of those names.
const ESCAPED_KEY = /\\(?:[^"\\]|\\.)*"\s*:/s

const ajv = new Ajv({ allErrors: false, allowUnionTypes: true, strictRequired: false, strictTypes: false, logger: false })

// The characters that SQL trims. A blank text counts as absent, except in a signature, which SQL trims: most end in a line feed.
const BLANK = /[ \t\r\n\f\v]/
ajv.addFormat('trimmed', {
  type: 'string',
  validate: text => text !== '' && !BLANK.test(text[0] as string) && !BLANK.test(text.at(-1) as string),
})
ajv.addFormat('day', { type: 'string', validate: text => DAY.test(text) && isRealDay(text) })
ajv.addFormat('time', { type: 'string', validate: text => TIME.test(text) && isRealDay(text) })

const DAY = /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$/
const TIME =
  /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)$/

/** Whether the day exists in its month and the year is not 0; for a text that begins with YYYY-MM-DD. */
function isRealDay(text: string): boolean {
  const day = Number(text.slice(8, 10))
  const year = Number(text.slice(0, 4))
  if (year === 0) return false
  if (day <= 28) return true
  const month = Number(text.slice(5, 7))
  if (month === 2) return day === 29 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return day <= (month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31)
}

function reasonOf(error: ErrorObject | undefined): string {
  if (!error) return 'does not conform'
  const { instancePath, keyword, params } = error
  const path = instancePath.slice(1).replaceAll('/', '.')
  if (keyword === 'required') return `${[path, params.missingProperty].filter(Boolean).join('.')} is missing`
  if (keyword !== 'pattern') return `${path} ${requirementOf(error)}`.trim()
  // A person reads these, not regular expressions.
  return `${path} must ${params.pattern === '\\S' ? 'not be blank' : String(params.pattern).includes('[.]') ? 'be a number' : 'be a whole number'}`
}
