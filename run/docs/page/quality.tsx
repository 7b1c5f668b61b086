import { useMemo, useState } from 'preact/hooks'
import type { DocsBatch, DocsErrorType, DocsQuality } from '../shape.ts'
import { Chart } from './chart.tsx'
import { count, instant, percent, plural } from './format.ts'
import { data } from './model.ts'
import { Empty, Figure, Figures, Section, Status, Title } from './parts.tsx'

/** How clean the feed was: what became of each record, and what was wrong with those refused. */
export function QualityPage() {
  const { quality } = data
  if (!quality || quality.batches.length === 0)
    return (
      <div class="page">
        <Title>Data quality</Title>
        <Empty>The database has no ledger of a feed.</Empty>
      </div>
    )
  return <Quality quality={quality} />
}

function Quality({ quality }: { quality: DocsQuality }) {
  const entities = [...new Set(quality.batches.map(({ entity }) => entity))].sort()
  const [entity, choose] = useState('')
  const batches = quality.batches.filter(batch => !entity || batch.entity === entity)
  const all = sumOf(batches)
  return (
    <div class="page">
      <Title lead="Every record of the feed is staged, quarantined or a duplicate; none is lost.">Data quality</Title>
      <Figures>
        <Figure value={count(all.records)} name="records landed" />
        <Figure value={percent(all.staged, all.records)} name={`staged, ${count(all.staged)}`} tone="good" />
        <Figure value={count(all.quarantined)} name="quarantined" tone={all.quarantined ? 'bad' : ''} />
        <Figure value={count(all.duplicates)} name="duplicates" />
        <Figure value={count(all.warnings)} name="open warnings" tone={all.warnings ? 'warn' : ''} />
        <Figure
          value={count(quality.refusedFileCount)}
          name={quality.refusedFileCount === 1 ? 'file refused' : 'files refused'}
          tone={quality.refusedFileCount ? 'bad' : ''}
        />
      </Figures>
      <Section
        name="Batches"
        aside={
          <label class="control">
            Entity{' '}
            <select value={entity} onChange={event => choose(event.currentTarget.value)}>
              <option value="">all</option>
              {entities.map(name => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        }
      >
        <BatchCharts batches={batches} />
        <BatchTable batches={batches} />
      </Section>
      <Section name="What was wrong">
        <ErrorTypes types={quality.errorTypes} />
      </Section>
      {quality.errorsByDay.length > 0 && (
        <Section name="Found and mended">
          <ErrorDays days={quality.errorsByDay} />
        </Section>
      )}
      {quality.refusedFiles.length > 0 && (
        <Section name="Refused files" aside={<span class="muted">{count(quality.refusedFileCount)}</span>}>
          <ul class="rows">
            {quality.refusedFiles.map(file => (
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
    </div>
  )
}

function BatchCharts({ batches }: { batches: DocsBatch[] }) {
  const { labels, staged, refused } = useMemo(() => {
    const byBatch = Map.groupBy(batches, ({ date, batch }) => date ?? batch)
    const sums = [...byBatch.values()].map(sumOf)
    return {
      labels: [...byBatch.keys()],
      staged: [{ name: 'staged', color: '--accent', values: sums.map(sum => sum.staged) }],
      refused: [
        { name: 'quarantined', color: '--bad', values: sums.map(sum => sum.quarantined) },
        { name: 'duplicates', color: '--layer-source', values: sums.map(sum => sum.duplicates) },
        { name: 'warnings', color: '--warn', values: sums.map(sum => sum.warnings), kind: 'line' as const },
      ],
    }
  }, [batches])
  return (
    <div class="columns-2">
      <Chart name="Records staged" axis="Batch" labels={labels} series={staged} />
      <Chart name="Records not staged, and warnings" axis="Batch" labels={labels} series={refused} />
    </div>
  )
}

function BatchTable({ batches }: { batches: DocsBatch[] }) {
  const shown = batches.slice(-200)
  return (
    <details open={batches.length < 40}>
      <summary>
        {batches.length > shown.length
          ? `The last ${shown.length} of ${count(batches.length)}`
          : plural(batches.length, 'batch', 'batches')}{' '}
        by entity
      </summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Batches by entity">
        <table>
          <thead>
            <tr>
              <th>Batch</th>
              <th>Entity</th>
              {['Records', 'Staged', 'Quarantined', 'Duplicates', 'Warnings'].map(name => (
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
                <td class="mono nowrap">{batch.batch}</td>
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
  if (types.length === 0) return <Empty>Nothing was refused, nothing was warned about.</Empty>
  return (
    <div class="errors">
      {types.slice(0, isAll ? types.length : FEW).map(type => (
        <details key={type.table + type.errorType + type.severity} class="error-type">
          <summary>
            <span class="error-name">
              <span class="mono strong">{type.errorType}</span> <span class="small muted">{type.table.replace(/^errors\./, '')}</span>
            </span>
            <span class="error-bar" aria-hidden="true">
              <i class={type.severity === 'error' ? 'bad' : 'warn'} style={{ width: `${(100 * type.open) / most}%` }} />
            </span>
            <span class="error-count">
              <Status status={type.severity} /> {count(type.open)} open{type.resolved ? `, ${count(type.resolved)} resolved` : ''}
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
      {type.sources.length > 0 && (
        <p class="small muted">
          {type.sources
            .slice(0, 8)
            .map(({ source, count: many }) => `${source}: ${many}`)
            .join(' · ')}
        </p>
      )}
      {type.examples.length === 0 && <Empty>No example is kept.</Empty>}
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
  const { labels, series } = useMemo(() => {
    const byDay = new Map([...Map.groupBy(days, ({ day }) => day)].sort(([a], [b]) => (a < b ? -1 : 1)))
    const sum = (severity: string) =>
      [...byDay.values()].map(list => list.filter(one => one.severity === severity).reduce((all, one) => all + one.found, 0))
    return {
      labels: [...byDay.keys()],
      series: [
        { name: 'errors', color: '--bad', values: sum('error') },
        { name: 'warnings', color: '--warn', values: sum('warning') },
        {
          name: 'resolved',
          color: '--good',
          kind: 'line' as const,
          values: [...byDay.values()].map(list => list.reduce((all, one) => all + one.resolved, 0)),
        },
      ],
    }
  }, [days])
  return <Chart name="By the day they were first seen" axis="Day" labels={labels} series={series} />
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

// JSON is easier to read with lines; what is none, or was cut, stays as it landed.
function pretty(record: string): string {
  try {
    return record.length > 200_000 ? record : JSON.stringify(JSON.parse(record), null, 2)
  } catch {
    return record
  }
}
