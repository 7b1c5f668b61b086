import type { FigureColumn, ReportFigure } from '../../../reports/shape.ts'
import { day, instant, minus, month } from '../format.ts'

/** A value of a figure, as read from the database. */
export type Value = ReportFigure['rows'][number][number]

/** A value in its column's format, without the unit: `1,234.50`, `25 %`, `5 Jan 2026`, `yes`; an en dash for nothing. */
export function cell(value: Value | undefined, { format }: Pick<FigureColumn, 'format'>): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  const text = String(value)
  if (format === 'date') return day(text)
  if (format === 'month') return month(text)
  if (format === 'instant') return instant(text)
  if (format === 'text' || format === 'boolean' || !NUMBER.test(text)) return text
  if (format === 'percent') return minus(`${numbers(1, 1).format(Number(text) * 100)} %`)
  if (format === 'money') return minus(numbers(2, 2).format(text as unknown as number))
  return minus(numbers(format === 'integer' ? 0 : 2).format(text as unknown as number))
}

/** A value as a number; null if it is not one. */
export function numberOf(value: Value | undefined): number | null {
  if (value === null || value === undefined || typeof value === 'boolean') return null
  const found = Number(value)
  return Number.isFinite(found) ? found : null
}

/** Whether the values of a column are numbers, which are aligned right. */
export function isNumeric({ format }: Pick<FigureColumn, 'format'>): boolean {
  return format === 'integer' || format === 'decimal' || format === 'money' || format === 'percent'
}

/** `Amount, USD`. */
export function headerOf({ label, unit }: Pick<FigureColumn, 'label' | 'unit'>): string {
  return unitOf({ label, unit }) ? `${label}, ${unit}` : label
}

/** The unit of a column, unless its label contains it. */
export function unitOf({ label, unit }: Pick<FigureColumn, 'label' | 'unit'>): string | null {
  return unit?.toLowerCase() === label.toLowerCase() ? null : unit
}

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i

const known = new Map<string, Intl.NumberFormat>()
function numbers(most: number, least = 0): Intl.NumberFormat {
  const key = `${most} ${least}`
  const found = known.get(key) ?? new Intl.NumberFormat('en', { maximumFractionDigits: most, minimumFractionDigits: least })
  known.set(key, found)
  return found
}
