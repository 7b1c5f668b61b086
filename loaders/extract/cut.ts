import { fieldOf } from './json.ts'
import type { Entry } from './source-config.ts'

/** The period that a walk is limited to, both ends inclusive, as instants in UTC with milliseconds; null is open. */
export interface Cut {
  field: string
  from: string | null
  to: string | null
}

/** The parameters that limit a walk. */
export function cutQuery(cut: Cut | null, { window, slices }: Entry): Record<string, string> {
  const form = cut === null ? undefined : cut.field === slices?.field ? slices : window
  if (!cut || !form) return {}
  const { from, to } = { to: '', ...form }
  const filters = [cut.from !== null && from.replace('{from}', cut.from), cut.to !== null && to.replace('{to}', cut.to)].filter(Boolean)
  return filters.length > 0 ? { [form.parameter]: filters.join(',') } : {}
}

/**
 * Why a row does not fit the request; undefined when it does. An API may ignore a filter silently, and would then give all rows instead
 * of the changed ones, or active cards instead of deleted ones.
 */
export function strangeRow(row: unknown, cut: Cut | null, rowsAre: Record<string, string>): string | undefined {
  for (const [field, due] of Object.entries(rowsAre)) {
    const value = fieldOf(row, field)
    if (value !== due) return `${field} is ${JSON.stringify(value)}, ${JSON.stringify(due)} was requested`
  }
  if (!cut) return undefined
  const text = fieldOf(row, cut.field)
  const at = typeof text === 'string' ? Date.parse(text) : Number.NaN
  // The warehouse reports invalid times.
  if (Number.isNaN(at)) return undefined
  const isInside = (cut.from === null || at >= Date.parse(cut.from)) && (cut.to === null || at <= Date.parse(cut.to))
  return isInside ? undefined : `${cut.field} is ${text}, ${cut.from ?? 'any time'} to ${cut.to ?? 'now'} was requested`
}
