import type { Work } from './context.ts'
import { runSql, target } from './statements.ts'

/**
 * Applies the config `fillfactor`, for a table whose rows are updated often: with free space in the page a new row version stays beside the
 * old one, and no index is touched.
 */
export async function setFillfactor(work: Work): Promise<void> {
  const { fillfactor } = work.node.config
  if (fillfactor === undefined || fillfactor === null) return
  const [row] = await work.sql<{ present: string | null }[]>`
    select (select option_value from pg_options_to_table(reloptions) where option_name = 'fillfactor') as present
    from pg_class where oid = to_regclass(${target(work)})`
  if (row?.present !== String(fillfactor)) await runSql(work, `alter table ${target(work)} set (fillfactor = ${Number(fillfactor)})`)
}
