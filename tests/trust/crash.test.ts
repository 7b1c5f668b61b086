import { expect, it } from 'vitest'
import { crash, lineOf } from './crash.ts'
import { lineOf as killLine, kills } from './kills.ts'

// A short run; `npm run test:crash` and `npm run test:kills` are long.
it('kill -9 at 4 points of load and build: a plain build makes the warehouse of an undisturbed run', { timeout: 600_000 }, async () => {
  const verdicts = await crash({ points: 4, seed: 20 })
  expect(verdicts.filter(({ faults }) => faults.length > 0).map(lineOf)).toEqual([])
  expect(verdicts).toHaveLength(4)
})

it('kill -9 of what comes into being in db start: the next start is as if nothing had been', { timeout: 900_000 }, async () => {
  const verdicts = await kills({ points: 2, seed: 20, phases: ['db start'] })
  expect(verdicts.filter(({ faults }) => faults.length > 0).map(killLine)).toEqual([])
})
