/** How far the data go, and whether the feed has stopped. */
export interface FeedAge {
  /** The last day that there is data for, `2026-01-07`; null when there is none. */
  through: string | null
  /** What somebody should look at, each with what follows and what to do. Counts as a warning. */
  alerts: Alert[]
}

/** What a reader must know of the data that was loaded, as a build's transaction sees it. */
export interface FeedState extends FeedAge {
  /** Open errors and warnings that no earlier batch has had, by table and type, and how many there are beside them. */
  errors: { new: NewErrors[]; standing: { errors: number; warnings: number } }
}

/** Something of the feed that is not as it should be. */
export interface Alert {
  /** Stable, for who reads the JSON log. */
  name: 'RefusedEntity' | 'IncompleteSnapshot' | 'ShrunkSnapshot' | 'UndatedBatch' | 'MissingEntity' | 'UnchangedFeed'
  /** Of which batch and entity: several alerts of one of them have one cause. */
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
  /** Where it stands, and what is wrong. */
  example: string
}
