import type { ReportFigure } from '../../../reports/shape.ts'
import { cell, isNumeric, numberOf } from './cell.ts'
import { usePlace } from './place.ts'

/** Big numbers of the first row, each with its name and unit, and the row's other values. */
export function Values({ figure, isSmall = false }: { figure: Pick<ReportFigure, 'columns' | 'rows' | 'y'>; isSmall?: boolean }) {
  const { linkOf } = usePlace()
  const { columns, rows, y } = figure
  const [row = []] = rows
  const big = columns.map((column, at) => ({ column, value: row[at] })).filter(({ column }) => y.includes(column.name))
  const about = columns
    .map((column, at) => ({ column, value: row[at] }))
    .filter(({ column, value }) => !y.includes(column.name) && value !== null && !(isSmall && isNumeric(column)))
  return (
    <>
      <dl class="values">
        {big.map(({ column, value }) => {
          const [source] = column.sources
          const href = source && linkOf(source.node, source.column)
          const text = (
            <>
              {cell(value, column)}
              {column.unit && numberOf(value) !== null && !(isSmall && column.format === 'integer') && (
                <span class="unit">{column.unit}</span>
              )}
            </>
          )
          return (
            <div key={column.name}>
              <dt>{column.label}</dt>
              <dd>{href ? <a href={href}>{text}</a> : text}</dd>
            </div>
          )
        })}
      </dl>
      {about.length > 0 && (
        <p class="small muted">
          {about.map(({ column, value }) => `${column.label} ${cell(value, column)}${column.unit ? ` ${column.unit}` : ''}`).join(' · ')}
        </p>
      )}
    </>
  )
}
