import type { Report } from '../reports/shape.ts'
import type { DocsData } from './shape.ts'

/** A standalone page: one report, or the effects of a change. */
export type AlonePage =
  | {
      kind: 'report'
      report: Report
      data: Pick<DocsData, 'project' | 'generatedAt' | 'invocation' | 'nodes' | 'sources' | 'lineage' | 'quality' | 'feed'>
    }
  | { kind: 'changes'; changes: Changes }

/** The effects of a change, for a page and for the summary of a pull request. */
export interface Changes {
  /** `What this change would do to deskledger`. */
  title: string
  /** The command line as typed: `plan --select spend+`. */
  command: string
  /** ISO 8601. */
  at: string
  /** Whether a build would be published; null where no whole build was tried. */
  isPublished: boolean | null
  /** Failures other than those of tables: a foreign key, a hook, a view of somebody else. */
  problems: string[]
  /** Notes on the feed, and what would land. */
  feed: { notes: string[]; landed: string[] } | null
  /** Tables that would differ, be new or fail; the last of the build first. */
  tables: TableChange[]
  /** Number of unchanged tables. */
  same: number
  tests: { passed: number; failing: { name: string; status: string; failures: number | null; message: string }[] } | null
  errors: { new: ErrorKind[]; resolved: ErrorKind[] } | null
  moved: Moved
}

/** Open errors of a table and type that appear or disappear. */
export interface ErrorKind {
  table: string
  errorType: string
  severity: string
  count: number
}

/** A table or view that would change. */
export interface TableChange {
  id: string
  name: string
  /** `new`, `changed`, `failed` */
  state: 'new' | 'changed' | 'failed'
  /** The error of a failed table. */
  message: string | null
  rows: { before: number | null; after: number | null; added: number; changed: number; removed: number } | null
  columns: { added: string[]; removed: string[]; retyped: string[]; changed: { name: string; rows: number }[] }
  examples: Example[]
}

/** A row that differs: its key, and the differing values. */
export interface Example {
  kind: 'added' | 'removed' | 'changed'
  key: Record<string, string | null>
  values: Record<string, { before?: string | null; after?: string | null }>
}

/** Relations that read the changed columns and would show other values. */
export interface Moved {
  /** Columns of tables downstream, by table. */
  columns: { table: string; columns: string[] }[]
  reports: { title: string; figures: string[] }[]
  exposures: { label: string; type: string; owner: string | null }[]
}
