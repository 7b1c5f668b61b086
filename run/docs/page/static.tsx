import type { VNode } from 'preact'
import { renderToStaticMarkup } from 'preact-render-to-string'
import type { AlonePage } from '../changes-shape.ts'
import { ChangesPage } from './changes.tsx'
import { PlaceContext, placeIn } from './figures/place.ts'
import { instant, listed } from './format.ts'
import { knownOf } from './known.ts'
import { Markdown } from './markdown.tsx'
import { Dates, ReportBody } from './report.tsx'

/** The body of a standalone page, as HTML without scripts. Runs where the page is written, not in the browser. */
export function render(page: AlonePage): string {
  return renderToStaticMarkup(page.kind === 'report' ? <ReportAlone page={page} /> : <ChangesPage changes={page.changes} />)
}

function ReportAlone({ page: { report, data } }: { page: Extract<AlonePage, { kind: 'report' }> }): VNode {
  const known = knownOf(data)
  return (
    <PlaceContext.Provider value={placeIn(data, true)}>
      <main class="page alone">
        <header class="title">
          <p class="eyebrow">{data.project.name}</p>
          <h1>{report.title}</h1>
          <div class="lead">
            <Markdown text={report.description} />
          </div>
        </header>
        <p class="dates">
          <Dates report={report} />
        </p>
        {known.length > 0 && (
          <p class="news">
            <span class="warn strong">! Read with care:</span> {listed(known)}.
          </p>
        )}
        <ReportBody report={report} />
        <footer class="report-foot small muted">
          {report.published && `Publish ${report.published.runId}. `}Written {instant(data.generatedAt)} UTC by {data.invocation.command}.
        </footer>
      </main>
    </PlaceContext.Provider>
  )
}
