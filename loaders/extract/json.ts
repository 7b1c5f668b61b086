import { isUtf8 } from 'node:buffer'
import { parseJson } from '../../run/base/json-text.ts'

/** A JSON object. */
export type JsonObject = { [key: string]: unknown }

/**
 * The value of a JSON document, with whole numbers beyond 2^53 as text, to keep ids exact. A byte order mark is allowed. Undefined when it
 * is not UTF-8 or does not parse, such as a truncated body.
 */
export function parseBytes(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) return undefined
  const text = bytes.toString('utf8').replace(/^\ufeff/, '')
  try {
    return parseJson(/\d{16}/.test(text) ? text.replace(LEXEMES, quoteLong) : text)
  } catch {
    return undefined
  }
}

/** Whether a value is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The records of a page: the document itself, or its value under `at`. Undefined when that is not an array. */
export function recordsIn(value: unknown, at: string): unknown[] | undefined {
  const list = at === '' ? value : isObject(value) ? value[at] : undefined
  return Array.isArray(list) ? list : undefined
}

/** The value of a field, `contact.name` for one inside another. */
export function fieldOf(record: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), record)
}

/** An id as text: from a whole number above 0 or any text; undefined for other values. */
export function idText(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? String(value) : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

// Strings and numbers, each as a whole, so that digits inside a string or a fraction are not taken for a number.
const LEXEMES = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs

function quoteLong(lexeme: string): string {
  return /^-?\d{16,}$/.test(lexeme) ? `"${lexeme}"` : lexeme
}
