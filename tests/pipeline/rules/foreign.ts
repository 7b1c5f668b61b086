import { hasKey, hasKnownName, knownFields } from './declaration.ts'
import type { Entity } from './feed.ts'
import { isObject, type Json } from './json.ts'

/**
 * Whether a record is foreign, that is no record of the entity (R6): no object, nor a line that does not parse; without its key and
 * with fewer than three fields that the declaration knows; with its key and nothing else that it knows by name.
 */
export function isForeign(entity: Entity, value: Json | undefined): boolean {
  if (!isObject(value)) return true
  return hasKey(entity, value) ? !hasKnownName(entity, value) : knownFields(entity, value) < 3
}
