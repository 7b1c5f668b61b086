import type { Claim } from './claim.ts'

/** A test's SQL and what its config says of the verdict. */
export interface TestQuery {
  sql: string
  failCalc: string
  warnIf: string
  errorIf: string
  limit: number | null
  /** What a generic test says of a column, where a constraint could prove it. */
  claim?: Claim | undefined
}
