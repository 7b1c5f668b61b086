/** One call. */
export interface Question {
  /** Below the base, `/agents/7`; the caller checks its parts. */
  path: string
  query: Record<string, string>
  /** 4xx statuses that the caller handles. */
  passes?: (status: number) => boolean
  /** The rights that the key needs, for the message when the API refuses. */
  needs?: string | undefined
}
