import { useEffect } from 'preact/hooks'
import type { Report, ReportFigure } from '../../reports/shape.ts'
import { drawingOf, isFlat, isTime } from './figures/drawing.ts'
import { CourseStart } from './figures/start.tsx'
import { Values } from './figures/values.tsx'
import { count, instant, plural } from './format.ts'
import { Inline, Markdown } from './markdown.tsx'
import { data } from './model.ts'
import { News } from './news.tsx'
import { Empty, NodeLink, Section, Title } from './parts.tsx'
import { Dates, ReportBody } from './report.tsx'
import { to } from './route.ts'

/** The first page: up to which day there is data, its known problems, and the reports. */
export function AnswersPage() {
  return (
    <div class="page">
      <Title>Answers</Title>
      <News />
      {data.reports.length === 0 ? (
        <Empty>
          This project has no report yet. A report is a Markdown file in <span class="mono">models/</span> whose first lines are{' '}
          <span class="mono">---</span> and <span class="mono">report: Its title</span>; its SQL becomes tables and charts here.
        </Empty>
      ) : (
        <ul class="cards">
          {data.reports.map(report => (
            <Card key={report.uniqueId} report={report} />
          ))}
        </ul>
      )}
      <Exposures />
    </div>
  )
}

// A report with its first big numbers, and the first chart as a small line.
function Card({ report }: { report: Report }) {
  const figures = report.blocks.filter(block => block.kind === 'figure')
  const values = figures.find(({ display, rows }) => display === 'value' && rows.length > 0)
  const course = figures.find(isCourse)
  const broken = figures.filter(({ problem }) => problem !== null).length
  return (
    <li class="card-of-report">
      <h2>
        <a href={to(['report', report.name])}>{report.title}</a>
      </h2>
      <p class="muted">{<Inline text={report.description} />}</p>
      {values && <Values figure={firstOf(values)} isSmall />}
      {course && <CourseStart figure={course} />}
      {!values && !course && report.published && <Counts figures={figures} />}
      {!report.published && <p class="small warn">! Not published yet</p>}
      {report.published && broken > 0 && <p class="small warn">! {plural(broken, 'figure')} of an earlier day</p>}
    </li>
  )
}

// For a report with neither: the numbers of rows in its tables.
function Counts({ figures }: { figures: ReportFigure[] }) {
  return (
    <dl class="values">
      {figures.slice(0, 2).map(({ name, title, rows }) => (
        <div key={name}>
          <dt>{title}</dt>
          <dd>{count(rows.length)}</dd>
        </div>
      ))}
    </dl>
  )
}

function isCourse(figure: ReportFigure): boolean {
  const drawing = figure.rows.length > 1 ? drawingOf(figure) : undefined
  return drawing !== undefined && isTime(drawing.axis) && !isFlat(drawing)
}

// As many as fit into one line.
function firstOf(figure: ReportFigure): ReportFigure {
  const isMoney = figure.columns.some(({ name, format }) => format === 'money' && figure.y.includes(name))
  return { ...figure, y: figure.y.slice(0, isMoney ? 2 : 3) }
}

/** A whole report. */
export function ReportPage({ name, figure }: { name: string; figure: string | null }) {
  useEffect(() => {
    if (figure) document.getElementById(`f-${figure}`)?.scrollIntoView({ block: 'start' })
  }, [figure])
  const report = data.reports.find(one => one.name === name)
  if (!report) return <Empty>There is no report {name}.</Empty>
  const at = data.reports.indexOf(report)
  const next = data.reports[(at + 1) % data.reports.length]!
  return (
    <div class="page">
      <Title eyebrow={<a href="#/">Answers</a>} lead={<Markdown text={report.description} />}>
        {report.title}
      </Title>
      <p class="dates">
        <Dates report={report} />
      </p>
      <News isShort />
      <ReportBody report={report} />
      <footer class="report-foot small muted">
        <p>
          Written in <span class="mono">{report.file}</span>
          {report.published && (
            <>
              ; publish <a href={to(['runs', report.published.runId])}>{report.published.runId.slice(0, 8)}</a> of{' '}
              {instant(report.published.at)} UTC
            </>
          )}
          . Reads{' '}
          {report.dependsOn.map(id => (
            <span key={id}>
              <NodeLink id={id} />{' '}
            </span>
          ))}
        </p>
        {next !== report && (
          <p class="no-print">
            Next: <a href={to(['report', next.name])}>{next.title}</a>
          </p>
        )}
      </footer>
    </div>
  )
}

function Exposures() {
  if (data.exposures.length === 0) return null
  return (
    <Section name="Used elsewhere" aside={<span class="muted">{count(data.exposures.length)}</span>}>
      <ul class="rows">
        {data.exposures.map(one => (
          <li key={one.uniqueId}>
            <div class="row-main">
              {one.url && /^https?:\/\//.test(one.url) ? <a href={one.url}>{one.label}</a> : <span class="strong">{one.label}</span>}{' '}
              <span class="tag">{one.type}</span>
              <Markdown text={one.description} />
              <p class="small">
                {one.dependsOn.map(id => (
                  <span key={id}>
                    <NodeLink id={id} />{' '}
                  </span>
                ))}
              </p>
            </div>
            <div class="row-facts small muted">{one.owner.name ?? ''}</div>
          </li>
        ))}
      </ul>
    </Section>
  )
}
