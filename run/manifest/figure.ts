import type { Place } from '../base/errors.ts'

/** How the rows of a figure are shown. */
export type FigureDisplay = 'table' | 'bar' | 'line' | 'area' | 'value' | 'tree'

/** How the values of a column are written; of a percent 0.25 is 25 %. */
export type FigureFormat = 'text' | 'integer' | 'decimal' | 'money' | 'percent' | 'date' | 'month' | 'instant' | 'boolean'

/** A query in a report, as its fence says it. */
export interface Figure {
  kind: 'figure'
  /** Unique in the report. */
  name: string
  title: string
  display: FigureDisplay
  x: string | null
  y: string[]
  series: string | null
  id: string | null
  parent: string | null
  /** What is said where there is no row. */
  empty: string
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
