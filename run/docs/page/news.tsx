import type { DocsNote } from '../shape.ts'
import { day, instant, listed } from './format.ts'
import { knownOf } from './known.ts'
import { data } from './model.ts'
import { to } from './route.ts'

/** The first line: the last day of data, the time of the publish, and a sentence about known problems. */
export function News({ isShort = false }: { isShort?: boolean }) {
  const { feed, publish } = data
  const known = knownOf(data)
  if (!publish && !feed) return isShort ? null : <p class="news">{data.runs ? 'Nothing has been published yet: run build.' : noLog()}</p>
  if (isShort && known.length === 0) return null
  return (
    <section class={`news ${known.length > 0 ? 'care' : ''}`} aria-label="State of the data">
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
          {known.length === 0 && feed && 'No known problems.'}
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
      <summary>Consequences and next steps</summary>
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

function noLog(): string {
  return 'This database keeps no log of runs, so the page cannot say when it was published.'
}
