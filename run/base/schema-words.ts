import type { ErrorObject } from 'ajv'

/** The required type, size or shape of a wrong value, for readers who do not know JSON Schema: `must be a text`. */
export function requirementOf({ keyword, params, message = '' }: ErrorObject): string {
  if (keyword === 'type') return `must be ${[params.type].flat().map(wordOf).join(' or ')}`
  if (LIMITS[keyword]) return `must be ${LIMITS[keyword]} ${params.limit}`
  return message
}

const wordOf = (type: string): string => TYPES[type] ?? type

const TYPES: Record<string, string> = {
  integer: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
}

const LIMITS: Record<string, string> = {
  minimum: 'at least',
  maximum: 'at most',
  exclusiveMinimum: 'more than',
  exclusiveMaximum: 'less than',
}
