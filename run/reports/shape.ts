import type { Cell, FigureFormat, FigureLook, Prose } from '../manifest/figure.ts'

export type { FigureDisplay, FigureFormat } from '../manifest/figure.ts'

/**
 * A report with the figures of one publish: what the page of `docs generate` shows, as plain JSON.
 * Nothing in it is escaped: prose is the project's, cells come from the database and the feed, and the page must escape every one of them.
 * Dates are YYYY-MM-DD, instants ISO 8601 in UTC, bigint and numeric strings of digits.
 */
export interface Report {
  /** `report.<project>.<name>` */
  uniqueId: string
  name: string
  title: string
  description: string
  /** Where it is written, relative to the project. */
  file: string
  /** The publish whose figures these are; null before the first one. */
  published: { runId: string; at: string } | null
  /** The last day of the feed that is in the figures; null for a project without a feed. */
  dataThrough: string | null
  /** Unique ids of the nodes and sources that its figures read. */
  dependsOn: string[]
  /** In the order of the file. */
  blocks: ReportBlock[]
}

export type ReportBlock = Prose | ReportFigure

/** The result of one SQL fence, and how it is shown. */
export interface ReportFigure extends FigureLook {
  columns: FigureColumn[]
  /** One list a row, in the order of `columns`. */
  rows: Cell[][]
  /** Why these are the figures of an earlier publish, or why there are none; null when they are of the last publish. */
  problem: string | null
  /** The publish of the figures where it is not the report's own: `problem` says why. */
  published: { runId: string; at: string } | null
  compiledSql: string | null
}

export interface FigureColumn {
  name: string
  /** What the header says. */
  label: string
  format: FigureFormat
  /** `USD`, `days`; null without one. */
  unit: string | null
  /** Columns of nodes that it is made of, for the way from a figure to its source; empty where it is not traced. */
  sources: { node: string; column: string }[]
  /** Contacts and free text of people: shown only by `docs generate --personal`; otherwise `rows` hold a mask already. */
  isPersonal: boolean
}
