import { isOwnError, ProjectError } from '../base/errors.ts'
import { readHere } from '../citus/cluster.ts'
import { refuseInlined } from '../citus/unsupported-sql.ts'
import type { Sql } from '../database/driver.ts'
import { isRepeatable } from '../database/errors.ts'
import { underSavepoint } from '../database/savepoint.ts'
import { controlsTransaction, statementsOf } from '../database/split-statements.ts'
import type { Node, Project } from '../manifest/node.ts'
import { explainStatement } from '../materialize/statements.ts'
import { compileNode, type RunContext } from '../template/compile.ts'
import { claimOf } from './claim.ts'
import { provedByConstraint } from './proved-by-constraint.ts'
import { type Failure, takeFailures } from './stored-failures.ts'
import type { TestQuery } from './test-query.ts'

/** The result of a data test. */
export interface TestResult {
  status: 'pass' | 'warn' | 'fail' | 'error'
  /** The result of its fail_calc, by default the number of failing rows. */
  failures: number | null
  message: string
  /** The error that kept it from running. */
  error?: unknown
  /** The test's SQL, and the statement that counted its failures. */
  compiled: string
  ran: string
  milliseconds: number
  /** Failing rows, kept with store_failures. */
  stored?: Failure
}

/** The parameters of `runTests` besides the tests. */
export interface TestRun {
  project: Project
  context: RunContext
  storeFailures: boolean
  warnError: boolean
}

/**
 * Runs data tests, several in one statement where possible; a statement that fails is repeated test by test, so that each gets its own
 * error. Runs inside a transaction: a failing statement is rolled back to a savepoint.
 */
export async function runTests(sql: Sql, tests: Node[], run: TestRun): Promise<Map<Node, TestResult>> {
  if (run.context.onCitus) await readHere(sql)
  const results = new Map<Node, TestResult>()
  const ready: { node: Node; check: TestQuery; explain: (error: unknown, statement: string) => unknown }[] = []
  for (const node of tests) {
    try {
      const rendered = await compileNode(run.project, node, run.context)
      if (run.context.onCitus) refuseInlined(node, rendered)
      ready.push({
        node,
        check: testQueryOf(run.project, node, rendered.text),
        explain: (error, statement) => explainStatement(node, rendered, statement, error),
      })
    } catch (error) {
      if (!isOwnError(error) || isRepeatable(error)) throw error
      results.set(node, failed(error, '', ''))
    }
  }
  const proved = await provedByConstraint(
    sql,
    ready.map(({ check }) => check),
  )
  for (const [index, proof] of proved) {
    const { node, check } = ready[index]!
    results.set(node, { status: 'pass', failures: 0, message: '', compiled: check.sql, ran: `-- proved by ${proof}`, milliseconds: 0 })
  }
  const open = ready.filter((_, index) => !proved.has(index))
  for (let start = 0; start < open.length; start += most) await together(open.slice(start, start + most))
  for (const { node, check } of ready) await store(node, check)
  return results

  async function together(group: typeof ready): Promise<void> {
    const statement = statementOf(group.map(({ check }) => check))
    const began = performance.now()
    try {
      const rows = await underSavepoint(sql, 'data_tests', () => sql.unsafe<Verdict[]>(statement))
      const each = (performance.now() - began) / group.length
      for (const row of rows) {
        const entry = group[row.test]
        if (entry) results.set(entry.node, verdictOn(entry.node, entry.check, row, statement, each, run.warnError))
      }
    } catch (error) {
      if (isRepeatable(error)) throw error
      const only = group[0]
      if (group.length > 1) for (const one of group) await together([one])
      else if (only) results.set(only.node, failed(only.explain(error, statement), only.check.sql, statement))
    }
  }

  async function store(node: Node, check: TestQuery): Promise<void> {
    const result = results.get(node)
    const { store_failures_as: as, store_failures: own } = node.config
    const isAsked = as === 'table' || (own ?? run.storeFailures)
    if (!result || result.status === 'error' || !isAsked || node.config.store_failures_as === 'ephemeral') return
    try {
      result.stored = await underSavepoint(sql, 'failing_rows', () => takeFailures(sql, node, check))
    } catch (error) {
      if (isRepeatable(error)) throw error
      result.message = `${result.message}; its rows could not be stored: ${(error as Error).message}`
    }
  }
}

