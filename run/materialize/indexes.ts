import { createHash } from 'node:crypto'
import { ProjectError } from '../base/errors.ts'
import { type Existing, findRelation } from '../database/catalogue.ts'
import { isRepeatable } from '../database/errors.ts'
import { underSavepoint } from '../database/savepoint.ts'
import { quote } from '../manifest/relation.ts'
import type { Work } from './context.ts'
import { checkKeys } from './keys.ts'
import { runSql, step, target } from './statements.ts'

interface Index {
  columns: string[]
  unique?: boolean
  type?: string
  where?: string
}

/**
 * Creates the missing indexes of the config `indexes`, and drops those that an earlier build created and the config no longer has. Indexes
 * that others created stay.
 */
export async function createIndexes(work: Work): Promise<void> {
  const { indexes, migrated } = work.node.config
  const wanted = (Array.isArray(indexes) ? indexes : []) as Index[]
  if (migrated && wanted.length === 0) return
  const { indexes: there = [] } = (await findRelation(work.sql, target(work))) ?? {}
  for (const index of wanted) {
    if (!Array.isArray(index?.columns) || index.columns.length === 0) {
      throw new ProjectError(`An entry of indexes needs columns: {columns: [a, b], unique: true}, not ${JSON.stringify(index)}`, {
        place: work.node.place,
      })
    }
    const { columns, unique = false, type = 'btree', where = null } = index
    const name = nameOf(work, index)
    const found = there.find(one => one.name === name)
    const shown = { relation: target(work), name: quote(name), columns: columns.map(quote), unique, type, where }
    if (!found) await step(work, 'create_index_on', shown)
    if (found?.comment !== OURS) await runSql(work, `comment on index ${quote(work.node.schema)}.${quote(name)} is '${OURS}'`)
  }
  const names = wanted.map(index => nameOf(work, index))
  for (const { name } of there.filter(one => one.comment === OURS && !names.includes(one.name)))
    await runSql(work, `drop index ${quote(work.node.schema)}.${quote(name)}`)
}

// Marks the indexes that a later build may drop.
const OURS = 'made by the config indexes'

/** Makes unique_key the primary key of a table that the runner created without one. */
export async function ensurePrimaryKey(work: Work, existing: Existing, key: string[]): Promise<void> {
  if (work.node.config.migrated || existing.primaryKey.length > 0) return
  const relation = target(work)
  try {
    await underSavepoint(work.sql, 'primary_key', () => step(work, 'add_primary_key', { relation, key }))
  } catch (error) {
    if (isRepeatable(error)) throw error
    await checkKeys(work, relation, key)
    throw error
  }
}

// The same definition has the same name at each build, so that `if not exists` finds it.
function nameOf(work: Work, index: Index): string {
  const { columns, unique = false, type = 'btree', where = null } = index
  const hash = createHash('md5')
    .update(JSON.stringify([target(work), columns, unique, type, where]))
    .digest('hex')
    .slice(0, 8)
  return `${`${work.node.alias}_${columns.join('_')}`.slice(0, 40)}_${hash}`
}
