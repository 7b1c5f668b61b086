import { type Place, ProjectError, ProjectErrors } from '../../run/base/errors.ts'

/**
 * Exit codes of an extraction that made no batch: 2 settings or secret, 3 refused by the API (401, 403), 4 incomplete, 5 the batch exists
 * or another run holds the lock.
 */
export type ExitCode = 2 | 3 | 4 | 5

/** The reason for a missing batch, or for an optional entity missing from it. */
export class ExtractError extends ProjectError {
  readonly exitCode: ExitCode
  /** `entity`: where the entity is optional the run continues without it. `run`: no more requests. */
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

/** The exit code for an extraction's error; undefined for an interruption or a bug, which the command line handles. */
export function exitCodeOf(error: unknown): ExitCode | undefined {
  if (error instanceof ExtractError) return error.exitCode
  return error instanceof ProjectError || error instanceof ProjectErrors ? 2 : undefined
}

/** The same error with another text, for example without secrets. */
export function withText(error: ExtractError, change: (text: string) => string): ExtractError {
  const { exitCode, message, hint, place, ends } = error
  return new ExtractError(exitCode, change(message), { ...(hint ? { hint: change(hint) } : {}), ...(place ? { place } : {}), ends })
}
