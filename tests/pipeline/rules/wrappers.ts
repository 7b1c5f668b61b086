import { hasKey } from './declaration.ts'
import type { Entity } from './feed.ts'
import { isObject, type Json } from './json.ts'

/** The content of a value in a file: a record, with the stream of its wrapper, or a message of a protocol, which is not a record (R6). */
export type Unwrapped = { record: Json; stream?: Json } | { message: 'other' | 'error' }

/** Unwraps `{stream, data}`, Airbyte's RECORD and `_airbyte_data`, and Singer's RECORD; tells other messages from records (R6). */
export function unwrapped(entity: Entity, value: Json): Unwrapped {
  if (!isObject(value) || hasKey(entity, value)) return { record: value }
  const type = value.members.get('type')
  if (typeof type === 'string' && messages.includes(type)) return { message: isErrorTrace(value) ? 'error' : 'other' }

  const raw = value.members.get('_airbyte_data')
  if (isObject(raw)) return { record: raw }
  if (type !== 'RECORD') return opened(value, 'data') ?? { record: value }
  return opened(value.members.get('record'), 'data') ?? opened(value, 'record') ?? { record: value }
}

/** Whether the stream of a wrapper belongs to another entity, so that its record is foreign (R6). */
export function isOtherStream(entity: Entity, stream: Json): boolean {
  return stream !== entity && !(entity === 'admin_groups' && stream === 'groups')
}

function opened(wrapper: Json | undefined, name: string): Unwrapped | undefined {
  const record = isObject(wrapper) ? wrapper.members.get(name) : undefined
  const stream = isObject(wrapper) ? wrapper.members.get('stream') : undefined
  return isObject(record) && stream !== undefined ? { record, stream } : undefined
}

/** An Airbyte TRACE of type ERROR: the source failed after the records so far (R5). */
function isErrorTrace(value: Json): boolean {
  const trace = isObject(value) && value.members.get('type') === 'TRACE' ? value.members.get('trace') : undefined
  return isObject(trace) && trace.members.get('type') === 'ERROR'
}

const messages = 'SCHEMA STATE LOG TRACE CONTROL SPEC CATALOG CONNECTION_STATUS ACTIVATE_VERSION BATCH'.split(' ')
