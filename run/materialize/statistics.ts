import type { Materialized, Work } from './context.ts'
import { runSql, target } from './statements.ts'

/**
 * Analyzes a table after an increment wrote a tenth of its rows or more. Autovacuum would, but does not see inside a transaction: a batch
 * corrected from one record to fifty thousand would be read by plans for one record.
 */
export async function analyzeGrown(work: Work, { inserted, updated }: Materialized): Promise<void> {
  const rows = (inserted ?? 0) + (updated ?? 0)
  if (rows < FEW) return
  const relation = target(work)
  const [table] = await work.sql<
    { known: number }[]
  >`select reltuples::float8 as known from pg_class where oid = ${relation}::text::regclass`
  if (rows * 10 >= (table?.known ?? 0)) await runSql(work, `analyze ${relation}`)
}

const FEW = 1000
