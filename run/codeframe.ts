import { ProjectError, ProjectErrors } from './errors.ts'
import type { Rendered } from './jinja/render.ts'

/** What PostgreSQL's driver throws. */
export interface PostgresError {
  message: string
  code?: string
  position?: string | number
  detail?: string
  hint?: string
  where?: string
}

/** `file:line:column: message`, the source line with a caret, the macro calls, the hint; several errors one after the other. */
export function formatProblem(_error: ProjectError | ProjectErrors, _textOf: (file: string) => string | undefined): string {
  throw new Error('todo')
}

/** What PostgreSQL said of a rendered statement, at the analyst's own line. `offset` = characters of the statement before `rendered.text`. */
export function explainPostgres(_error: PostgresError, _rendered: Rendered, _offset = 0): ProjectError {
  throw new Error('todo')
}
