import { expect, it } from 'vitest'
import { together } from './together.ts'

// A short run; `npm run test:together` is long.
it('two runs at once are as good as one after the other', { timeout: 900_000 }, async () => {
  const { faults, waited, left } = await together({ rounds: 2, seed: 20 })
  expect(faults).toEqual([])
  expect(waited + left).toBeGreaterThan(0)
})
