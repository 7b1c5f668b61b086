import { expect, it } from 'vitest'
import { pace } from '../../run/report/transfer-rate.ts'

it.each([
  [0, 2_000_000_000, 0, '0.0 of 2,000 MB'],
  [5_000_000, 2_000_000_000, 0.5, '5.0 of 2,000 MB'],
  [300_000_000, 2_000_000_000, 10, '300 of 2,000 MB, 30 MB/s, 0:57 left'],
  [1_000_000, 100_000_000_000, 1, '1.0 of 100,000 MB, 1.0 MB/s, 27:46:39 left'],
  [10_000_000, 9_000_000, 2, '10 of 9.0 MB, 5.0 MB/s, 0:00 left'],
  [0, 0, 3, '0.0 of 0.0 MB'],
])('%d of %d bytes after %d s', (bytes, total, seconds, text) => {
  expect(pace(bytes, total, seconds)).toBe(text)
})
