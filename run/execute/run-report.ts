import { writeCompiled } from '../artifacts/run-results.ts'
import { fileAndLine } from '../base/codeframe.ts'
import { ProjectErrors } from '../base/errors.ts'
import { readHere } from '../citus/cluster.ts'
import type { Session } from '../database/driver.ts'
import type { FigureOutcome } from '../manifest/figure.ts'
import type { ReportNode } from '../manifest/node.ts'
import { empty, type NodeResult } from '../manifest/result.ts'
import { plural } from '../report/format.ts'
import { figureNode, runFigures } from '../reports/run-figures.ts'
import type { RunContext } from '../template/compile.ts'
import type { Plan } from './plan.ts'

/**
 * Runs the figures of a report. A mistake in the report is an error, as in a model; a failure caused by the data is only a warning, unless
 * the report says `on_error: fail`: a report must not keep a warehouse from being published.
 */
export async function runReport(
  session: Session,
  { project, targetPath, onCitus, warnError, signal }: Plan,
  report: ReportNode,
  context: RunContext,
): Promise<NodeResult> {
  const result = empty(report)
  if (onCitus) await readHere(session)
  const outcomes = await runFigures(session, project, report, context, signal)
  for (const { figure, compiled } of outcomes) if (compiled !== null) writeCompiled(targetPath, figureNode(report, figure), compiled)
  result.figures = outcomes
  result.compiled = outcomes.map(({ compiled }) => compiled ?? '').join('\n;\n')
  result.message = plural(outcomes.length, 'figure')
  const failed = outcomes.filter(({ error }) => error)
  const isError = failed.some(({ isMistake }) => isMistake) || report.onError === 'fail' || warnError
  if (failed.length > 0) {
    result.failures = failed.length
    const lines = failed.map(({ figure, error }) => lineOf(figure.name, error!))
    result.message = isError ? lines.join('\n') : [...lines, 'It keeps showing the figures that were published last.'].join('\n')
    result.status = isError ? 'error' : 'warn'
    if (isError) result.error = new ProjectErrors(failed.map(({ error }) => error!))
  }
  result.finishedAt = new Date()
  return result
}

function lineOf(name: string, { message, place, hint }: NonNullable<FigureOutcome['error']>): string {
  return [`${name}: ${message}${place ? ` (${fileAndLine(place)})` : ''}`, ...(hint ? [`→ ${hint}`] : [])].join('\n')
}
