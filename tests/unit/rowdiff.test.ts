import { expect, it } from 'vitest'
import { rowDiff } from '../../run/check/row-diff.ts'

it('shows changed cells, missing rows and rows that nobody expected', () => {
  const text = rowDiff({
    columns: ['id', 'name'],
    missing: [
      ['1', 'ann'],
      ['9', null],
    ],
    unexpected: [
      ['7', 'zoe'],
      ['1', 'bob'],
    ],
    same: 3,
  })
  expect(text.split('\n')).toEqual(['@@  | id | name', '→   | 1  | ann→bob', '--- | 9  | null', '+++ | 7  | zoe', '3 rows are as expected'])
})

it('takes a single row for changed even when no value is left of it', () => {
  expect(rowDiff({ columns: ['n'], missing: [['1']], unexpected: [['2']], same: 0 })).toBe('@@ | n\n→  | 1→2')
})

it('cuts what two long values begin with alike, lines, and rows beyond twenty', () => {
  const long = 'x'.repeat(100)
  expect(rowDiff({ columns: ['v'], missing: [[`${long}1`]], unexpected: [[`${long}2`]], same: 0 })).toContain(
    '…xxxxxxxxxxxxxxx1→…xxxxxxxxxxxxxxx2',
  )
  expect(rowDiff({ columns: ['v'], missing: [['a\nb'], [long], ['']], unexpected: [], same: 1 }).split('\n')).toEqual([
    '@@  | v',
    '--- | a\\nb',
    `--- | ${'x'.repeat(59)}…`,
    "--- | ''",
    '1 row is as expected',
  ])
  const many = Array.from({ length: 50 }, (_, n) => [String(n)])
  expect(rowDiff({ columns: ['v'], missing: [], unexpected: many, same: 0 })).toContain('… and 30 more rows that differ')
})
