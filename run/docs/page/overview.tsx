import { bytes, compact, count, instant, percent, plural } from './format.ts'
import { type Layer, layersDown } from './layers.ts'
import { Inline } from './markdown.tsx'
import { data, testById } from './model.ts'
import { News } from './news.tsx'
import { Empty, Figure, Figures, NodeLink, Problems, Section, Status, Title } from './parts.tsx'
import { to } from './route.ts'

/** The state of the project, and its layers from the answers down. */
export function OverviewPage() {
  const { database, server } = data.project
  return (
    <div class="page">
      <Title eyebrow={database ? `Database ${database} · ${server ?? ''}` : 'No database connection'}>{data.project.name}</Title>
      <Problems problems={data.errors} tone="bad" />
      <News />
      <Numbers />
      <Section name="Layers" aside={<a href={to(['lineage'])}>As a graph</a>}>
        {data.nodes.length === 0 && <Empty>The project has no table.</Empty>}
        <div class="layers">
          {layersDown().map((layer, at) => (
            <LayerCard key={layer.name} layer={layer} isOpen={at === 0} />
          ))}
        </div>
      </Section>
      <div class="columns-2">
        <FailedTests />
        <Refused />
      </div>
      <Problems problems={data.warnings} tone="warn" />
    </div>
  )
}

function Numbers() {
  const results = data.tests.flatMap(test => test.last ?? [])
  const bad = results.filter(({ status }) => status === 'fail' || status === 'error').length
  const rows = data.nodes.reduce((all, node) => all + (node.rowCount ?? 0), 0)
  const all = data.quality?.batches.reduce((sum, batch) => sum + batch.records, 0)
  const staged = data.quality?.batches.reduce((sum, batch) => sum + batch.staged, 0)
  const tests =
    bad > 0
      ? `of ${plural(results.length, 'test')} failed`
      : results.length > 0
        ? 'tests, none failed'
        : `of ${plural(data.tests.length, 'test')} ran`
  return (
    <Figures>
      <Figure value={count(data.nodes.length)} name="tables and views" href={to(['catalogue'])} />
      <Figure value={compact(rows)} name="rows" />
      <Figure
        value={bad > 0 ? count(bad) : count(results.length)}
        name={tests}
        tone={bad > 0 ? 'bad' : ''}
        href={to(['catalogue'], { list: 'tests' })}
      />
      {all !== undefined && all > 0 && (
        <Figure value={percent(staged ?? 0, all)} name={`of ${plural(all, 'record')} of the feed usable`} href={to(['quality'])} />
      )}
      {data.lineage.columns > 0 && (
        <Figure
          value={percent(data.lineage.traced, data.lineage.columns)}
          name={`of ${plural(data.lineage.columns, 'column')} traced to the feed`}
          href={to(['lineage'])}
        />
      )}
    </Figures>
  )
}

const MOST = 60

function LayerCard({ layer, isOpen }: { layer: Layer; isOpen: boolean }) {
  const { name, tone, nodes } = layer
  const rows = nodes.reduce((all, node) => all + (node.rowCount ?? 0), 0)
  const size = nodes.reduce((all, node) => all + (node.sizeBytes ?? 0), 0)
  const bad = nodes.flatMap(node => node.tests).filter(id => ['fail', 'error'].includes(testById.get(id)?.last?.status ?? '')).length
  return (
    <details class={`layer ${tone}`} open={isOpen}>
      <summary>
        <span class="strong">{name}</span>
        <span class="muted small">{plural(nodes.length, 'table')}</span>
        <span class="layer-facts small">
          {bad > 0 && <span class="status bad">✗ {plural(bad, 'test')} failed</span>}
          {rows > 0 && <span class="muted">{plural(rows, 'row')}</span>}
          {size > 0 && <span class="muted">{bytes(size)}</span>}
        </span>
      </summary>
      <ul class="plain layer-list">
        {nodes.slice(0, MOST).map(node => (
          <li key={node.uniqueId}>
            <NodeLink id={node.uniqueId} full={false} />
            <span class="small muted clamp-1">
              <Inline text={node.description.split(/(?<=\.)\s/)[0] ?? ''} />
            </span>
          </li>
        ))}
        {nodes.length > MOST && (
          <li>
            <a href={to(['catalogue'])}>and {count(nodes.length - MOST)} more</a>
          </li>
        )}
      </ul>
    </details>
  )
}

function FailedTests() {
  const failed = data.tests.filter(test => test.last && ['fail', 'error', 'warn'].includes(test.last.status))
  return (
    <Section name="Failed tests and warnings">
      {failed.length === 0 && <Empty>{data.tests.some(test => test.last) ? 'None failed, none warned.' : 'No test has run yet.'}</Empty>}
      <ul class="rows dense">
        {failed.slice(0, 8).map(test => (
          <li key={test.uniqueId}>
            <div class="row-main">
              <a class="mono" href={to(['test', test.uniqueId])}>
                {test.name}
              </a>
              {test.attachedTo && (
                <p class="small">
                  <NodeLink id={test.attachedTo} />
                </p>
              )}
            </div>
            <div class="row-facts">
              <Status status={test.last!.status} />
              <span class="small muted">{instant(test.last!.at)}</span>
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Refused() {
  const types = data.quality?.errorTypes.filter(({ open }) => open > 0) ?? []
  return (
    <Section name="Refused or repaired" aside={<a href={to(['quality'])}>Quality</a>}>
      {types.length === 0 && (
        <Empty>{data.quality ? 'No record of the feed is refused or repaired.' : 'This project has no feed of its own.'}</Empty>
      )}
      <ul class="rows dense">
        {types.slice(0, 6).map(type => (
          <li key={type.table + type.errorType + type.severity}>
            <div class="row-main">
              <span class="strong">{type.entities[0]}</span> <span class="muted">{type.label}</span>
            </div>
            <div class="row-facts">
              <Status status={type.severity === 'error' ? 'refused' : 'repaired'} /> <span class="tabular">{count(type.open)}</span>
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}
