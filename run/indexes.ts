import { createHash } from 'node:crypto'
import type { Existing } from './catalog.ts'
import { ProjectError } from './errors.ts'
import { quote } from './relation.ts'
import { checkKeys, step, target, type Work } from './work.ts'

interface Index {
  columns: string[]
  unique?: boolean
  type?: string
  where?: string
}

/** Makes the indexes of the model's `indexes` config that are not there yet. */
export async function createIndexes(work: Work): Promise<void> {
  const { indexes } = work.node.config
  for (const index of (Array.isArray(indexes) ? indexes : []) as Index[]) {
    if (!Array.isArray(index?.columns) || index.columns.length === 0) {
      throw new ProjectError(`An entry of indexes needs columns: {columns: [a, b], unique: true}, not ${JSON.stringify(index)}`, {
        place: work.node.place,
      })
    }
    const { columns, unique = false, type = 'btree', where = null } = index
    await step(work, 'create_index_on', {
      relation: target(work),
      name: quote(nameOf(work, index)),
      columns: columns.map(quote),
      unique,
      type,
      where,
    })
  }
}

/** The primary key of a table of the runner's own that has none: its unique_key. */
export async function ensurePrimaryKey(work: Work, existing: Existing, key: string[]): Promise<void> {
  if (work.node.config.migrated || existing.primaryKey.length > 0) return
  await checkKeys(work, target(work), key)
  await step(work, 'add_primary_key', { relation: target(work), key })
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
