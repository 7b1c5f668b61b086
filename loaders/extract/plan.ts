import { instantText } from './clock.ts'
import type { Cut } from './cut.ts'
import type { MarkedEntity } from './marker.ts'
import type { Entry } from './source-config.ts'

/** One walk of a list. */
export interface ListPlan {
  /** Prefix of its pages: `all` has `1.json`, any other `<name>-1.json`. */
  name: string
  cut: Cut | null
  /** Whether later changes of its rows come with the next window, so that a finished walk stays valid for days. */
  isLasting: boolean
}

/** Whether all of an entity is walked, or only changes. */
export interface Reach {
  /** The start of the window; null when everything is walked. */
  from: string | null
  /** When the last full walk began; null when this is one. */
  fullAt: string | null
}

/**
 * The start of a windowed walk: that of the newest published extraction (`published`) less the lookback, so that rows that changed during
 * it are read again. Without a published one, and every `full_every_days`, everything is walked.
 */
export function reachOf({ window }: Entry, published: MarkedEntity | undefined, now: number): Reach {
  const everything = { from: null, fullAt: null }
  const began = published?.fetched_at?.[0]
  if (!window || !published?.complete || began === undefined) return everything
  const fullAt = published.full_at ?? (published.window ? undefined : began)
  if (fullAt === undefined || now - Date.parse(fullAt) >= window.full_every_days * DAY) return everything
  return { from: instantText(Math.min(Date.parse(began), now) - window.lookback_days * DAY), fullAt }
}

/** The walk over a window, or over everything in one piece. */
export function wholePlan({ part, window }: Entry, { from }: Reach): ListPlan {
  return { name: part, cut: window && from !== null ? { field: window.field, from, to: null } : null, isLasting: false }
}

/**
 * Full walks, one per month. The first has no lower bound and the last no upper one, so that no row is omitted; neighbours share an
 * instant, as bounds are inclusive. `oldest` is the time of the oldest row.
 */
export function monthPlans(field: string, oldest: number, now: number): ListPlan[] {
  const months: number[] = []
  for (let month = monthOf(Math.min(oldest, now)); month <= now; month = nextMonth(month)) months.push(month)
  if (months.length === 1) return [{ name: 'all', cut: null, isLasting: false }]
  return months.map((month, index) => {
    const isLast = index === months.length - 1
    const cut = { field, from: index === 0 ? null : instantText(month), to: isLast ? null : instantText(nextMonth(month)) }
    return { name: instantText(month).slice(0, 7), cut, isLasting: !isLast }
  })
}

const DAY = 86_400_000

function monthOf(at: number): number {
  const date = new Date(at)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
}

function nextMonth(month: number): number {
  const date = new Date(month)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
}
