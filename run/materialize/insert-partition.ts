import type { Existing } from '../database/catalogue.ts'
import { isRepeatable } from '../database/errors.ts'
import { sameColumns } from '../database/relations.ts'
import { underSavepoint } from '../database/savepoint.ts'
import { quote } from '../manifest/relation.ts'
import type { Materialized, Work } from './context.ts'
import { comparedColumns, createShape, dropTemporary } from './incoming.ts'
import { createIndexes } from './indexes.ts'
import { keyOf } from './keys.ts'
import { step, target } from './statements.ts'
import { predicatesOf } from './strategy.ts'

/**
 * Fills a part of a mirrored table that has no rows yet, such as that of a new batch: inserts the query's rows directly, as there is
 * nothing to compare them with. Undefined, with nothing changed, where this does not apply, or where a key is null, repeated or in another
 * part, which the comparison handles or reports better.
 */
export async function fillNewPart(work: Work, existing: Existing): Promise<Materialized | undefined> {
  const predicates = predicatesOf(work)
  if (existing.kind !== 'table' || work.contract || work.context.onCitus || predicates.length === 0) return undefined
  if (keyOf(work).join() !== existing.primaryKey.map(quote).join() || !(await isNew(work, predicates))) return undefined
  const shape = await createShape(work)
  await dropTemporary(work, '__dbt_tmp')
  if (!work.node.config.migrated && !sameColumns(existing, shape)) return undefined
  const columns = comparedColumns(work, existing, shape)
  const incoming = `(\n\n${work.query.text}\n\n) as incoming`
  try {
    const rows = await underSavepoint(work.sql, 'new_part', () => step(work, 'insert_all', { relation: target(work), incoming, columns }))
    await createIndexes(work)
    return { action: rows === 0 ? 'UNCHANGED' : `INSERT ${rows}`, inserted: rows, updated: 0, deleted: 0, unchanged: 0 }
  } catch (error) {
    if (isRepeatable(error) || !isKeyError(error)) throw error
    return undefined
  }
}

async function isNew(work: Work, predicates: string[]): Promise<boolean> {
  const within = predicates.map(predicate => `(${predicate})`).join(' and ')
  const [row] = await work.sql.unsafe<{ is_new: boolean }[]>(
    `select not exists (select from ${target(work)} as existing where ${within}) as is_new`,
  )
  return row?.is_new ?? false
}

// Not null and unique violations.
function isKeyError(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: { code?: string } }
  return ['23502', '23505'].includes(cause?.code ?? code ?? '')
}
