import type { Raw } from './attempt.ts'

/** Spaces out calls. */
export interface Rate {
  /** Milliseconds until the next call may be sent. */
  wait(now: number): number
  /** Records that a call is sent. */
  sent(now: number): void
  /** Reads from an answer how much of the quota is left. */
  saw(headers: Raw['headers']): void
}

/**
 * A token bucket that holds one token: never more than `perMinute` calls in any minute, even when some were sent late. All users of the
 * account share the quota: when less than `slowBelow` of it is left, calls are spaced so that the rest lasts a minute.
 */
export function createRate(perMinute: number, slowBelow: number): Rate {
  const usual = 60_000 / perMinute
  let interval = usual
  let last = Number.NEGATIVE_INFINITY

  return {
    wait: now => Math.max(0, last + interval - now),
    sent(now) {
      last = now
    },
    saw(headers) {
      const total = numberOf(headers.get('x-ratelimit-total'))
      const left = numberOf(headers.get('x-ratelimit-remaining'))
      if (total === undefined || left === undefined || total <= 0) return
      interval = left / total < slowBelow ? Math.max(usual, 60_000 / Math.max(left, 1)) : usual
    },
  }
}

// The header may be `100.0`.
function numberOf(header: string | null): number | undefined {
  const value = Number(header?.trim() || Number.NaN)
  return Number.isFinite(value) ? value : undefined
}
