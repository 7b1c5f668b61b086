import { declarationOf, declaredEntities } from './declaration.ts'

/** The name of a landing table in raw, and of a folder of the feed: one for each file of loaders/entities. */
export type Entity = string

/** All entities, in the order in which they land. */
export const entities: Entity[] = declaredEntities()

/** Whether a folder or file of this name is feed. */
export function isEntity(name: string): name is Entity {
  return entities.includes(name)
}

/** The keys under which an envelope of an entity may carry its records. */
export function listKeys(entity: Entity): string[] {
  return ['results', 'data', ...declarationOf(entity).lists]
}
