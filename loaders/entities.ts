/** What the feed holds, with the keys under which an envelope of it may carry its records. */
export const envelopeKeys = {
  agents: ['results', 'data', 'agents'],
  agent_details: ['results', 'data', 'agent_details', 'agents'],
  admin_groups: ['results', 'data', 'admin_groups', 'groups'],
  roles: ['results', 'data', 'roles'],
  budgets: ['results', 'data', 'budgets'],
  cards: ['results', 'data', 'cards'],
  transactions: ['results', 'data', 'transactions'],
} as const

/** The name of a landing table in raw, and of a folder of the feed. */
export type Entity = keyof typeof envelopeKeys

/** All entities, in the order in which they land. */
export const entities = Object.keys(envelopeKeys) as Entity[]

/** Whether a folder or file of this name is feed. */
export function isEntity(name: string): name is Entity {
  return Object.hasOwn(envelopeKeys, name)
}
