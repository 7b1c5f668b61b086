import { declarationOf } from './declaration.ts'
import type { Entity } from './entities.ts'
import { members } from './json-bytes.ts'

/** What a message of Airbyte or Singer holds (R6). */
export type Unwrapped =
  /** A record: where its bytes lie, its value, and the stream that it is of. */
  | { kind: 'record'; start: number; end: number; value: unknown; stream: string | undefined }
  /** Any other message, which is no record. `error` is what a TRACE message of type ERROR reports. */
  | { kind: 'message'; error: string | undefined }

/** Opens a wrapper; undefined when the value is not a wrapper. `keys` are the keys of a record: an object with one of them is a record. */
export function unwrap(bytes: Buffer, value: unknown, keys: readonly string[]): Unwrapped | undefined {
  if (!isObject(value) || keys.some(key => Object.hasOwn(value, key))) return undefined
  const { type, stream, data, record, trace } = value
  if (isObject(value._airbyte_data)) return recordAt(bytes, ['_airbyte_data'], value._airbyte_data, stream)
  if (type === 'RECORD' && isObject(record)) {
    if (stream !== undefined) return recordAt(bytes, ['record'], record, stream)
    if (isObject(record.data)) return recordAt(bytes, ['record', 'data'], record.data, record.stream)
    return undefined
  }
  if (typeof type === 'string' && MESSAGES.has(type)) {
    const error = type === 'TRACE' && isObject(trace) && trace.type === 'ERROR' ? JSON.stringify(trace.error ?? trace) : undefined
    return { kind: 'message', error }
  }
  if (stream !== undefined && isObject(data)) return recordAt(bytes, ['data'], data, stream)
  return undefined
}

/** Whether a stream of that name holds an entity's records. A wrapper that names no stream holds what its folder says. */
export function isStreamOf(stream: string | undefined, entity: Entity): boolean {
  return stream === undefined || stream === entity || declarationOf(entity).streams.includes(stream)
}

const MESSAGES = new Set([
  'SCHEMA',
  'STATE',
  'LOG',
  'TRACE',
  'SPEC',
  'CATALOG',
  'CONNECTION_STATUS',
  'CONTROL',
  'ACTIVATE_VERSION',
  'BATCH',
  'DESTINATION_CATALOG',
])

// The last of several members with the same name counts, as for JSON.parse.
function recordAt(bytes: Buffer, path: string[], value: unknown, stream: unknown): Unwrapped | undefined {
  let [start, end] = [0, bytes.length]
  for (const key of path) {
    const found = [...members(bytes, start)].findLast(member => member.key === key)
    if (!found || found.end < 0) return undefined
    start = found.start
    end = found.end
  }
  return { kind: 'record', start, end, value, stream: stream === undefined || stream === null ? undefined : String(stream) }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
