import type { ErrorObject } from 'ajv'

/** The required type, size or shape of a wrong value, for readers who do not know JSON Schema: `must be a text`. */
export function requirementOf({ keyword, params, message = '' }: ErrorObject): string {
  if (keyword === 'type') return `must be ${[params.type].flat().map(wordOf).join(' or ')}`
  const limit = LIMITS[keyword]?.(String(params.limit))
  return limit ? `must be ${limit}` : message
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

// The number first, as the loader's lines end with a count.
const LIMITS: Record<string, (limit: string) => string> = {
  minimum: limit => `${limit} or more`,
  maximum: limit => `${limit} or less`,
  exclusiveMinimum: limit => `more than ${limit}`,
  exclusiveMaximum: limit => `less than ${limit}`,
}
