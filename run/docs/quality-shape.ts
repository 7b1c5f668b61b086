/** What came in and what was refused. */
export interface DocsQuality {
  /** In the order of batches: undated first, then by date and natural order. One entry per batch and entity that is there. */
  batches: DocsBatch[]
  /** Files that were refused, newest first, at most 100. */
  refusedFiles: { path: string; batch: string; entity: string; reason: string; at: string }[]
  refusedFileCount: number
  /** Open errors and warnings by table and type, most first. */
  errorTypes: DocsErrorType[]
  /** Open and resolved rows by the day they were first seen, per table. */
  errorsByDay: { day: string; table: string; severity: string; found: number; resolved: number }[]
}

/** The accounting of one batch and entity: records = staged + quarantined + duplicates. */
export interface DocsBatch {
  batch: string
  entity: string
  /** Null for an undated batch. */
  date: string | null
  files: number
  refused: number
  records: number
  staged: number
  quarantined: number
  duplicates: number
  /** Open warnings and errors with this source in the entity's error tables. */
  warnings: number
  errors: number
  loadedAt: string | null
}

/** One kind of error, with a few records. */
export interface DocsErrorType {
  /** errors.agent_pipeline_errors */
  table: string
  /** Landing tables that it is about. */
  entities: string[]
  /** `coerced_value`, and what a reader calls it. */
  errorType: string
  label: string
  severity: 'error' | 'warning'
  open: number
  resolved: number
  /** How many per source batch (open), at most 50 batches, most first. */
  sources: { source: string; count: number }[]
  /** At most 5. */
  examples: DocsErrorExample[]
}

/** A refused or repaired record. */
export interface DocsErrorExample {
  errorId: string
  message: string
  field: string | null
  source: string | null
  file: string | null
  position: number | null
  firstSeenAt: string | null
  /** JSON or text as it landed, cut after 4,000 characters. Hostile by nature: it is somebody's input. */
  record: string | null
  isCut: boolean
}
