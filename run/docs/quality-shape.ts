/** The received and refused records of the feed. */
export interface DocsQuality {
  /** Ordered by batch: undated first, then by date and natural order. One entry per existing batch and entity. */
  batches: DocsBatch[]
  /** Refused files, newest first, at most 100. */
  refusedFiles: { path: string; batch: string; entity: string; reason: string; at: string }[]
  refusedFileCount: number
  /** Open errors and warnings by table and type, most first. */
  errorTypes: DocsErrorType[]
  /** Open and resolved rows by the day of first appearance, per table. */
  errorsByDay: { day: string; table: string; severity: string; found: number; resolved: number }[]
}

/** The balance of one batch and entity: records = staged + quarantined + duplicates. */
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
  /** Open warnings and errors from this batch in the entity's error tables. */
  warnings: number
  errors: number
  loadedAt: string | null
}

/** A type of error, with a few records. */
export interface DocsErrorType {
  /** errors.agent_pipeline_errors */
  table: string
  /** Its landing tables. */
  entities: string[]
  /** `coerced_value`, and its name for readers. */
  errorType: string
  label: string
  severity: 'error' | 'warning'
  open: number
  resolved: number
  /** Open errors per source batch, most first, at most 50 batches. */
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
  /** JSON or text as it landed, cut after 4,000 characters. Untrusted input. */
  record: string | null
  isCut: boolean
}
