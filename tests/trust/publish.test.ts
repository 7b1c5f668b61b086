import { expect, it } from 'vitest'
import { watch } from './publish.ts'

// A short run; `npm run test:publish` is long.
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
