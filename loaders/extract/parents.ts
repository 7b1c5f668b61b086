import { setImmediate as breath } from 'node:timers/promises'
import { ExtractError } from './failure.ts'
import { fieldOf, idText, isObject, parseBytes, recordsIn } from './json.ts'
import type { Entry, Named } from './source-config.ts'
import type { Done, SourceRun, Wanted } from './source-run.ts'

/**
 * The ids in the pages of an entry's parents, each once, in order. Throws an ExtractError for a listed id that cannot be part of a path.
 */
export async function wantedOf(
  run: SourceRun,
  { also, ...parent }: NonNullable<Entry['parent']>,
  done: Map<string, Done[]>,
): Promise<Wanted> {
  const listed = new Set(await idsNamedBy(run, parent, done))
  for (const id of listed)
    if (!PART_OF_PATH.test(id))
      throw new ExtractError(4, `Unusable id ${JSON.stringify(id.slice(0, 100))} in ${parent.entity}: it cannot be part of a URL`, {
        hint: 'No batch was made; the last one stays.',
        ends: 'entity',
      })
  const named = new Set<string>()
  // The warehouse reports invalid ids in other records.
  for (const other of also) for (const id of await idsNamedBy(run, other, done)) if (PART_OF_PATH.test(id) && !listed.has(id)) named.add(id)
  return { listed: [...listed], named: [...named] }
}

// An id becomes part of a path and of a file name.
const PART_OF_PATH = /^(?!-)[A-Za-z0-9_-]{1,200}$/

async function idsNamedBy({ work, config }: SourceRun, { entity, id_fields }: Named, done: Map<string, Done[]>): Promise<string[]> {
  const recordsAt = config.entities.find(entry => entry.entity === entity)?.records_at ?? ''
  const ids: string[] = []
  const addId = (id: unknown) => {
    const text = idText(id)
    if (text !== undefined) ids.push(text)
  }
  for (const { files } of done.get(entity) ?? [])
    for (const file of files) {
      // Gives the other source time to handle its answers.
      await breath()
      const value = parseBytes(work.read(file) ?? Buffer.alloc(0))
      const rows = recordsIn(value, recordsAt) ?? (isObject(value) ? [value] : [])
      for (const row of rows) for (const field of id_fields) for (const id of [fieldOf(row, field)].flat()) addId(id)
    }
  return ids
}
