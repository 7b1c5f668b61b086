import { groupBy } from '../group.ts'
import type { DocsData, DocsNote } from '../shape.ts'
import { day, instant, inWords, listed, plural } from './format.ts'
import { data } from './model.ts'
import { to } from './route.ts'

/** The first line: how far the data go, when they were published, and in one sentence what a reader must know of them. */
export function News({ isShort = false }: { isShort?: boolean }) {
  const { feed, publish } = data
  const known = knownOf(data)
  if (!publish && !feed) return isShort ? null : <p class="news">{data.runs ? 'Nothing was published yet: run build.' : noLog()}</p>
  if (isShort && known.length === 0) return null
  return (
    <section class={`news ${known.length > 0 ? 'care' : ''}`} aria-label="How far the data go">
      {!isShort && (
        <p class="news-first">
          {feed?.through && (
            <>
              Data through <strong>{day(feed.through)}</strong>
              {publish ? ', ' : '. '}
            </>
          )}
          {publish && (
            <>
              {feed?.through ? 'published ' : 'Published '}
              <a href={to(['runs', publish.runId])}>{instant(publish.at)} UTC</a>.{' '}
            </>
          )}
          {known.length === 0 && feed && 'Nothing is missing from it.'}
        </p>
      )}
      {known.length > 0 && (
        <p>
          <span class="warn strong">! Read with care:</span> {listed(known)}.
        </p>
      )}
      {!isShort && feed && feed.notes.length > 0 && <Notes notes={feed.notes} />}
    </section>
  )
}

function Notes({ notes }: { notes: DocsNote[] }) {
  return (
    <details>
      <summary>What follows from it, and what to do</summary>
      <ul class="plain notes">
        {notes.map(note => (
          <li key={note.message}>
            <p>{note.message}.</p>
            <p class="small muted">{note.hint}</p>
          </li>
        ))}
      </ul>
    </details>
  )
}

/** What a reader must know, each as a part of one sentence; the same kind of several entities and days is one part. */
export function knownOf({ feed, quality }: Pick<DocsData, 'feed' | 'quality'>): string[] {
  const files = quality?.refusedFileCount ?? 0
  const kinds = groupBy(feed?.notes ?? [], ({ kind }) => kind)
  const of = (kind: DocsNote['kind'], tell: (what: string, isOne: boolean) => string): string[] => {
    const notes = kinds.get(kind)
    return notes ? [tell(whatOf(notes), notes.length === 1)] : []
  }
  return [
    ...(files > 0 ? [`${plural(files, 'file')} of the feed ${files === 1 ? 'was' : 'were'} refused`] : []),
    ...of('refused', what => `all files of ${what} were refused, so that what was there before stands`),
    ...of('missing', what => `${what} did not come, so that what was there before stands`),
    ...of('incomplete', what => `the lists of ${what} are held back as incomplete, so that nobody in them counts as gone`),
    ...((kinds.get('undated')?.length ?? 0) > 0
      ? [`${plural(kinds.get('undated')!.length, 'batch', 'batches')} without a day are left out of histories`]
      : []),
    ...(kinds.has('stopped') ? ['no new file has come for days'] : []),
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

function noLog(): string {
  return 'This database keeps no log of runs, so the page cannot say when it was published.'
}
