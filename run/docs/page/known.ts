import { groupBy } from '../group.ts'
import type { DocsData, DocsNote } from '../shape.ts'
import { day, inWords, listed, plural } from './format.ts'

/** The known problems, as parts of one sentence; problems of one kind in several entities and days are one part. */
export function knownOf({ feed, quality }: Pick<DocsData, 'feed' | 'quality'>): string[] {
  const files = quality?.refusedFileCount ?? 0
  const kinds = groupBy(feed?.notes ?? [], ({ kind }) => kind)
  const of = (kind: DocsNote['kind'], tell: (what: string, isOne: boolean) => string): string[] => {
    const notes = kinds.get(kind)
    return notes ? [tell(whatOf(notes), notes.length === 1)] : []
  }
  return [
    ...(files > 0 ? [`${plural(files, 'file')} of the feed ${files === 1 ? 'was' : 'were'} refused`] : []),
    ...of('refused', what => `all files of ${what} were refused, so the earlier data are kept`),
    ...of('missing', what => `${what} are missing, so the earlier data are kept`),
    ...of('incomplete', what => `the lists of ${what} are incomplete, so records missing from them are not treated as removed`),
    ...((kinds.get('undated')?.length ?? 0) > 0
      ? [`${plural(kinds.get('undated')!.length, 'batch', 'batches')} without a day are left out of histories`]
      : []),
    ...(kinds.has('stopped') ? ['no new file has landed for days'] : []),
  ]
}

// `groups and cards of 6 Jan 2026, roles of 7 Jan 2026`
function whatOf(notes: DocsNote[]): string {
  const byDay = groupBy(notes, note => note.day)
  return listed(
    [...byDay].map(([when, list]) => {
      const entities = listed([...new Set(list.map(({ entity }) => inWords(entity ?? 'a list')))])
      return when === null ? entities : `${entities} of ${day(when)}`
    }),
  )
}
