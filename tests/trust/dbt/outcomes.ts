/** The outcome of one of dbt's tests, as the plugin writes it. */
export interface Outcome {
  /** `tests/functional/test_severity.py::TestSeverity::test_generic_default` */
  id: string
  outcome: 'passed' | 'failed' | 'skipped'
  /** The number of calls of the program for it and for its class. */
  calls: number
  /** The dbt Python object that it requires, if any. */
  notRead: string | null
  error: string | null
  /** The end of the program's last output. */
  printed: string
  /** Whether one of its commands failed, so that nothing was published. */
  unpublished: boolean
}

/** The category of a test in the sum. */
export type Verdict = 'passed' | 'failed' | 'by design' | 'not read'

/**
 * The verdict on a test, and the reason. A test that never called the program does not count. By design are failures of projects that are
 * refused by name, or of builds that publish nothing after a failure: README.md documents them, and users see a report.
 */
export function verdictOf({ outcome, calls, notRead, error, printed, unpublished }: Outcome): { verdict: Verdict; why: string } {
  if (notRead) return { verdict: 'not read', why: notRead }
  if (outcome === 'skipped') return { verdict: 'not read', why: 'skipped by dbt itself' }
  if (calls === 0) return { verdict: 'not read', why: 'calls no command of dbt' }
  if (outcome === 'passed') return { verdict: 'passed', why: '' }
  const refused = /not supported: ([^\n]*)/.exec(printed.replaceAll(/not supported: [^\n]*It is ignored/g, ''))
  if (refused) return { verdict: 'by design', why: `refused: ${refused[1]!.replace(/[.,;]? Use .*$/, '')}` }
  if (unpublished && /does not exist/.test(error ?? '')) return { verdict: 'by design', why: 'what fails publishes nothing' }
  return { verdict: 'failed', why: firstLine(error ?? '') }
}

/** The sums, the failed tests by name, and those by design or not read by reason; with `all` the passed ones, too. */
export function summaryOf(outcomes: Outcome[], { all }: { all: boolean }): string {
  const judged = outcomes.map(outcome => ({ name: outcome.id.replace(/^.*?tests\/functional\//, ''), ...verdictOf(outcome) }))
  const of = (verdict: Verdict) => judged.filter(one => one.verdict === verdict)
  const named = (verdict: Verdict) => of(verdict).map(({ name, why }) => `  ${name}${why ? `: ${why}` : ''}`)
  const grouped = (verdict: Verdict) => {
    const groups = new Map<string, string[]>()
    for (const { why, name } of of(verdict)) groups.set(why, [...(groups.get(why) ?? []), name])
    return [...groups].flatMap(([why, names]) => [`  ${names.length} × ${why}`, ...names.map(name => `      ${name}`)])
  }
  return [
    ...(all ? ['passed', ...named('passed')] : []),
    ...['failed', ...named('failed')],
    ...['other by design', ...grouped('by design')],
    ...['not read', ...grouped('not read')],
    `${of('passed').length} passed, ${of('failed').length} failed, ${of('by design').length} other by design, ${of('not read').length} not read`,
  ].join('\n')
}

function firstLine(text: string): string {
  return text.split('\n')[0]!.slice(0, 200)
}
