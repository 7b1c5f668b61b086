/** A test's SQL and what its config says of the verdict. */
export interface Check {
  sql: string
  failCalc: string
  warnIf: string
  errorIf: string
  limit: number | null
}
