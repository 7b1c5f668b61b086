import { hasKey, hasKnownName, knownFields } from './declaration.ts'
import type { Entity } from './feed.ts'
import { isObject, type Json } from './json.ts'

/**
 * Whether a record is foreign, that is not of the entity (R6): not an object, or a line that does not parse; without its key and with fewer
 * than three fields of the declaration; with its key and no other field of the declaration.
 */
export function isForeign(entity: Entity, value: Json | undefined): boolean {
  if (!isObject(value)) return true
  return hasKey(entity, value) ? !hasKnownName(entity, value) : knownFields(entity, value) < 3
}
