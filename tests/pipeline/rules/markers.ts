import fc from 'fast-check'
import { sha256Of } from './bytes.ts'
import type { Entity, FeedFile } from './feed.ts'

/** The marker of an extraction of these files (R5): mostly valid, otherwise with a mistake, or unreadable. */
export function markerOf(batch: string, files: FeedFile[]): fc.Arbitrary<string> {
  const entities = [...new Set(files.map(({ entity }) => entity))]
  const state = fc.oneof(
    { weight: 8, arbitrary: fc.constant<State>('complete') },
    { weight: 3, arbitrary: fc.constantFrom<State>('unnamed', 'incomplete', 'changed', 'missing') },
  )
  const readable = fc.tuple(...entities.map(() => state)).map(states => {
    const named = entities.flatMap((entity, at) => {
      const said = states[at] ?? 'unnamed'
      const ofEntity = files.filter(file => file.entity === entity)
      return said === 'unnamed' ? [] : [[entity, partOf(batch, entity, ofEntity, said)]]
    })
    return JSON.stringify({ format: 1, batch, entities: Object.fromEntries(named) })
  })
  return fc.oneof({ weight: 9, arbitrary: readable }, { weight: 1, arbitrary: fc.constantFrom('', '[]', '{"format":1', 'null') })
}

type State = 'complete' | 'unnamed' | 'incomplete' | 'changed' | 'missing'

function partOf(batch: string, entity: Entity, files: FeedFile[], state: State): object {
  const named = files.map(file => ({ path: file.path.slice(batch.length + 1), sha256: sha256Of(file), bytes: 1 }))
  if (state === 'changed') named[0] = { path: '', bytes: 1, ...named[0], sha256: '0'.repeat(64) }
  if (state === 'missing') named.push({ path: `${entity}/77.json`, sha256: '0'.repeat(64), bytes: 1 })
  return { complete: state !== 'incomplete', rows: 1, files: named }
}
