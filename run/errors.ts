/** Where in the project a mistake stands: a file relative to the project, 1-based line and column. */
export interface Place {
  file: string
  line?: number
  column?: number
  /** The macro that is called there. */
  macro?: string
}

/**
 * A mistake in the project, its input or its surroundings, not in the runner: shown as its message with the
 * place, the source line and a caret, and the next step, never with a stack. The process leaves with code 2.
 */
export class ProjectError extends Error {
  override readonly name = 'ProjectError'
  /** What was wrong, both sides of it. */
  readonly place: Place | undefined
  /** What to do next. */
  readonly hint: string | undefined
  /** Macro calls that led here, innermost first. */
  readonly callers: Place[]

  constructor(message: string, { place, hint, callers = [] }: { place?: Place; hint?: string; callers?: Place[] } = {}) {
    super(message)
    this.place = place
    this.hint = hint
    this.callers = callers
  }
}

/** All mistakes found at once, in order of file and line; `errors` is never empty. */
export class ProjectErrors extends Error {
  override readonly name = 'ProjectErrors'
  readonly errors: ProjectError[]

  constructor(errors: ProjectError[]) {
    super(errors.map(error => error.message).join('\n'))
    this.errors = errors
  }
}
