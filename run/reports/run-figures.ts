import { explainPostgres, type Rendered } from '../base/codeframe.ts'
import { isOwnError, isPostgresError, ProjectError } from '../base/errors.ts'
import type { Sql } from '../database/driver.ts'
import { isRepeatable } from '../database/errors.ts'
import { underSavepoint } from '../database/savepoint.ts'
import type { Cell, Figure, FigureOutcome, FigureRows } from '../manifest/figure.ts'
import { figuresOf, type Project, type ReportNode } from '../manifest/node.ts'
import { compileNode, type RunContext } from '../template/compile.ts'
import { oneQuery } from '../template/single-query.ts'
import { columnMistakes, unusedWords } from './columns.ts'

/** The most rows of a figure: nobody reads more, and a page must hold them. */
export const MOST_ROWS = 10_000

/** Runs the figures of a report inside a transaction, each under a savepoint. */
export async function runFigures(
  sql: Sql,
  project: Project,
  report: ReportNode,
  context: RunContext,
  signal?: AbortSignal,
): Promise<FigureOutcome[]> {
  const outcomes: FigureOutcome[] = []
  for (const figure of figuresOf(report)) {
    outcomes.push(await runFigure(sql, project, report, figure, context))
    // The error of a cancelled statement is not an error of the figure.
    signal?.throwIfAborted()
  }
  const results = outcomes.flatMap(({ result }) => result ?? [])
  const [first] = outcomes
  if (first && results.length === outcomes.length) {
    const [error] = unusedWords(report, new Set(results.flatMap(({ columns }) => columns.map(({ name }) => name))))
    if (error) Object.assign(first, { error, isMistake: true })
  }
  return outcomes
}

async function runFigure(sql: Sql, project: Project, report: ReportNode, figure: Figure, context: RunContext): Promise<FigureOutcome> {
  let compiled: string | null = null
  try {
    const query = await compileFigure(project, report, figure, context)
    compiled = query.text
    const result = await underSavepoint(sql, 'figure', () => rowsOf(sql, figure, query))
    const [error] = columnMistakes(report, figure, result.columns)
    if (error) return { figure, compiled, error, isMistake: true }
    if (result.rows.length > MOST_ROWS) return { figure, compiled, error: tooMany(figure) }
    return { figure, compiled, result }
  } catch (error) {
    if (!isOwnError(error) || isRepeatable(error)) throw error
    return { figure, compiled, error: error as ProjectError, isMistake: isMistake(error) }
  }
}

/** The SQL of a figure with its ephemeral parents. Throws a ProjectError unless it is one query. */
export async function compileFigure(project: Project, report: ReportNode, figure: Figure, context: RunContext): Promise<Rendered> {
  const node = figureNode(report, figure)
  return oneQuery(node, await compileNode(project, node, context))
}

/** A figure as a node of its own: with the parents of its report, and its SQL written below the report's path. */
export function figureNode(report: ReportNode, { name, sql, place }: Figure): ReportNode {
  const within = `/${name}.sql`
  const packagePath = report.packagePath === undefined ? {} : { packagePath: `${report.packagePath}${within}` }
  return { ...report, name: `${report.name}.${name}`, raw: sql, place, path: `${report.path}${within}`, ...packagePath }
}

async function rowsOf(sql: Sql, figure: Figure, query: Rendered): Promise<FigureRows> {
  const found = await sql
    .unsafe(`${BEFORE}${query.text}\n) as figure limit ${MOST_ROWS + 1}`)
    .values()
    .catch(error => {
      throw explained(error, figure, query)
    })
  return {
    columns: found.columns.map(({ name, type }) => ({ name: String(name), type })),
    rows: [...found].map(row => (row as unknown[]).map(cell)),
  }
}

const BEFORE = 'select * from (\n'

/** PostgreSQL's error about a figure's query, at the line of the report; `before` is the number of characters before the query. */
export function explained(error: unknown, figure: Figure, query: Rendered, before = BEFORE.length): unknown {
  if (!isPostgresError(error)) return error
  const { message, place, hint, callers } = explainPostgres(error, query, before)
  return new ProjectError(message, { place: place?.line === undefined ? figure.place : place, hint, callers, cause: error })
}

// Class 42 is a syntax error or an unknown name. A missing privilege is not a mistake of the report.
function isMistake(error: unknown): boolean {
  const { cause, code } = error as { cause?: unknown; code?: unknown }
  if (!isPostgresError(cause)) return code === undefined
  return cause.code.startsWith('42') && cause.code !== '42501'
}

function tooMany({ name, place }: Figure): ProjectError {
  return new ProjectError(`The figure '${name}' has more than ${MOST_ROWS.toLocaleString('en-US')} rows`, {
    place,
    hint: 'Aggregate in its query: group by what the reader compares.',
  })
}

function cell(value: unknown): Cell {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
