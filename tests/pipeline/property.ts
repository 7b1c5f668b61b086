import { join } from 'node:path'
import fc from 'fast-check'
import type { Feed } from './rules/feed.ts'
import { writeFeed } from './rules/feeds.ts'

/** For a property, in milliseconds: longer with a higher PROPERTY_RUNS. */
export const PROPERTY_TIMEOUT = Math.max(900, 120 * Number(process.env.PROPERTY_RUNS ?? 0)) * 1000

/**
 * Checks a property; a failure shows the difference and how to repeat it. PROPERTY_FEED=folder keeps the feed, PROPERTY_RUNS=50 runs
 * longer.
 */
export async function holds<Case extends unknown[]>(
  property: fc.IAsyncProperty<Case>,
  { feedsOf = () => [], runs = 1 }: { feedsOf?: (given: Case) => Feed[]; runs?: number } = {},
): Promise<void> {
  const { failed, seed, counterexamplePath, counterexample, errorInstance } = await fc.check(property, {
    numRuns: Number(process.env.PROPERTY_RUNS ?? runs),
    ...(process.env.PROPERTY_SEED ? { seed: Number(process.env.PROPERTY_SEED), path: process.env.PROPERTY_PATH ?? '' } : {}),
    endOnFailure: !process.env.PROPERTY_SHRINK,
  })
  if (!failed) return
  const folder = process.env.PROPERTY_FEED
  const delivered = folder && counterexample ? feedsOf(counterexample) : []
  for (const [at, feed] of delivered.entries()) writeFeed(feed, join(folder as string, String(at)))
  const { message, actual } = errorInstance as Error & { actual?: unknown }
  throw new Error(
    `PROPERTY_SEED=${seed} PROPERTY_PATH=${counterexamplePath} repeats it.\n${Array.isArray(actual) ? actual.join('\n') : message}`,
  )
}
