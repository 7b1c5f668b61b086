/**
 * The wait that a `Retry-After` (seconds or an HTTP date) requests, in milliseconds, at most 15 minutes; undefined when it is missing or
 * invalid.
 */
export function retryAfter(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? ''
  const wait = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : /[a-z]/i.test(text) ? Date.parse(text) - now : Number.NaN
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), LONGEST_ASKED)
}

/** The wait in milliseconds before try `next` (2 is the first retry): full jitter, up to 1, 2, 4 … 60 s. `random` gives 0 to 1. */
export function backoff(next: number, random: () => number): number {
  return random() * Math.min(60_000, 1000 * 2 ** (next - 2))
}

/** Milliseconds until the next full hour, when an hourly quota is reset. */
export function untilNextHour(now: number): number {
  return HOUR - (now % HOUR)
}

const HOUR = 3_600_000
const LONGEST_ASKED = 15 * 60_000
