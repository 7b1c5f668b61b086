import { sha256Of } from './bytes.ts'
import type { Entity, FeedFile } from './feed.ts'
import { isObject, type Json, parseJson } from './json.ts'

/**
 * The marker of a batch about an entity (R5): `complete` when it says so and each named file exists unchanged;
 * `silent` when it does not name the entity. An unreadable marker makes every entity incomplete.
 */
export function markerSays(marker: string, batch: string, entity: Entity, files: FeedFile[]): 'complete' | 'incomplete' | 'silent' {
  const read = parseJson(marker)
  const named = isObject(read) ? read.members.get('entities') : undefined
  if (!isObject(named)) return 'incomplete'
  const said = named.members.get(entity)
  if (said === undefined) return 'silent'
  const listed = isObject(said) && said.members.get('complete') === true ? said.members.get('files') : undefined
  return Array.isArray(listed) && listed.every(file => isThere(file, batch, files)) ? 'complete' : 'incomplete'
}

function isThere(named: Json, batch: string, files: FeedFile[]): boolean {
  if (!isObject(named)) return false
  return files.some(file => file.path === `${batch}/${named.members.get('path')}` && sha256Of(file) === named.members.get('sha256'))
}
