/** Up to which day there is data, and whether the feed has stopped. */
export interface FeedAge {
  /** The last day that there is data for, `2026-01-07`; null when there is none. */
  through: string | null
  /** What needs attention, each with its consequence and the next step. Counts as a warning. */
  alerts: Alert[]
}

/** What a build reports about the data that it loaded, read in its transaction. */
export interface FeedState extends FeedAge {
  /** Open errors and warnings that no earlier batch had, by table and type, and the number of all others. */
  errors: { new: NewErrors[]; standing: { errors: number; warnings: number } }
}

/** A problem of the feed. */
export interface Alert {
  /** Stable, for readers of the JSON log. */
  name: 'RefusedEntity' | 'IncompleteSnapshot' | 'ShrunkSnapshot' | 'UndatedBatch' | 'MissingEntity' | 'UnchangedFeed'
  /** The batch and entity: several alerts about the same ones have one cause. */
  about?: { batch: string; entity: string }
  message: string
  hint: string
}

/** New errors of a table and type, with one of them. */
export interface NewErrors {
  table: string
  severity: string
  error_type: string
  count: number
  /** The place of the record, and what is wrong with it. */
  example: string
}
