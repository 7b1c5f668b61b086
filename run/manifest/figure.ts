import type { Place, ProjectError } from '../base/errors.ts'

/** How the rows of a figure are shown. */
export type FigureDisplay = 'table' | 'bar' | 'line' | 'area' | 'value' | 'tree'

/** How the values of a column are written; a percent of 0.25 is 25 %. */
export type FigureFormat = 'text' | 'integer' | 'decimal' | 'money' | 'percent' | 'date' | 'month' | 'instant' | 'boolean'

/** The attributes of a fence: how the rows of its query are shown. */
export interface FigureLook {
  kind: 'figure'
  /** Unique within the report. */
  name: string
  title: string
  display: FigureDisplay
  /** Column of the horizontal axis (bar, line, area), or of a node's label (tree). */
  x: string | null
  /** Columns of numbers: bars, lines, or the big value. */
  y: string[]
  /** Column with one line or one colour of bars per value. */
  series: string | null
  /** tree: the column of a row's own id, and of its parent's id. */
  id: string | null
  parent: string | null
  /** Text shown when there are no rows. */
  empty: string
}

/** A query in a report, from its fence. */
export interface Figure extends FigureLook {
  /** SQL with Jinja. */
  sql: string
  /** Start of its SQL. */
  place: Place
  /** Places of its attributes' values, by name. */
  places: Map<string, Place>
}

/** Markdown between two figures. */
export interface Prose {
  kind: 'prose'
  text: string
}

/** The front matter of a report about columns of a name, in all its figures. */
export interface ColumnWords {
  label?: string
  format?: FigureFormat
  unit?: string
  place: Place
  /** Place of its format. */
  formatAt?: Place
}

/** A value of a figure in exact JSON: bigint and numeric are text. */
export type Cell = string | number | boolean | null

/** A column of the result of a figure's query: its name, and the OID of its type. */
export interface ResultColumn {
  name: string
  type: number
}

/** The result of a figure's query. */
export interface FigureRows {
  columns: ResultColumn[]
  rows: Cell[][]
}

/** The outcome of a figure. */
export interface FigureOutcome {
  figure: Figure
  /** Null where its template could not be rendered. */
  compiled: string | null
  result?: FigureRows
  /** The reason for missing rows. */
  error?: ProjectError
  /** Whether the error is a mistake in the report that no data can fix: a missing column, invalid SQL. */
  isMistake?: boolean
}
