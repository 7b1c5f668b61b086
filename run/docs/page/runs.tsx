import { useMemo, useState } from 'preact/hooks'
import type { DocsRun, DocsSpan } from '../shape.ts'
import { Chart } from './chart.tsx'
import { count, instant, plural, seconds } from './format.ts'
import { data, nodeById, testById, unitTestById } from './model.ts'
import { Empty, Section, Status, Title, toneOf } from './parts.tsx'
import { type Route, to } from './route.ts'

/** The run log: what each build did, how long, and which nodes took the time. */
export function RunsPage({ route }: { route: Route }) {
  const runs = data.runs?.runs ?? []
  const timelines = data.runs?.timelines ?? {}
  const chosen = runs.find(run => run.runId === route.parts[1]) ?? runs.findLast(run => timelines[run.runId]?.length) ?? runs.at(-1)
  return (
    <div class="page">
      <Title lead="Each build is published whole or not at all.">Runs</Title>
      {!chosen && <Empty>Nothing was run yet.</Empty>}
      {runs.length > 1 && <RunCharts runs={runs} />}
      {chosen && <Timeline run={chosen} spans={timelines[chosen.runId] ?? []} />}
      {runs.length > 0 && (
        <Section name="History" aside={<span class="muted">{count(runs.length)}</span>}>
          <RunTable runs={runs} chosen={chosen} />
        </Section>
      )}
    </div>
  )
}

function RunCharts({ runs }: { runs: DocsRun[] }) {
  const { labels, tests, times } = useMemo(() => {
    const tested = runs.filter(run => run.status !== 'unchanged')
    return {
      labels: tested.map(run => instant(run.startedAt).slice(5)),
      tests: (['pass', 'warn', 'fail', 'error'] as const).map(status => ({
        name: status,
        color: { pass: '--accent', warn: '--warn', fail: '--bad', error: '--layer-d' }[status],
        values: tested.map(run => run.tests[status]),
      })),
      times: [{ name: 'seconds', color: '--accent', values: tested.map(run => Math.round((run.seconds ?? 0) * 10) / 10) }],
    }
  }, [runs])
  return (
    <div class="columns-2">
      <Chart name="Tests of each run" axis="Run" labels={labels} series={tests} height={200} />
      <Chart name="Seconds of each run" axis="Run" labels={labels} series={times} height={200} />
    </div>
  )
}

function RunTable({ runs, chosen }: { runs: DocsRun[]; chosen: DocsRun | undefined }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Runs">
      <table>
        <thead>
          <tr>
            <th>Started (UTC)</th>
            <th>Command</th>
            <th>Status</th>
            <th class="number">Time</th>
            <th class="number">Models</th>
            <th class="number">Rows changed</th>
            <th>Tests</th>
            <th>Message</th>
          </tr>
        </thead>
        <tbody>
          {runs.toReversed().map(run => (
            <tr key={run.runId} class={run === chosen ? 'chosen' : ''}>
              <td class="nowrap">
                <a href={to(['runs', run.runId])} {...(run === chosen ? { 'aria-current': 'true' as const } : {})}>
                  {instant(run.startedAt)}
                </a>
              </td>
              <td>{run.command}</td>
              <td class="nowrap">
                <Status status={run.status} />
              </td>
              <td class="number nowrap">{seconds(run.seconds)}</td>
              <td class="number">{count(run.models)}</td>
              <td class="number">{count(run.inserted + run.updated + run.deleted)}</td>
              <td class="small nowrap">{testsOf(run)}</td>
              <td class="small message">{run.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function testsOf({ tests }: DocsRun): string {
  const parts = (['pass', 'warn', 'fail', 'error', 'skipped'] as const).filter(status => tests[status] > 0)
  return parts.map(status => `${count(tests[status])} ${status}`).join(', ') || '–'
}

// A Gantt of HTML: each line is a link, its bar says when. Nodes in the order of their start.
function Timeline({ run, spans }: { run: DocsRun; spans: DocsSpan[] }) {
  const [withTests, setTests] = useState(false)
  const shown = spans.filter(span => withTests || !/test/.test(span.resourceType)).sort((a, b) => a.from - b.from)
  const end = Math.max(0.001, run.seconds ?? 0, ...spans.map(span => span.to))
  const tests = Map.groupBy(
    spans.filter(span => !shown.includes(span)),
    span => testById.get(span.node)?.attachedTo ?? unitTestById.get(span.node)?.model ?? '',
  )
  const longest = shown.toSorted((a, b) => b.to - b.from - (a.to - a.from)).slice(0, 3)
  return (
    <Section
      name="Timeline"
      aside={
        <label class="control">
          <input type="checkbox" checked={withTests} onChange={event => setTests(event.currentTarget.checked)} /> a line for each test
        </label>
      }
    >
      <p>
        <span class="strong">{run.command}</span> <Status status={run.status} /> on {instant(run.startedAt)} UTC in {seconds(run.seconds)}
        {longest.length > 0 && (
          <span class="muted"> · longest: {longest.map(span => `${span.name} (${seconds(span.to - span.from)})`).join(', ')}</span>
        )}
      </p>
      {shown.length === 0 ? (
        <Empty>Nothing was done in it{run.message ? `: ${run.message}` : '.'}</Empty>
      ) : (
        <>
          <div class="axis" aria-hidden="true">
            {[0, 0.25, 0.5, 0.75, 1].map(part => (
              <span key={part}>{part === 0 ? '0' : seconds(end * part)}</span>
            ))}
          </div>
          <ol class="gantt">
            {shown.map(span => (
              <li key={span.node}>
                <a class="mono gantt-name" href={linkOf(span)} title={span.name}>
                  {span.name}
                </a>
                <span class="gantt-way">
                  {(withTests ? [] : (tests.get(span.node) ?? [])).map(test => (
                    <Bar key={test.node} span={test} end={end} />
                  ))}
                  <Bar span={span} end={end} />
                </span>
                <span class="gantt-time small muted">
                  <span class="hidden">{span.status}, </span>
                  {seconds(span.to - span.from)}
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
    </Section>
  )
}

function Bar({ span, end }: { span: DocsSpan; end: number }) {
  const place = { left: `${(100 * span.from) / end}%`, width: `${(100 * (span.to - span.from)) / end}%` }
  return <i class={`${toneOf(span.status)} ${span.resourceType}`} style={place} title={titleOf(span)} />
}

function linkOf(span: DocsSpan): string {
  if (nodeById.has(span.node)) return to(['node', span.node])
  return to([testById.has(span.node) ? 'test' : 'unit', span.node])
}

function titleOf(span: DocsSpan): string {
  const rows = span.inserted === null ? '' : `, ${plural((span.inserted ?? 0) + (span.updated ?? 0) + (span.deleted ?? 0), 'row')} changed`
  return `${span.resourceType} ${span.name}: ${span.status}${rows}${span.message ? `. ${span.message}` : ''}`
}
