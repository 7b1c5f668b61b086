import type { FigureColumn, ReportFigure } from '../../../reports/shape.ts'
import { inWords } from '../format.ts'
import { cell, headerOf, numberOf, type Value } from './cell.ts'

/** The data of a chart: a value for each label and series. */
export interface Drawing {
  kind: 'bar' | 'line' | 'area'
  /** The measure: `Amount, USD`; '' where the series name it. */
  measure: string
  /** The format of values. */
  value: Pick<FigureColumn, 'format' | 'unit'>
  /** The format and name of the labels. */
  axis: Pick<FigureColumn, 'format' | 'label'>
  labels: Value[]
  series: Series[]
}

/** A line, or the bars of one colour. */
export interface Series {
  name: string
  /** A CSS variable. */
  color: string
  /** One per label; null without a value. */
  values: (number | null)[]
}

/** The drawing of a chart figure; undefined where its columns are missing. */
export function drawingOf({ display, columns, rows, x, y, series: by }: ReportFigure): Drawing | undefined {
  if (display !== 'bar' && display !== 'line' && display !== 'area') return undefined
  const place = (name: string | null) => columns.findIndex(column => column.name === name)
  const [at, split] = [place(x), place(by)]
  const measures = y.map(place).filter(index => index >= 0)
  const axis = columns[at]
  const first = columns[measures[0] ?? -1]
  if (!axis || !first) return undefined
  const labels = [...new Map(rows.map(row => [String(row[at]), row[at] ?? null])).values()]
  const index = new Map(labels.map((label, i) => [String(label), i]))
  const series = new Map<string, (number | null)[]>()
  for (const row of rows)
    for (const measure of measures) {
      const name = split < 0 ? columns[measure]!.label : row[split] === null ? 'none' : cell(row[split], columns[split]!)
      const values = series.get(name) ?? labels.map(() => null)
      const to = index.get(String(row[at]))!
      const value = numberOf(row[measure])
      if (value !== null) values[to] = (values[to] ?? 0) + value
      series.set(name, values)
    }
  return {
    kind: display,
    measure: measures.length === 1 ? headerOf(first) : (first.unit ?? ''),
    value: first,
    axis,
    labels,
    series: (display === 'line' ? [...series] : largestFirst([...series])).map(([name, values], i) => ({
      name,
      values,
      color: colorOf(name, i),
    })),
  }
}

/** A drawing of given numbers. */
export function drawn(
  kind: Drawing['kind'],
  axis: Drawing['axis'],
  labels: Value[],
  series: Series[],
  value: Drawing['value'] = { format: 'integer', unit: null },
): Drawing {
  return { kind, axis, labels, series, value, measure: '' }
}

/** The description of a chart for screen readers: `active 40 to 42, inactive 3 to 6`. */
export function spoken(title: string, { labels, series, axis, value }: Drawing): string {
  const ends = series.map(({ name, values }) => `${name} ${cell(values[0], value)} to ${cell(values.at(-1), value)}`)
  return labels.length === 0 ? title : `${title}, ${cell(labels[0], axis)} to ${cell(labels.at(-1), axis)}: ${ends.join(', ')}`
}

/** Whether there is nothing to draw: all values are 0 or missing. */
export function isFlat({ series }: Drawing): boolean {
  return series.every(({ values }) => values.every(value => value === null || value === 0))
}

/** Whether the labels are times, which run along the bottom. */
export function isTime({ format }: Drawing['axis']): boolean {
  return format === 'date' || format === 'month' || format === 'instant'
}

const COLORS = ['--c1', '--c2', '--c3', '--c4', '--c5', '--c6', '--c7']
const REST = '--c0'

// The rest is always grey.
function colorOf(name: string, at: number): string {
  return /^((all )?other|none|rest|not active|inactive|unknown|without)\b/i.test(inWords(name)) ? REST : (COLORS[at] ?? REST)
}

// Few series keep the order of the query; of many that add up, the smaller ones become one rest.
const MOST = 7
function largestFirst(series: [string, (number | null)[]][]): [string, (number | null)[]][] {
  if (series.length <= MOST) return series
  const sum = (values: (number | null)[]) => values.reduce<number>((all, one) => all + Math.abs(one ?? 0), 0)
  const ordered = series.toSorted((a, b) => sum(b[1]) - sum(a[1]))
  const kept = ordered.slice(0, MOST - 1)
  const rest = ordered.slice(MOST - 1).map(([, values]) => values)
  const others = rest[0]!.map((_, at) => rest.reduce<number | null>((all, one) => (one[at] === null ? all : (all ?? 0) + one[at]!), null))
  return [...kept, [`other (${rest.length})`, others]]
}
