/** The feeds, by the names of their folders. */
export const entities = [
  'agents',
  'agent_details',
  'agent_availability',
  'admin_groups',
  'roles',
  'users',
  'budgets',
  'cards',
  'transactions',
] as const

export type Entity = (typeof entities)[number]

/** Those of which each dated batch holds all (R5). */
export const snapshotEntities = ['agents', 'admin_groups', 'roles', 'users', 'budgets', 'cards'] as const

/**
 * A file of the feed. `path` is relative to the data folder; a path in `.gz` is compressed when written, `content` is its text before that.
 */
export interface FeedFile {
  entity: Entity
  path: string
  content: string
  /** Bytes that no text can show: a gzip that ends early, or invalid UTF-8. */
  damage?: 'gzip' | 'utf8'
  /** The bytes of a file that was read from a folder. */
  bytes?: Buffer
}

/** A folder of the feed (R1), with the text of its `_COMPLETE` where it has one (R5). */
export interface FeedBatch {
  name: string
  files: FeedFile[]
  marker?: string
}

export type Feed = FeedBatch[]
