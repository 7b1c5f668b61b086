import type { Report, ReportBlock, ReportFigure } from '../../reports/shape.ts'
import { Figure } from './figures/figure.tsx'
import { day, instant } from './format.ts'
import { Markdown } from './markdown.tsx'

/** The prose and figures of a report, in order. Consecutive big numbers form one row. */
export function ReportBody({ report }: { report: Report }) {
  if (report.blocks.length === 0) return <p class="empty">This report has neither text nor figures yet: {report.file}.</p>
  return (
    <div class="report">
      {grouped(report.blocks).map((group, at) =>
        Array.isArray(group) ? (
          <div class="values-row" key={String(at)}>
            {group.map(figure => (
              <Figure key={figure.name} figure={figure} />
            ))}
          </div>
        ) : group.kind === 'prose' ? (
          <Markdown key={String(at)} text={group.text} />
        ) : (
          <Figure key={group.name} figure={group} />
        ),
      )}
    </div>
  )
}

/** The publish and day of the figures. */
export function Dates({ report }: { report: Report }) {
  if (!report.published) return <>Not published yet: the next build runs it.</>
  return (
    <>
      {report.dataThrough ? `Data through ${day(report.dataThrough)}, published` : 'Published'} {instant(report.published.at)} UTC
    </>
  )
}

function grouped(blocks: ReportBlock[]): (ReportFigure[] | ReportBlock)[] {
  const groups: (ReportFigure[] | ReportBlock)[] = []
  for (const block of blocks) {
    const last = groups.at(-1)
    if (block.kind === 'figure' && block.display === 'value') {
      if (Array.isArray(last)) last.push(block)
      else groups.push([block])
    } else groups.push(block)
  }
  return groups
}
