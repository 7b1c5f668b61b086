import type { Report } from '../reports/shape.ts'
import type { DocsData } from './shape.ts'

/** A page that stands alone: one report, or what a change would do. */
export type AlonePage =
  | {
      kind: 'report'
      report: Report
      data: Pick<DocsData, 'project' | 'generatedAt' | 'invocation' | 'nodes' | 'sources' | 'lineage' | 'quality' | 'feed'>
    }
  | { kind: 'changes'; changes: Changes }

/** What a change would do, for a page and a summary of a pull request. */
export interface Changes {
  /** `What this change would do to deskledger`. */
  title: string
  /** `plan --select spend+`, as it was typed. */
  command: string
  /** ISO 8601. */
  at: string
  /** Whether a build would be published; null where nothing was tried as a whole. */
  isPublished: boolean | null
  /** What would fail beside tables: a foreign key, a hook, a view of somebody else. */
  problems: string[]
  /** What a reader would have to know of the feed, and what lands new. */
  feed: { notes: string[]; landed: string[] } | null
  /** Those that would differ, be new or fail; the last of the build first. */
  tables: TableChange[]
  /** How many tables would be as they are. */
  same: number
  tests: { passed: number; failing: { name: string; status: string; failures: number | null; message: string }[] } | null
  errors: { new: ErrorKind[]; resolved: ErrorKind[] } | null
  moved: Moved
}

/** Open errors of a table and type that come or go. */
export interface ErrorKind {
  table: string
  errorType: string
  severity: string
  count: number
}

/** A table or view that would be another one. */
export interface TableChange {
  id: string
  name: string
  /** `new`, `changed`, `failed` */
  state: 'new' | 'changed' | 'failed'
  /** Why it failed. */
  message: string | null
  rows: { before: number | null; after: number | null; added: number; changed: number; removed: number } | null
  columns: { added: string[]; removed: string[]; retyped: string[]; changed: { name: string; rows: number }[] }
  examples: Example[]
}

/** A row that differs: its key, and the values that differ. */
export interface Example {
  kind: 'added' | 'removed' | 'changed'
  key: Record<string, string | null>
  values: Record<string, { before?: string | null; after?: string | null }>
}

/** What reads the columns that change, and would show other values. */
export interface Moved {
  /** Columns of tables below, by table. */
  columns: { table: string; columns: string[] }[]
  reports: { title: string; figures: string[] }[]
  exposures: { label: string; type: string; owner: string | null }[]
}
