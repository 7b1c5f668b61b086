import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { ReportFigure } from '../../../reports/shape.ts'
import { instant } from '../format.ts'
import { cell } from './cell.ts'
import { ChartSvg } from './chart.tsx'
import { type Drawing, drawingOf, isFlat, isTime } from './drawing.ts'
import { usePlace } from './place.ts'
import { Source } from './source.tsx'
import { FigureTable } from './table.tsx'
import { Tree } from './tree.tsx'
import { Values } from './values.tsx'

/** A figure of a report: its title, its content, why it may be of another day, and its sources. */
export function Figure({ figure }: { figure: ReportFigure }) {
  const { title, problem, rows, empty, published } = figure
  const drawing = drawingOf(figure)
  return (
    <figure class={`shown as-${figure.display}`} id={`f-${figure.name}`}>
      <figcaption>
        <span class="caption">{title}</span>
        {drawing?.measure && <span class="measure">{drawing.measure}</span>}
      </figcaption>
      {problem && rows.length === 0 && <p class="empty">{problem}</p>}
      {problem && rows.length > 0 && (
        <p class="notice warn small">
          <span aria-hidden="true">! </span>
          {problem}
          {published && ` (published ${instant(published.at)} UTC)`}
        </p>
      )}
      {rows.length === 0 ? !problem && <p class="empty">{empty}</p> : <Shown figure={figure} drawing={drawing} />}
      <Source figure={figure} />
    </figure>
  )
}

function Shown({ figure, drawing }: { figure: ReportFigure; drawing: Drawing | undefined }) {
  if (drawing)
    return (
      <>
        <Chart drawing={drawing} title={figure.title} />
        <details class="aside no-print">
          <summary>As a table</summary>
          <FigureTable figure={figure} />
        </details>
      </>
    )
  if (figure.display === 'tree') return <Tree figure={figure} />
  if (figure.display === 'value') return <Values figure={figure} />
  return <FigureTable figure={figure} />
}

/** A chart as wide as its container; without measuring, one version for paper and desktop, and one for a phone. */
export function Chart({ drawing, title }: { drawing: Drawing; title: string }) {
  const { isAlone } = usePlace()
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = box.current
    if (!element || isAlone) return
    const measure = () => setWidth(Math.floor(element.clientWidth))
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [isAlone])
  if (isFlat(drawing)) return <p class="empty">0 throughout{periodOf(drawing)}.</p>
  if (isAlone)
    return (
      <div class="chart">
        <div class="for-desk">
          <ChartSvg drawing={drawing} title={title} width={DESK} />
        </div>
        <div class="for-phone" aria-hidden="true">
          <ChartSvg drawing={drawing} title={title} width={PHONE} />
        </div>
      </div>
    )
  return (
    <div class="chart" ref={box}>
      {width > 0 && <ChartSvg drawing={drawing} title={title} width={width} />}
    </div>
  )
}

function periodOf({ labels, axis }: Drawing): string {
  return isTime(axis) && labels.length > 1 ? `, from ${cell(labels[0], axis)} to ${cell(labels.at(-1), axis)}` : ''
}

const DESK = 720
const PHONE = 342
