import type { Cell, FigureFormat, FigureLook, Prose } from '../manifest/figure.ts'

export type { FigureDisplay, FigureFormat } from '../manifest/figure.ts'

/**
 * A report with the figures of one publish: the data of the page of `docs generate`, as plain JSON. Nothing in it is escaped: prose comes
 * from the project, cells from the database and the feed, and the page must escape every one of them. Dates are YYYY-MM-DD, instants ISO
 * 8601 in UTC, bigint and numeric strings of digits.
 */
export interface Report {
  /** `report.<project>.<name>` */
  uniqueId: string
  name: string
  title: string
  description: string
  /** Its file, relative to the project. */
  file: string
  /** The publish of these figures; null before the first one. */
  published: { runId: string; at: string } | null
  /** The last day of the feed in the figures; null for a project without a feed. */
  dataThrough: string | null
  /** Unique ids of the parents of its figures, nodes and sources. */
  dependsOn: string[]
  /** In file order. */
  blocks: ReportBlock[]
}

export type ReportBlock = Prose | ReportFigure

/** The result of one SQL fence, and its display. */
export interface ReportFigure extends FigureLook {
  columns: FigureColumn[]
  /** One list per row, in the order of `columns`. */
  rows: Cell[][]
  /** Why the figures are of an earlier publish, or missing; null when they are of the last publish. */
  problem: string | null
  /** The publish of the figures if it is not the report's own: `problem` has the reason. */
  published: { runId: string; at: string } | null
  compiledSql: string | null
}

export interface FigureColumn {
  name: string
  /** The text of the header. */
  label: string
  format: FigureFormat
  /** `USD`, `days`; null without one. */
  unit: string | null
  /** The source columns, for the way from a figure to its source; empty if not traced. */
  sources: { node: string; column: string }[]
  /** Contacts and free text of people: shown only by `docs generate --personal`; otherwise the values in `rows` are already masked. */
  isPersonal: boolean
}
