import type { Materialized, Work } from './context.ts'
import { runSql, target } from './statements.ts'

/**
 * New statistics for a table of which an increment wrote a tenth or more, as autovacuum would have it, which does not look into a
 * transaction: a batch that is corrected from one record to fifty thousand would else be read by plans for one.
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
