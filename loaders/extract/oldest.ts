import { fieldOf, recordsIn } from './json.ts'
import type { Question } from './question.ts'
import type { Entry } from './source-config.ts'
import type { SourceRun } from './source-run.ts'

/**
 * The time of the first row of a list sorted by `field`, for walks by month; undefined without rows. If the API does not sort, nothing is
 * lost, as the first month has no lower bound.
 */
export async function oldestRow(
  { client }: SourceRun,
  { path, query, page_size, records_at, needs }: Entry,
  field: string,
): Promise<number | undefined> {
  const question: Question = { path, query: { ...query, [page_size!.parameter]: '1' }, needs }
  const answer = await client.get(question)
  const rows = recordsIn(answer.value, records_at)
  if (!rows) throw client.other(question, answer.bytes, 'a list of records')
  const at = Date.parse(String(fieldOf(rows[0], field)))
  return Number.isNaN(at) ? undefined : at
}
