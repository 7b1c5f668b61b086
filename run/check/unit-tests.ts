import { writeCompiled } from '../artifacts/run-results.ts'
import { isOwnError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import type { Session } from '../database/driver.ts'
import { isRepeatable } from '../database/errors.ts'
import { underSavepoint } from '../database/savepoint.ts'
import type { Node, UnitTest } from '../manifest/node.ts'
import { empty, type NodeResult } from '../manifest/result.ts'
import { rowDiff } from './row-diff.ts'
import { explained, statementFor, type UnitWorld } from './unit-statement.ts'

/** The parameters of `runUnitTest` besides the test. */
export interface UnitRun extends UnitWorld {
  /** Absolute path of the folder of artifacts. */
  targetPath: string
  /** Whether a test passed before, and it and its model are unchanged: then it is not run again. */
  hasPassed?: (test: UnitTest) => boolean
}

/**
 * Runs one unit test: the model's SQL over CTEs of the given rows, compared with the expected rows as multisets, in the columns that those
 * name. Reads no relation. Runs inside a transaction: a failing statement is rolled back to a savepoint.
 */
export async function runUnitTest(session: Session, test: UnitTest, run: UnitRun): Promise<NodeResult> {
  const result = empty(test)
  if (run.hasPassed?.(test))
    return { ...result, status: 'pass', isReused: true, failures: 0, message: 'Reused: neither the test nor its model has changed.' }
  try {
    const { statement, columns } = await statementFor(test, run)
    result.compiled = statement.text
    writeCompiled(run.targetPath, test, statement.text)
    const rows = await underSavepoint(session, 'unit_test', () => session.unsafe<Row[]>(statement.text)).catch(error => {
      throw explained(error, statement, test)
    })
    const difference = {
      columns,
      missing: rows.filter(({ side }) => side === 'missing').map(({ cells }) => cells),
      unexpected: rows.filter(({ side }) => side === 'unexpected').map(({ cells }) => cells),
      same: Number(rows.find(({ side }) => side === 'same')?.cells[0] ?? 0),
    }
    const isGood = difference.missing.length + difference.unexpected.length === 0
    result.status = isGood ? 'pass' : 'fail'
    result.failures = isGood ? 0 : 1
    result.message = isGood ? '' : `actual differs from expected:\n\n${rowDiff(difference)}\n`
  } catch (error) {
    if (!isOwnError(error) || isRepeatable(error)) throw error
    Object.assign(result, { status: 'error', message: (error as Error).message, error })
  }
  result.finishedAt = new Date()
  return result
}

/** Identifies what the verdict of a unit test depends on: the test, its model, and the columns of the model's parents. */
export function unitFingerprint(test: UnitTest, model: string, columns: string[]): string {
  return sha256([test.checksum, model, ...columns].join(' '))
}

/** Whether a node is a unit test. */
export function isUnitTest(node: Node): node is UnitTest {
  return node.resourceType === 'unit_test'
}

interface Row {
  side: 'missing' | 'unexpected' | 'same'
  cells: (string | null)[]
}
