import { compact, count, instant, percent, plural, seconds } from './format.ts'
import { data, nodes } from './model.ts'
import { Empty, Figure, Figures, layerOf, NodeLink, Problems, Section, Status, Title } from './parts.tsx'
import { to } from './route.ts'

/** The first page: is all well, what is there, what came last. */
export function OverviewPage() {
  const last = data.runs?.runs.at(-1)
  return (
    <div class="page">
      <Title
        eyebrow={data.project.database ? `${data.project.database} · ${data.project.server ?? ''}` : 'Not asked of a database'}
        lead={
          last ? (
            <p>
              Last run: {last.command} <Status status={last.status} /> {instant(last.startedAt)} UTC
              {last.seconds !== null && `, ${seconds(last.seconds)}`}
            </p>
          ) : null
        }
      >
        {data.project.name}
      </Title>
      <Problems problems={data.errors} tone="bad" />
      <Numbers />
      <FlowOfData />
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
  return (
    <Figures>
      <Figure value={count(data.nodes.length)} name="tables and views" href={to(['catalogue'])} />
      <Figure value={compact(rows)} name="rows" />
      <Figure
        value={bad > 0 ? count(bad) : count(results.length)}
        name={
          bad > 0
            ? `of ${plural(results.length, 'test')} failed`
            : results.length > 0
              ? 'tests, none failed'
              : `of ${plural(data.tests.length, 'test')} ran`
        }
        tone={bad > 0 ? 'bad' : results.length > 0 ? 'good' : ''}
        href={to(['catalogue'], { list: 'tests' })}
      />
      {all !== undefined && all > 0 && (
        <Figure value={percent(staged ?? 0, all)} name={`of ${count(all)} records staged`} href={to(['quality'])} />
      )}
      {data.lineage.columns > 0 && (
        <Figure
          value={percent(data.lineage.traced, data.lineage.columns)}
          name={`of ${count(data.lineage.columns)} columns traced`}
          href={to(['lineage'])}
        />
      )}
    </Figures>
  )
}

const MOST = 40

// The way of the data: a line for sources and seeds, one for each schema of models, in the order of what reads what.
function FlowOfData() {
  const groups = new Map<string, typeof nodes>()
  for (const node of nodes) {
    const key = node.resourceType === 'source' ? 'sources' : node.resourceType === 'seed' ? 'seeds' : node.schema
    groups.set(key, [...(groups.get(key) ?? []), node])
  }
  const rank = (list: typeof nodes) => ['source', 'seed', 'a', 'b', 'c', 'd', 'e', 'f'].indexOf(layerOf(list[0]!).slice(6))
  const ordered = [...groups].sort((a, b) => rank(a[1]) - rank(b[1]))
  return (
    <Section name="The way of the data" aside={<a href={to(['lineage'])}>As a graph</a>}>
      {ordered.length === 0 && <Empty>The project has no table.</Empty>}
      <ol class="flow">
        {ordered.map(([name, list]) => (
          <li key={name}>
            <h3>
              <span class={`dot ${layerOf(list[0]!)}`} aria-hidden="true" />
              {name} <span class="muted">{count(list.length)}</span>
            </h3>
            <p class="flow-names">
              {list
                .toSorted((a, b) => b.usedBy.length - a.usedBy.length)
                .slice(0, MOST)
                .map(node => (
                  <a key={node.uniqueId} class="mono" href={to(['node', node.uniqueId])}>
                    {node.name}
                  </a>
                ))}
              {list.length > MOST && <a href={to(['catalogue'])}>and {list.length - MOST} more</a>}
            </p>
          </li>
        ))}
      </ol>
    </Section>
  )
}

function FailedTests() {
  const failed = data.tests.filter(test => test.last && ['fail', 'error', 'warn'].includes(test.last.status))
  return (
    <Section name="Tests to look at">
      {failed.length === 0 && <Empty>{data.tests.some(test => test.last) ? 'None failed, none warned.' : 'No test ran yet.'}</Empty>}
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
    <Section name="Refused and warned of" aside={<a href={to(['quality'])}>Data quality</a>}>
      {types.length === 0 && <Empty>Nothing is open.</Empty>}
      <ul class="rows dense">
        {types.slice(0, 6).map(type => (
          <li key={type.table + type.errorType + type.severity}>
            <div class="row-main">
              <span class="mono">{type.errorType}</span> <span class="small muted">{type.table.replace(/^errors\./, '')}</span>
            </div>
            <div class="row-facts">
              <Status status={type.severity} /> {count(type.open)}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}
