import { expect, it } from 'vitest'
import { type Outcome, summaryOf, verdictOf } from '../trust/dbt/outcomes.ts'

const outcome: Outcome = {
  id: '../tests/functional/test_a.py::TestA::test_a',
  outcome: 'failed',
  calls: 1,
  notRead: null,
  error: 'AssertionError: assert 1 == 2\n + more',
  printed: '',
  unpublished: false,
}

it.each<[Partial<Outcome>, string, string]>([
  [{ outcome: 'passed' }, 'passed', ''],
  [{ outcome: 'passed', calls: 0 }, 'not read', 'calls no command of dbt'],
  [{ notRead: "callbacks for dbt's events" }, 'not read', "callbacks for dbt's events"],
  [{}, 'failed', 'AssertionError: assert 1 == 2'],
  [{ printed: 'not supported: clone. Use a view instead.' }, 'by design', 'refused: clone'],
  // A feature that is ignored with a warning is not a refusal.
  [{ printed: "Warning: not supported: 'exposures'. It is ignored" }, 'failed', 'AssertionError: assert 1 == 2'],
  [{ unpublished: true, error: 'relation "a" does not exist' }, 'by design', 'what fails publishes nothing'],
])('%j is %s', (own, verdict, why) => expect(verdictOf({ ...outcome, ...own })).toEqual({ verdict, why }))

it('tells the sums last, and names what failed', () => {
  const lines = summaryOf([outcome, { ...outcome, outcome: 'passed' }, { ...outcome, calls: 0 }], { all: false }).split('\n')
  expect(lines).toContain('  test_a.py::TestA::test_a: AssertionError: assert 1 == 2')
  expect(lines.at(-1)).toBe('1 passed, 1 failed, 0 other by design, 1 not read')
})
