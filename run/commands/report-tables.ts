import { isPostgresError, type ProjectError } from '../base/errors.ts'
import type { Sql } from '../database/driver.ts'
import { asJson, asTable, fetchRows } from '../database/rows.ts'
import type { Figure } from '../manifest/figure.ts'
import { figuresOf, type Project, type ReportNode } from '../manifest/node.ts'
import { columnMistakes } from '../reports/columns.ts'
import { compileFigure, explained } from '../reports/run-figures.ts'
import type { RunContext } from '../template/compile.ts'

/** A figure with its SQL. */
interface CompiledFigure {
  figure: Figure
  query: Awaited<ReturnType<typeof compileFigure>>
}

/** Compiles the figures of a report. */
export async function compileFigures(project: Project, report: ReportNode, context: RunContext): Promise<CompiledFigure[]> {
  const compiled: CompiledFigure[] = []
  for (const figure of figuresOf(report)) compiled.push({ figure, query: await compileFigure(project, report, figure, context) })
  return compiled
}

/** The first rows of each figure, under its title; as JSON an object with a list of rows per figure. */
export async function reportTables(sql: Sql, figures: CompiledFigure[], limit: number, form: string | undefined): Promise<string> {
  const parts: string[] = []
  for (const { figure, query } of figures) {
    const shown = await fetchRows(sql, query.text, limit).catch(error => {
      throw explained(error, figure, query, 0)
    })
    if (form === 'json') parts.push(`${JSON.stringify(figure.name)}: ${asJson(shown)}`)
    else parts.push(`${figure.title} (${figure.name})\n${shown.rows.length === 0 ? figure.empty : asTable(shown)}`)
  }
  return form === 'json' ? `{${parts.join(',\n')}}` : parts.join('\n\n')
}

/**
 * Mistakes in the figures of a report that can be found before a build: invalid SQL, and attributes that name columns which the query
 * lacks. Relations that are missing are left to the build, which may create or change them.
 */
export async function figureMistakes(sql: Sql, report: ReportNode, figures: CompiledFigure[]): Promise<ProjectError[]> {
  const errors: ProjectError[] = []
  for (const { figure, query } of figures) {
    try {
      const { columns } = await sql.unsafe(query.text).describe()
      errors.push(
        ...columnMistakes(
          report,
          figure,
          columns.map(({ name, type }) => ({ name: String(name), type })),
        ),
      )
    } catch (error) {
      if (!isPostgresError(error)) throw error
      if (error.code === SYNTAX_ERROR) errors.push(explained(error, figure, query, 0) as ProjectError)
    }
  }
  return errors
}

const SYNTAX_ERROR = '42601'
