/** A text, or a list of texts, as a list; an empty one where there is nothing. */
export function textsOf(value: unknown): string[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value.map(String) : [String(value)]
}
