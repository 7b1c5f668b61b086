import type { Claim } from './claim.ts'

/** A test's SQL, and the conditions of its verdict from its config. */
export interface TestQuery {
  sql: string
  failCalc: string
  warnIf: string
  errorIf: string
  limit: number | null
  /** The claim of a generic test that a constraint could prove. */
  claim?: Claim | undefined
}
