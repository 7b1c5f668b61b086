import type { Existing } from '../database/catalogue.ts'
import { isRepeatable } from '../database/errors.ts'
import { sameColumns } from '../database/relations.ts'
import { underSavepoint } from '../database/savepoint.ts'
import { quote } from '../manifest/relation.ts'
import type { Materialized, Work } from './context.ts'
import { comparedColumns, createShape, dropTemporary, isFirstFill } from './incoming.ts'
import { keyOf } from './keys.ts'
import { explainStatement, runSql, step, target } from './statements.ts'

/**
 * First fill of an existing, empty table with many rows: inserts the query's rows directly, and adds keys and indexes afterwards.
 * Undefined, with nothing changed, where this does not apply (few rows, a table with rows, a unique_key that is not the primary key), or
 * where the keys do not hold, which the slower way reports better.
 */
export async function fillEmpty(work: Work, existing: Existing): Promise<Materialized | undefined> {
  if (existing.kind !== 'table' || work.contract || existing.primaryKey.length === 0) return undefined
  // An EXPLAIN changes how Citus reads in the rest of the transaction.
  if (work.context.onCitus) return undefined
  // A table that was published before and is still empty is not expected to get many rows now: planning its query is not worth it.
  if ((work.context.lastBuilt?.(work.node) ?? 0) > 0) return undefined
  if (!(await isFirstFill(work, existing)) || (await expectedRows(work)) < many) return undefined
  const { pendingKeys } = work
  const own: string[] = []
  try {
    const outcome = await underSavepoint(work.sql, 'first_fill', () => fillBare({ ...work, pendingKeys: own }, existing))
    pendingKeys.push(...own)
    return outcome
  } catch (error) {
    if (/^23/.test(codeOf(error) ?? '')) return undefined
    throw error
  }
}

/**
 * Drops the foreign keys of an empty table before a large fill: checking them row by row costs more than everything else, while adding them
 * again at the end of the build takes one join each. Small fills keep them.
 */
export async function dropForeignKeys(work: Work, rows: number): Promise<void> {
  if (rows < many) return
  await checkParents(work)
  work.pendingKeys.push(...(await dropConstraints(work, 'f')))
}

const many = 10_000

async function fillBare(work: Work, existing: Existing): Promise<Materialized | undefined> {
  const relation = target(work)
  const shape = await createShape(work)
  const isKeyed = keyOf(work, shape).join() === existing.primaryKey.map(quote).join()
  const fits = isKeyed && (work.node.config.migrated || sameColumns(existing, shape))
  const columns = fits ? comparedColumns(work, existing, shape) : []
  await dropTemporary(work, '__dbt_tmp')
  if (!fits) return undefined

  await checkParents(work)
  work.pendingKeys.push(...(await dropConstraints(work, 'f')))
  // A table with pending deferred checks can be filled but not altered afterwards: then its other keys stay, too.
  if (await hasForeignKeys(work)) return undefined
  const again = [...(await dropConstraints(work, 'p')), ...(await dropIndexes(work))]
  // A table emptied in the transaction that fills it needs no WAL where wal_level is minimal.
  await tryTo(work, `truncate ${relation}`)
  const rows = await step(work, 'insert_all', { relation, incoming: `(\n\n${work.query.text}\n\n) as incoming`, columns })
  for (const statement of again) await runSql(work, statement)
  await runSql(work, `analyze ${relation}`)
  return { action: `INSERT ${rows}`, inserted: rows, updated: 0, deleted: 0, unchanged: 0 }
}

/**
 * Runs the deferred checks that the tables referenced by the foreign keys still wait for: before that PostgreSQL drops none of these keys.
 * A check that fails is left for the end of the build, which reports it.
 */
async function checkParents(work: Work): Promise<void> {
  const found = await work.sql<{ name: string }[]>`
    select format('%I.%I', nspname, conname) as name
    from pg_constraint
    inner join pg_namespace on pg_namespace.oid = connamespace
    where contype = 'f' and condeferred
      and conrelid in (select confrelid from pg_constraint where conrelid = ${target(work)}::regclass and contype = 'f')
    order by 1
  `
  if (found.length === 0) return
  const names = found.map(({ name }) => name).join(', ')
  if (await tryTo(work, `set constraints ${names} immediate`)) await runSql(work, `set constraints ${names} deferred`)
}

async function hasForeignKeys(work: Work): Promise<boolean> {
  const found = await work.sql`select from pg_constraint where conrelid = ${target(work)}::regclass and contype = 'f' limit 1`
  return found.length > 0
}

/** The planner's estimate: good enough to tell many from few. */
async function expectedRows(work: Work): Promise<number> {
  const statement = `explain (format json) ${work.query.text}`
  const [row] = await work.sql.unsafe(statement).catch(error => {
    throw explainStatement(work.node, work.query, statement, error)
  })
  return row?.['QUERY PLAN']?.[0]?.Plan?.['Plan Rows'] ?? 0
}

/** Drops the constraints of a kind; gives the statements that add them again. */
async function dropConstraints(work: Work, kind: 'f' | 'p'): Promise<string[]> {
  const relation = target(work)
  const found = await work.sql<{ name: string; definition: string }[]>`
    select format('%I', conname) as name, pg_get_constraintdef(oid) as definition
    from pg_constraint
    where conrelid = ${relation}::regclass and contype = ${kind} and conparentid = 0
    order by conname
  `
  const again: string[] = []
  for (const { name, definition } of found) {
    if (await tryTo(work, `alter table ${relation} drop constraint ${name}`))
      again.push(`alter table ${relation} add constraint ${name} ${definition}`)
  }
  return again
}

/** Drops the indexes that belong to no constraint; gives the statements that create them again. */
async function dropIndexes(work: Work): Promise<string[]> {
  const found = await work.sql<{ name: string; definition: string }[]>`
    select format('%I.%I', nspname, relname) as name, pg_get_indexdef(indexrelid) as definition
    from pg_index
    inner join pg_class on pg_class.oid = indexrelid
    inner join pg_namespace on pg_namespace.oid = relnamespace
    where indrelid = ${target(work)}::regclass
      and not exists (select from pg_constraint where conindid = indexrelid)
    order by relname
  `
  const again: string[] = []
  for (const { name, definition } of found) if (await tryTo(work, `drop index ${name}`)) again.push(definition)
  return again
}

/** Runs a statement; false where something depends on the object (a foreign key on this key, pending checks), which then stays as it is. */
async function tryTo(work: Work, statement: string): Promise<boolean> {
  try {
    await underSavepoint(work.sql, 'where_possible', () => runSql(work, statement))
    return true
  } catch (error) {
    if (isRepeatable(error)) throw error
    return false
  }
}

function codeOf(error: unknown): string | undefined {
  const { code, cause } = error as { code?: string; cause?: { code?: string } }
  return cause?.code ?? code
}
