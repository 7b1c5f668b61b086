import { instantText } from './clock.ts'
import type { Entry } from './config.ts'
import type { Cut } from './cut.ts'
import type { MarkedEntity } from './marker.ts'

/** One walk of a list. */
export interface ListPlan {
  /** Names its pages: `all` has `1.json`, any other `<name>-1.json`. */
  name: string
  cut: Cut | null
  /** What it gives does not change any more but through updates, which the next window brings: it holds for days. */
  isLasting: boolean
}

/** Whether an entity is walked whole, or since when. */
export interface Reach {
  /** The start of the window; null when all is walked. */
  from: string | null
  /** When the last walk over everything began; null when this is one. */
  fullAt: string | null
}

/**
 * From where a windowed list is walked. It goes on from the newest extraction that a publish has seen (`published`): without one, and
 * every so many days, all is walked. The start of that extraction counts, and the lookback before it: rows that changed while it ran come again.
 */
export function reachOf({ window }: Entry, published: MarkedEntity | undefined, now: number): Reach {
  const everything = { from: null, fullAt: null }
  const began = published?.fetched_at?.[0]
  if (!window || !published?.complete || began === undefined) return everything
  const fullAt = published.full_at ?? began
  if (now - Date.parse(fullAt) >= window.full_every_days * DAY) return everything
  return { from: instantText(Math.min(Date.parse(began), now) - window.lookback_days * DAY), fullAt }
}

/** The walk over a window, or over everything in one piece. */
export function wholePlan({ part, window }: Entry, { from }: Reach): ListPlan {
  return { name: part, cut: window && from !== null ? { field: window.field, from, to: null } : null, isLasting: false }
}

/**
 * The walks over everything, a month each. The first has no beginning and the last no end, so that nothing falls between, and
 * neighbours share an instant, as the bounds are inclusive. `oldest` is the time of the oldest row.
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
