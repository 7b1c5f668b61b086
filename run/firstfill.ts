import { isRepeatable } from './failing.ts'
import { underSavepoint } from './savepoint.ts'
import { runSql, target, type Work } from './work.ts'

/**
 * Takes the foreign keys off an empty table that is to be filled: checked row by row they cost more than all the rest, added again at the
 * end of the build each is one join. Small fills keep them.
 */
export async function dropForeignKeys(work: Work, rows: number): Promise<void> {
  if (rows < many) return
  const relation = target(work)
  const keys = await work.sql<{ name: string; definition: string }[]>`
    select format('%I', conname) as name, pg_get_constraintdef(oid) as definition
    from pg_constraint
    where conrelid = ${relation}::regclass and contype = 'f' and conparentid = 0
    order by conname
  `
  for (const { name, definition } of keys) {
    try {
      await underSavepoint(work.sql, 'foreign_key', () => runSql(work, `alter table ${relation} drop constraint ${name}`))
      work.pendingKeys.push(`alter table ${relation} add constraint ${name} ${definition}`)
    } catch (error) {
      // A table with checks still to be made cannot be altered: the key stays and checks row by row.
      if (isRepeatable(error)) throw error
    }
  }
}

const many = 10_000
