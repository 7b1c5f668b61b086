import { useMemo, useState } from 'preact/hooks'
import { groupBy } from '../group.ts'
import type { DocsRun, DocsSpan } from '../runs-shape.ts'
import { drawn } from './figures/drawing.ts'
import { Plotted } from './figures/plotted.tsx'
import { count, instant, inWords, plural, seconds } from './format.ts'
import { data, nodeById, reportById, testById, unitTestById } from './model.ts'
import { Empty, Section, Status, Title, toneOf } from './parts.tsx'
import { type Route, to } from './route.ts'

/** The run log: what each build did, how long it took, and which nodes took the time. */
export function RunsPage({ route }: { route: Route }) {
  const runs = data.runs?.runs ?? []
  const timelines = data.runs?.timelines ?? {}
  const chosen = runs.find(run => run.runId === route.parts[1]) ?? runs.findLast(run => timelines[run.runId]?.length) ?? runs.at(-1)
  return (
    <div class="page">
      <Title lead="Each build is published whole or not at all.">Runs</Title>
      {!chosen && <Empty>No runs yet.</Empty>}
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
  const { tests, times } = useMemo(() => {
    const tested = runs.filter(run => run.status !== 'unchanged')
    const labels = tested.map(run => run.startedAt)
    const colors = { pass: '--c1', warn: '--warn', fail: '--bad', error: '--c4' }
    const words = { pass: 'passed', warn: 'warnings', fail: 'failed', error: 'errors' }
    const kinds = (['pass', 'warn', 'fail', 'error'] as const).filter(kind => tested.some(run => run.tests[kind] > 0))
    return {
      tests: drawn(
        'bar',
        RUN,
        labels,
        kinds.map(kind => ({ name: words[kind], color: colors[kind], values: tested.map(run => run.tests[kind]) })),
      ),
      times: drawn(
        'bar',
        RUN,
        labels,
        [{ name: 'time', color: '--c1', values: tested.map(run => Math.round((run.seconds ?? 0) * 10) / 10) }],
        {
          format: 'decimal',
          unit: 's',
        },
      ),
    }
  }, [runs])
  if (tests.labels.length < 2) return null
  return (
    <div class="columns-2">
      <Plotted name="Tests of each run" drawing={tests} />
      <Plotted name="Time of each run, seconds" drawing={times} />
    </div>
  )
}

const RUN = { format: 'instant', label: 'Run' } as const

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
              <td class="small message">{saidOf(run)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function testsOf({ tests }: DocsRun): string {
  const words = { pass: 'passed', warn: 'warned', fail: 'failed', error: 'with an error', skipped: 'skipped' }
  const parts = (['pass', 'warn', 'fail', 'error', 'skipped'] as const).filter(status => tests[status] > 0)
  return parts.map(status => `${count(tests[status])} ${words[status]}`).join(', ') || '–'
}

// A run's message; the counts of its tests have a column of their own.
function saidOf({ message }: DocsRun): string {
  return message?.replace(/\s*Done\. PASS=.*$/, '') ?? ''
}

// A Gantt chart in HTML: each line is a link with a bar. Nodes in the order of their start.
function Timeline({ run, spans }: { run: DocsRun; spans: DocsSpan[] }) {
  const [withTests, setTests] = useState(false)
  const [isWhole, setWhole] = useState(false)
  const all = spans.filter(span => withTests || !/test/.test(span.resourceType)).sort((a, b) => a.from - b.from)
  const byTime = all.toSorted((a, b) => b.to - b.from - (a.to - a.from))
  const kept = new Set(byTime.slice(0, FEW))
  const shown = isWhole ? all : all.filter(span => kept.has(span))
  const end = Math.max(0.001, run.seconds ?? 0, ...spans.map(span => span.to))
  const tests = groupBy(
    withTests ? [] : spans.filter(span => /test/.test(span.resourceType)),
    span => testById.get(span.node)?.attachedTo ?? unitTestById.get(span.node)?.model ?? '',
  )
  const longest = byTime.slice(0, 3)
  return (
    <Section
      name="What took the time"
      aside={
        <label class="control">
          <input type="checkbox" checked={withTests} onChange={event => setTests(event.currentTarget.checked)} /> with tests
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
        <Empty>{whyEmpty(run)}</Empty>
      ) : (
        <>
          <p class="small muted">
            {isWhole || all.length <= FEW
              ? `${plural(all.length, 'step')} in the order of their start.`
              : `The ${FEW} of ${plural(all.length, 'step')} that took longest, in the order of their start.`}{' '}
            {all.length > FEW && (
              <button type="button" class="link no-print" onClick={() => setWhole(!isWhole)}>
                {isWhole ? `The ${FEW} longest` : `All ${count(all.length)}`}
              </button>
            )}
          </p>
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

const FEW = 24

function whyEmpty(run: DocsRun): string {
  if (run.status === 'unchanged') return 'Neither the feed nor the project had changed: nothing had to be built.'
  if (run.status === 'running') return 'It is still running.'
  if (run.models === 0) return `Nothing was built. ${saidOf(run)}`
  return 'The page keeps the steps of the last 8 runs only.'
}

function Bar({ span, end }: { span: DocsSpan; end: number }) {
  const place = { left: `${(100 * span.from) / end}%`, width: `${(100 * (span.to - span.from)) / end}%` }
  return <i class={`${toneOf(span.status)} ${span.resourceType}`} style={place} title={titleOf(span)} />
}

function linkOf(span: DocsSpan): string {
  if (nodeById.has(span.node)) return to(['node', span.node])
  const report = reportById.get(span.node)
  if (report) return to(['report', report.name])
  return to([testById.has(span.node) ? 'test' : 'unit', span.node])
}

function titleOf(span: DocsSpan): string {
  const rows = span.inserted === null ? '' : `, ${plural((span.inserted ?? 0) + (span.updated ?? 0) + (span.deleted ?? 0), 'row')} changed`
  const isBad = toneOf(span.status) === 'bad' || toneOf(span.status) === 'warn'
  return `${inWords(span.resourceType)} ${span.name}, ${seconds(span.to - span.from)}${rows}${isBad && span.message ? `. ${span.message}` : ''}`
}
