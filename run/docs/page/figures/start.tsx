import { scaleLinear } from 'd3-scale'
import type { ReportFigure } from '../../../reports/shape.ts'
import { cell } from './cell.ts'
import { drawingOf, isTime, spoken } from './drawing.ts'

/** A figure over time as a small line, with its first and last day. */
export function CourseStart({ figure }: { figure: ReportFigure }) {
  const drawing = drawingOf(figure)
  if (!drawing || !isTime(drawing.axis)) return null
  const totals = drawing.labels.map((_, at) => drawing.series.reduce((all, one) => all + (one.values[at] ?? 0), 0))
  const [low, high] = [Math.min(0, ...totals), Math.max(0, ...totals)]
  const y = scaleLinear()
    .domain(low === high ? [0, 1] : [low, high])
    .range([HEIGHT - 2, 2])
  const step = WIDTH / totals.length
  return (
    <div class="course" role="img" aria-label={spoken(figure.title, drawing)}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {totals.map((total, at) => (
          <rect
            key={String(at)}
            x={at * step + (step > 3 ? 0.5 : 0)}
            width={step > 3 ? step - 1 : step}
            y={Math.min(y(0), y(total))}
            height={Math.max(0.5, Math.abs(y(total) - y(0)))}
          />
        ))}
      </svg>
      <p class="small muted" aria-hidden="true">
        <span>{cell(drawing.labels[0], drawing.axis)}</span>
        <span>{figure.title}</span>
        <span>{cell(drawing.labels.at(-1), drawing.axis)}</span>
      </p>
    </div>
  )
}

const WIDTH = 300
const HEIGHT = 40
