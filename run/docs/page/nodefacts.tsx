import type { DocsNode } from '../shape.ts'
import { bytes, count, day, instant, listed, plural, seconds } from './format.ts'
import { data, shownIn } from './model.ts'
import { Empty, Figure, Figures, Kind, Section, Status, Tag, toneOf } from './parts.tsx'
import { to } from './route.ts'

/** The size of a table, its readers, and its freshness. */
export function Facts({ node }: { node: DocsNode }) {
  return (
    <>
      <Figures>
        {node.rowCount !== null && (
          <Figure value={`${node.isEstimate ? '≈ ' : ''}${count(node.rowCount)}`} name={node.rowCount === 1 ? 'row' : 'rows'} />
        )}
        {node.sizeBytes !== null && <Figure value={bytes(node.sizeBytes)} name="with indexes" />}
        <Figure value={count(node.columns.length)} name={node.columns.length === 1 ? 'column' : 'columns'} />
      </Figures>
      <p class="tags">
        <Kind node={node} />
        {node.tags.map(tag => (
          <Tag key={tag}>#{tag}</Tag>
        ))}
        <span class="small muted">
          {node.dependsOn.length > 0 ? `Reads ${plural(node.dependsOn.length, 'table')}` : 'Reads no other table'},{' '}
          {node.usedBy.length > 0 ? `is read by ${count(node.usedBy.length)}` : 'is read by none'}.
        </span>
        {!node.exists && node.relation && <span class="status warn">! not in the database</span>}
      </p>
      <Freshness node={node} />
    </>
  )
}

// The last build, what it changed, and the last change of rows.
function Freshness({ node }: { node: DocsNode }) {
  const { lastRun: last, changedAt, freshness } = node
  const through = node.resourceType === 'model' ? data.feed?.through : null
  const changed = last ? changesOf(last) : null
  if (!last && !freshness && !through) return null
  return (
    <ul class="plain small muted facts">
      {freshness && (
        <li>
          {freshness.status === 'pass' ? '' : <Status status={freshness.status} />} Newest row {instant(freshness.newestAt)} UTC
          {freshness.status === 'pass' ? ', within the expected age.' : ': older than expected.'}
        </li>
      )}
      {last && (
        <li>
          <Status status={last.status} /> {instant(last.startedAt)} UTC
          {last.seconds !== null && ` in ${seconds(last.seconds)}`}
          {changed && `: ${changed}`}
          {toneOf(last.status) === 'bad' && last.message ? `: ${last.message}` : ''}
          {through ? `. Data through ${day(through)}.` : '.'}
        </li>
      )}
      {changedAt && changedAt !== last?.startedAt && <li>Its rows last changed {instant(changedAt)} UTC.</li>}
    </ul>
  )
}

function changesOf({ inserted, updated, deleted }: NonNullable<DocsNode['lastRun']>): string | null {
  if (inserted === null) return null
  const parts = [inserted && `${count(inserted)} added`, updated && `${count(updated)} changed`, deleted && `${count(deleted)} removed`]
  return listed(parts.filter(part => typeof part === 'string')) || 'no row changed'
}

/** The reports and exposures that read the node. */
export function ShownIn({ id }: { id: string }) {
  const { reports, exposures } = shownIn(id)
  if (reports.length + exposures.length === 0) return null
  return (
    <p class="small facts">
      Shown in{' '}
      {reports.map(report => (
        <a key={report.uniqueId} class="chip plain-chip" href={to(['report', report.name])}>
          {report.title}
        </a>
      ))}
      {exposures.map(one => (
        <span key={one.uniqueId} class="tag">
          {one.label} ({one.type})
        </span>
      ))}
    </p>
  )
}

/** The first rows of the node. */
export function Sample({ node: { sample, name, exists, resourceType } }: { node: DocsNode }) {
  if (resourceType === 'source') return null
  return (
    <Section name="First rows" aside={sample && <span class="small muted">Contacts and free text of people are masked.</span>}>
      {!sample ? (
        <Empty>
          {exists ? 'Its rows are computed when it is read, and that took too long here.' : 'It is not in the database: build it.'}
        </Empty>
      ) : sample.rows.length === 0 ? (
        <Empty>It has no rows.</Empty>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label={`First rows of ${name}`}>
          <table class="data sample">
            <thead>
              <tr>
                {sample.columns.map(column => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {sample.rows.map((row, at) => (
                <tr key={String(at)}>
                  {row.map((cell, i) => (
                    <td key={sample.columns[i]} class={cell !== null && cell.length > 26 ? '' : 'nowrap'}>
                      {cell === null ? <span class="muted">null</span> : cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  )
}
