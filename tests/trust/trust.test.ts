import { expect, it } from 'vitest'
import { crash, lineOf } from './crash.ts'
import { lineOf as killLine, kills } from './kills.ts'
import { watch } from './publish.ts'
import { together } from './together.ts'

// The short versions; `npm run test:crash`, `test:kills`, `test:publish` and `test:together` are the long ones.

it('kill -9 at 4 points of load and build: a plain build makes the warehouse of an undisturbed run', { timeout: 600_000 }, async () => {
  const verdicts = await crash({ points: 4, seed: 20 })
  expect(verdicts.filter(({ faults }) => faults.length > 0).map(lineOf)).toEqual([])
  expect(verdicts).toHaveLength(4)
})

it('kill -9 of what comes into being in db start: the next start is as if nothing had been', { timeout: 900_000 }, async () => {
  const verdicts = await kills({ points: 2, seed: 20, phases: ['db start'] })
  expect(verdicts.filter(({ faults }) => faults.length > 0).map(killLine)).toEqual([])
})

it('readers see whole versions only, whatever becomes of builds', { timeout: 900_000 }, async () => {
  const { mixed, reads, faults } = await watch({
    reads: 100,
    every: 100,
    seed: 20,
    of: ['a failing test', 'a changed model', 'Ctrl-C', 'a lost connection'],
  })
  expect(faults).toEqual([])
  expect(mixed).toBe(0)
  expect(reads).toBeGreaterThanOrEqual(100)
})

it('two runs at once are as good as one after the other', { timeout: 900_000 }, async () => {
  const { faults, waited, left } = await together({ rounds: 2, seed: 20 })
  expect(faults).toEqual([])
  expect(waited + left).toBeGreaterThan(0)
})
