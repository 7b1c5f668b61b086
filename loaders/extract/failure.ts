import { type Place, ProjectError, ProjectErrors } from '../../run/base/errors.ts'

/**
 * How an extraction that made no batch ends the process: 2 settings or secret, 3 refused by the API (401, 403),
 * 4 incomplete, 5 the batch is there already or another run holds the lock.
 */
export type ExitCode = 2 | 3 | 4 | 5

/** Why no batch was made, or why an optional entity is missing from it. */
export class ExtractError extends ProjectError {
  readonly exitCode: ExitCode
  /** `entity`: where the entity is optional the run goes on without it. `run`: nothing more is asked. */
  readonly ends: 'entity' | 'run'

  constructor(
    exitCode: ExitCode,
    message: string,
    { hint, place, ends = 'run' }: { hint?: string; place?: Place; ends?: 'entity' | 'run' } = {},
  ) {
    super(message, { ...(hint ? { hint } : {}), ...(place ? { place } : {}) })
    this.exitCode = exitCode
    this.ends = ends
  }
}

/** The exit code for whatever an extraction threw; undefined for an interruption or a bug, which the command line knows how to end. */
export function exitCodeOf(error: unknown): ExitCode | undefined {
  if (error instanceof ExtractError) return error.exitCode
  return error instanceof ProjectError || error instanceof ProjectErrors ? 2 : undefined
}

/** The same error with another text, for instance one without secrets. */
export function withText(error: ExtractError, change: (text: string) => string): ExtractError {
  const { exitCode, message, hint, place, ends } = error
  return new ExtractError(exitCode, change(message), { ...(hint ? { hint: change(hint) } : {}), ...(place ? { place } : {}), ends })
}