/** A test's SQL with the conditions of the verdict from its config. Throws a ProjectError for SQL that is not one query. */
function testQueryOf(project: Project, node: Node, text: string): TestQuery {
  const { fail_calc: failCalc = 'count(*)', warn_if: warnIf = '!= 0', error_if: errorIf = '!= 0', limit = null } = node.config
  const statements = statementsOf(text)
  const [query] = statements
  if (!query) throw new ProjectError('The test has no SQL', { place: node.place })
  if (statements.length > 1) {
    throw new ProjectError('A test must be one query, but this has several statements', {
      place: node.place,
      ...(statements.some(controlsTransaction)
        ? { hint: 'Remove COMMIT, ROLLBACK and the like: only the build controls transactions.' }
        : {}),
    })
  }
  return {
    sql: query.text,
    failCalc: String(failCalc),
    warnIf: String(warnIf),
    errorIf: String(errorIf),
    limit: limit === null ? null : Number(limit),
    claim: claimOf(project, node),
  }
}

/**
 * One statement that gives a row (test, failures, should_warn, should_error) for each check. Checks for null in columns of one relation
 * share one scan.
 */
export function statementOf(checks: TestQuery[]): string {
  const scans = new Map<string, { index: number; column: string; check: TestQuery }[]>()
  const parts: string[] = []
  checks.forEach((check, index) => {
    const { claim } = check
    if (claim?.kind !== 'not_null' || !isPlain(check)) {
      parts.push(alone(check, index))
      return
    }
    scans.set(claim.relation, [...(scans.get(claim.relation) ?? []), { index, column: claim.column, check }])
  })
  for (const [relation, columns] of scans)
    parts.push(columns.length > 1 ? oneScan(relation, columns) : alone(columns[0]!.check, columns[0]!.index))
  return parts.join('\n\nunion all\n\n')
}

/** pass, warn or fail, by dbt's rule. With severity warn, error_if is ignored. */
export function verdictOf(severity: string, shouldWarn: boolean, shouldError: boolean, warnError = false): 'pass' | 'warn' | 'fail' {
  if (severity.toLowerCase() === 'error' && shouldError) return 'fail'
  if (shouldWarn) return warnError ? 'fail' : 'warn'
  return 'pass'
}

interface Verdict {
  test: number
  failures: string | null
  should_warn: boolean | null
  should_error: boolean | null
}

/** The most tests in one statement. */
const most = 40

function isPlain(check: TestQuery): boolean {
  return check.failCalc === 'count(*)' && check.limit === null
}

function alone(check: TestQuery, index: number): string {
  const { failCalc, warnIf, errorIf, limit } = check
  return `select
    ${index} as test,
    (${failCalc})::text as failures,
    ${failCalc} ${warnIf} as should_warn,
    ${failCalc} ${errorIf} as should_error
from (
${check.sql}
${limit === null ? '' : `limit ${limit}\n`}) dbt_internal_test`
}

function oneScan(relation: string, columns: { index: number; column: string; check: TestQuery }[]): string {
  return `select verdicts.*
from (
    select
${columns.map(({ column }, i) => `        count(*) filter (where ${column} is null) as n${i}`).join(',\n')}
    from ${relation}
) as counts
cross join lateral (
    values
${columns.map(({ index, check }, i) => `        (${index}, n${i}::text, n${i} ${check.warnIf}, n${i} ${check.errorIf})`).join(',\n')}
) as verdicts (test, failures, should_warn, should_error)`
}

function verdictOn(node: Node, check: TestQuery, row: Verdict, statement: string, milliseconds: number, warnError: boolean): TestResult {
  if (row.failures === null) {
    return failed(
      new ProjectError(`fail_calc returned null: ${check.failCalc}`, { place: node.place, hint: 'Wrap it in coalesce(…, 0).' }),
      check.sql,
      statement,
    )
  }
  const severity = String(node.config.severity ?? 'error')
  const status = verdictOf(severity, row.should_warn ?? false, row.should_error ?? false, warnError)
  const failures = Number(row.failures)
  const wants = status === 'fail' && severity.toLowerCase() === 'error' && row.should_error ? check.errorIf : check.warnIf
  const message = status === 'pass' ? '' : `Got ${failures} ${failures === 1 ? 'result' : 'results'}, configured to ${status} if ${wants}`
  return { status, failures, message, compiled: check.sql, ran: statement, milliseconds }
}

function failed(error: unknown, compiled: string, ran: string): TestResult {
  return { status: 'error', failures: null, message: (error as Error).message, error, compiled, ran, milliseconds: 0 }
}
