import type { Place, ProjectError } from '../base/errors.ts'

/** How the rows of a figure are shown. */
export type FigureDisplay = 'table' | 'bar' | 'line' | 'area' | 'value' | 'tree'

/** How the values of a column are written; of a percent 0.25 is 25 %. */
export type FigureFormat = 'text' | 'integer' | 'decimal' | 'money' | 'percent' | 'date' | 'month' | 'instant' | 'boolean'

/** What a fence says of how the rows of its query are shown. */
export interface FigureLook {
  kind: 'figure'
  /** Unique in the report. */
  name: string
  title: string
  display: FigureDisplay
  /** Column of the horizontal axis (bar, line, area), or of the label of a node (tree). */
  x: string | null
  /** Columns of numbers: bars, lines, the big value. */
  y: string[]
  /** Column whose values are one line or one colour of bars each. */
  series: string | null
  /** tree: the column of a row's own id, and of its parent's. */
  id: string | null
  parent: string | null
  /** What is said where there is no row. */
  empty: string
}

/** A query in a report, as its fence says it. */
export interface Figure extends FigureLook {
  /** SQL with Jinja. */
  sql: string
  /** Where its SQL begins. */
  place: Place
  /** Where the values of its attributes stand, by their names. */
  places: Map<string, Place>
}

/** Text between two figures: Markdown. */
export interface Prose {
  kind: 'prose'
  text: string
}

/** What the front matter of a report says of the columns of a name, in all its figures. */
export interface ColumnWords {
  label?: string
  format?: FigureFormat
  unit?: string
  place: Place
  /** Where its format stands. */
  formatAt?: Place
}

/** A value of a figure, as JSON holds it exactly: bigint and numeric as text. */
export type Cell = string | number | boolean | null

/** A column of the result of a figure's query: its name, and the OID of its type. */
export interface ResultColumn {
  name: string
  type: number
}

/** What a query of a figure gave. */
export interface FigureRows {
  columns: ResultColumn[]
  rows: Cell[][]
}

/** What became of a figure. */
export interface FigureOutcome {
  figure: Figure
  /** Null where its template could not be rendered. */
  compiled: string | null
  result?: FigureRows
  /** Why there are no rows. */
  error?: ProjectError
  /** Whether that is a mistake in the report, which its data cannot mend: a missing column, invalid SQL. */
  isMistake?: boolean
}
