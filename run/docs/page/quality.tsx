import { useMemo, useState } from 'preact/hooks'
import { groupBy } from '../group.ts'
import type { DocsBatch, DocsErrorType, DocsQuality } from '../quality-shape.ts'
import { drawn } from './figures/drawing.ts'
import { Plotted } from './figures/plotted.tsx'
import { count, day, instant, percent, plural } from './format.ts'
import { data, dayOfBatch } from './model.ts'
import { Empty, Figure, Figures, Section, Status, Title } from './parts.tsx'
import { type Route, replaceRoute, to } from './route.ts'

/** The quality of the feed: what happened to each record, and why records were refused. */
export function QualityPage({ route }: { route: Route }) {
  const { quality } = data
  if (!quality || quality.batches.length === 0)
    return (
      <div class="page">
        <Title>Quality</Title>
        <Empty>No feed was loaded into this database, or its ledger cannot be read.</Empty>
      </div>
    )
  return <Quality quality={quality} entity={route.query.get('entity') ?? ''} />
}

function Quality({ quality, entity }: { quality: DocsQuality; entity: string }) {
  const entities = [...new Set(quality.batches.map(batch => batch.entity))].sort()
  const choose = (name: string) => replaceRoute(to(['quality'], { entity: name }))
  const batches = quality.batches.filter(batch => !entity || batch.entity === entity)
  const all = sumOf(batches)
  const files = quality.refusedFiles.filter(file => !entity || file.entity === entity)
  return (
    <div class="page">
      <Title lead="Every record of the feed is used, refused or a repetition; none is lost.">Quality</Title>
      <div class="bar spaced">
        <label class="control">
          Records of{' '}
          <select value={entity} onChange={event => choose(event.currentTarget.value)}>
            <option value="">all entities</option>
            {entities.map(name => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Figures>
        <Figure value={count(all.records)} name="records landed" />
        <Figure value={percent(all.staged, all.records)} name={`used, ${count(all.staged)}`} />
        <Figure value={count(all.quarantined)} name="refused" tone={all.quarantined ? 'bad' : ''} />
        <Figure value={count(all.duplicates)} name="repetitions" />
        <Figure value={count(all.warnings)} name="used with a repair" tone={all.warnings ? 'warn' : ''} />
        <Figure
          value={count(quality.refusedFileCount)}
          name={quality.refusedFileCount === 1 ? 'file refused' : 'files refused'}
          tone={quality.refusedFileCount ? 'bad' : ''}
        />
      </Figures>
      <Section name="What was wrong">
        <ErrorTypes types={quality.errorTypes.filter(type => !entity || type.entities.includes(entity))} />
      </Section>
      {files.length > 0 && (
        <Section name="Refused files" aside={<span class="muted">{count(entity ? files.length : quality.refusedFileCount)}</span>}>
          <ul class="rows">
            {files.map(file => (
              <li key={file.path}>
                <div class="row-main">
                  <span class="mono">{file.path}</span>
                  <p class="small">{file.reason}</p>
                </div>
                <div class="row-facts small muted">{instant(file.at)}</div>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section name="By day of the feed">
        <BatchCharts batches={batches} />
        <BatchTable batches={batches} />
      </Section>
      {quality.errorsByDay.length > 0 && (
        <Section name="Found and resolved">
          <ErrorDays days={quality.errorsByDay} />
        </Section>
      )}
    </div>
  )
}

function BatchCharts({ batches }: { batches: DocsBatch[] }) {
  const { used, refused } = useMemo(() => {
    const byDay = groupBy(batches, ({ date, batch }) => date ?? `${batch} (no day)`)
    const sums = [...byDay.values()].map(sumOf)
    const labels = [...byDay.keys()]
    const of = (name: string, color: string, key: keyof (typeof sums)[number]) => ({ name, color, values: sums.map(sum => sum[key]) })
    return {
      used: drawn('bar', DAY, labels, [of('used', '--c1', 'staged')]),
      refused: drawn('bar', DAY, labels, [
        of('refused', '--bad', 'quarantined'),
        of('used with a repair', '--warn', 'warnings'),
        of('repetitions', '--c0', 'duplicates'),
      ]),
    }
  }, [batches])
  return (
    <div class="columns-2">
      <Plotted name="Records used" drawing={used} />
      <Plotted name="Records refused, repaired or repeated" drawing={refused} />
    </div>
  )
}

const DAY = { format: 'date', label: 'Day' } as const

function BatchTable({ batches }: { batches: DocsBatch[] }) {
  const shown = batches.slice(-200)
  return (
    <details>
      <summary>
        {batches.length > shown.length ? `The last ${shown.length} of ${count(batches.length)} lists` : plural(batches.length, 'list')}, by
        day and entity
      </summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Batches by entity">
        <table>
          <thead>
            <tr>
              <th>Day</th>
              <th>Batch</th>
              <th>Entity</th>
              {['Records', 'Used', 'Refused', 'Repetitions', 'Repaired'].map(name => (
                <th key={name} class="number">
                  {name}
                </th>
              ))}
              <th class="share-head">Share</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(batch => (
              <tr key={`${batch.batch} ${batch.entity}`}>
                <td class="nowrap">{batch.date ? day(batch.date) : <span class="muted">no day</span>}</td>
                <td class="mono small">{batch.batch}</td>
                <td class="nowrap">{batch.entity}</td>
                <td class="number">{count(batch.records)}</td>
                <td class="number">{count(batch.staged)}</td>
                <td class={`number ${batch.quarantined ? 'bad' : 'muted'}`}>{count(batch.quarantined)}</td>
                <td class={`number ${batch.duplicates ? '' : 'muted'}`}>{count(batch.duplicates)}</td>
                <td class={`number ${batch.warnings ? 'warn' : 'muted'}`}>{count(batch.warnings)}</td>
                <td>
                  <Share batch={batch} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}

function Share({ batch }: { batch: DocsBatch }) {
  const width = (part: number) => ({ width: `${batch.records ? (100 * part) / batch.records : 0}%` })
  return (
    <span class="share" aria-hidden="true">
      <i class="share-staged" style={width(batch.staged)} />
      <i class="share-duplicate" style={width(batch.duplicates)} />
      <i class="share-quarantined" style={width(batch.quarantined)} />
    </span>
  )
}

function ErrorTypes({ types }: { types: DocsErrorType[] }) {
  const [isAll, showAll] = useState(false)
  const most = Math.max(1, ...types.map(({ open }) => open))
  if (types.length === 0) return <Empty>Nothing was refused and nothing had to be repaired.</Empty>
  return (
    <div class="errors">
      {types.slice(0, isAll ? types.length : FEW).map(type => (
        <details key={type.table + type.errorType + type.severity} class="error-type">
          <summary>
            <span class="error-name">
              <span class="strong">{type.entities[0] ?? type.table}</span> {type.label}
            </span>
            <span class="error-bar" aria-hidden="true">
              <i class={type.severity === 'error' ? 'bad' : 'warn'} style={{ width: `${(100 * type.open) / most}%` }} />
            </span>
            <span class="error-count">
              <Status status={type.severity === 'error' ? 'refused' : 'repaired'} /> {count(type.open)} open
              {type.resolved ? `, ${count(type.resolved)} mended` : ''}
            </span>
          </summary>
          <Examples type={type} />
        </details>
      ))}
      {!isAll && types.length > FEW && (
        <button type="button" class="quiet more" onClick={() => showAll(true)}>
          All {count(types.length)} kinds
        </button>
      )}
    </div>
  )
}

const FEW = 12

function Examples({ type }: { type: DocsErrorType }) {
  return (
    <div class="examples">
      <p class="small muted">
        In <span class="mono">{type.table}</span> as <span class="mono">{type.errorType}</span>
      </p>
      {type.sources.length > 0 && (
        <p class="small muted">
          {type.sources
            .slice(0, 8)
            .map(({ source, count: many }) => `${dayOfBatch.get(source) ?? source}: ${many}`)
            .join(' · ')}
        </p>
      )}
      {type.examples.length === 0 && <Empty>No example is stored.</Empty>}
      {type.examples.map(example => (
        <article key={example.errorId}>
          <p>
            {example.field && <span class="mono strong">{example.field}: </span>}
            {example.message}
          </p>
          <p class="small mono muted">
            {[example.file ?? example.source, example.position === null ? null : `record ${example.position}`, instant(example.firstSeenAt)]
              .filter(Boolean)
              .join(' · ')}
          </p>
          {example.record !== null && (
            <pre class="record" tabIndex={0} role="region" aria-label={`Record of error ${example.errorId}`}>
              {pretty(example.record)}
              {example.isCut ? '\n… cut' : ''}
            </pre>
          )}
        </article>
      ))}
    </div>
  )
}

function ErrorDays({ days }: { days: DocsQuality['errorsByDay'] }) {
  const drawing = useMemo(() => {
    const byDay = new Map([...groupBy(days, one => one.day)].sort(([a], [b]) => (a < b ? -1 : 1)))
    const sum = (severity: string) =>
      [...byDay.values()].map(list => list.filter(one => one.severity === severity).reduce((all, one) => all + one.found, 0))
    const resolved = [...byDay.values()].map(list => -list.reduce((all, one) => all + one.resolved, 0))
    return drawn(
      'bar',
      DAY,
      [...byDay.keys()],
      [
        { name: 'refused', color: '--bad', values: sum('error') },
        { name: 'repaired', color: '--warn', values: sum('warning') },
        { name: 'of these resolved', color: '--good', values: resolved },
      ],
    )
  }, [days])
  return <Plotted name="By the day on which a build first saw them; below the line those resolved since" drawing={drawing} />
}

function sumOf(batches: DocsBatch[]) {
  const sum = (key: 'records' | 'staged' | 'quarantined' | 'duplicates' | 'warnings') => batches.reduce((all, batch) => all + batch[key], 0)
  return {
    records: sum('records'),
    staged: sum('staged'),
    quarantined: sum('quarantined'),
    duplicates: sum('duplicates'),
    warnings: sum('warnings'),
  }
}

// Formats JSON with line breaks; a text that is not JSON, or was truncated, stays as it landed.
function pretty(record: string): string {
  try {
    return record.length > 200_000 ? record : JSON.stringify(JSON.parse(record), null, 2)
  } catch {
    return record
  }
}
