/** What became of one of dbt's tests, as the plugin writes it. */
export interface Outcome {
  /** `tests/functional/test_severity.py::TestSeverity::test_generic_default` */
  id: string
  outcome: 'passed' | 'failed' | 'skipped'
  /** How often the program was called for it and for its class. */
  calls: number
  /** What it asks for that only dbt's Python objects have. */
  notRead: string | null
  error: string | null
  /** The end of what the program printed last. */
  printed: string
  /** Whether a command of it failed, so that nothing of it was published. */
  unpublished: boolean
}

/** Where a test belongs in the sum. */
export type Verdict = 'passed' | 'failed' | 'by design' | 'not read'

/**
 * The verdict on a test, and why. One that never called the program says nothing of it, whether it passed or not. By design are those that
 * fail as their project is refused by name, or as a build that fails publishes nothing: what README.md says, and no user meets unawares.
 */
export function verdictOf({ outcome, calls, notRead, error, printed, unpublished }: Outcome): { verdict: Verdict; why: string } {
  if (notRead) return { verdict: 'not read', why: notRead }
  if (outcome === 'skipped') return { verdict: 'not read', why: 'skipped by dbt itself' }
  if (calls === 0) return { verdict: 'not read', why: 'calls no command of dbt' }
  if (outcome === 'passed') return { verdict: 'passed', why: '' }
  const refused = /not supported: ([^\n]*)/.exec(printed.replaceAll(/not supported: [^\n]*Nothing is done with it/g, ''))
  if (refused) return { verdict: 'by design', why: `refused: ${refused[1]!.replace(/[.,;]? Use .*$/, '')}` }
  if (unpublished && /does not exist/.test(error ?? '')) return { verdict: 'by design', why: 'what fails publishes nothing' }
  return { verdict: 'failed', why: firstLine(error ?? '') }
}

/** The sums, what failed by name, and what is other by design or not read by its reason; with `all` what passed, too. */
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
