/** The feeds, by folder name. */
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

/** The feeds whose dated batches each hold all records (R5). */
export const snapshotEntities = ['agents', 'admin_groups', 'roles', 'users', 'budgets', 'cards'] as const

/** A file of the feed. `path` is relative to the data folder; `content` is the text of a `.gz` file before compression. */
export interface FeedFile {
  entity: Entity
  path: string
  content: string
  /** Bytes that a text cannot represent: a truncated gzip, or invalid UTF-8. */
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
