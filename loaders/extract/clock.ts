/** The extractor's clock; that of tests does not wait. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Throws the signal's reason at once when it is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
}

/** The machine's clock. */
export const systemClock: Clock = { now: Date.now, sleep }

/** `2026-01-05T05:00:00.000Z`. */
export function instantText(at: number): string {
  return new Date(at).toISOString()
}

/** The day in UTC, `2026-01-05`. */
export function dayOf(at: number): string {
  return instantText(at).slice(0, 10)
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal.addEventListener('abort', stop, { once: true })
  })
}
