/** One call. */
export interface Question {
  /** Below the base, `/agents/7`; its parts are checked by whoever fills them in. */
  path: string
  query: Record<string, string>
  /** Statuses of 4xx that the caller handles. */
  passes?: (status: number) => boolean
  /** What the key must be, said when the API refuses. */
  needs?: string | undefined
}
