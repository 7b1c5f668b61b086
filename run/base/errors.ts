/** The place of a mistake in the project: a file relative to the project, 1-based line and column. */
export interface Place {
  file: string
  line?: number
  column?: number
  /** The macro called at this place. */
  macro?: string
}

/**
 * Kinds of ProjectError that code must tell apart: the server or a node of its cluster is gone, another build holds the lock, TLS failed.
 */
export type ProblemCode = 'connection-lost' | 'node-away' | 'locked' | 'tls'

/** The details of a ProjectError besides its message. */
export interface ErrorDetails {
  place?: Place | undefined
  /** The next step. */
  hint?: string | undefined
  /** Macro calls that led here, innermost first. */
  callers?: Place[]
  code?: ProblemCode
  cause?: unknown
}

/**
 * A mistake in the project, its input or its environment, not in the runner: shown as its message with the place, the source line and a
 * caret, and the next step, never with a stack. The process exits with code 2.
 */
export class ProjectError extends Error {
  override readonly name = 'ProjectError'
  readonly place: Place | undefined
  readonly hint: string | undefined
  readonly callers: Place[]
  readonly code: ProblemCode | undefined

  constructor(message: string, { place, hint, callers = [], code, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.place = place
    this.hint = hint
    this.callers = callers
    this.code = code
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

/** A warning with its place. */
export interface Problem {
  message: string
  place?: Place
  hint?: string
}

/** PostgreSQL's error about a statement, as its drivers throw it. */
export interface PostgresError extends Error {
  /** SQLSTATE. */
  code: string
  position?: string | number
  detail?: string
  hint?: string
  where?: string
  constraint_name?: string
}

/** Whether an error is PostgreSQL's own, with a SQLSTATE. A lost connection is an error of the driver, with another code. */
export function isPostgresError(error: unknown): error is PostgresError {
  return error instanceof Error && !(error instanceof ProjectError) && SQLSTATE.test(String((error as { code?: unknown }).code))
}

/** Whether an error is the project's or PostgreSQL's, and so a failure of the node; anything else is a bug of the runner. */
export function isOwnError(error: unknown): boolean {
  return error instanceof ProjectError || error instanceof ProjectErrors || isPostgresError(error)
}

// PostgreSQL's error classes begin with a digit or with one of these letters; EPIPE and similar are codes of the system.
const SQLSTATE = /^[0-9FHPX][0-9A-Z]{4}$/
