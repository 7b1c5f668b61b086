import { useState } from 'preact/hooks'
import type { FigureColumn, ReportFigure } from '../../../reports/shape.ts'
import { count, plural } from '../format.ts'
import { cell, isNumeric, unitOf, type Value } from './cell.ts'
import { usePlace } from './place.ts'

/** A figure as a table: numbers aligned right, only the first rows open. */
export function FigureTable({ figure }: { figure: Pick<ReportFigure, 'title' | 'columns' | 'rows'> }) {
  const { isAlone } = usePlace()
  const [isWhole, setWhole] = useState(false)
  const { title, columns, rows } = figure
  const shown = rows.slice(0, isWhole ? rows.length : isAlone ? ALONE : FIRST)
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label={`${title}, ${plural(rows.length, 'row')}`}>
        <table class="data">
          <thead>
            <tr>
              {columns.map(column => (
                <Head key={column.name} column={column} />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, at) => (
              <tr key={String(at)}>
                {columns.map((column, i) => (
                  <td key={column.name} class={isNumeric(column) ? 'number' : isShort(column) ? 'nowrap' : 'words'}>
                    <Cell value={row[i]} column={column} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < rows.length &&
        (isAlone ? (
          <p class="small muted">
            The first {count(shown.length)} of {plural(rows.length, 'row')}; the page of the project has them all.
          </p>
        ) : (
          <button type="button" class="quiet more no-print" onClick={() => setWhole(true)}>
            All {plural(rows.length, 'row')}
          </button>
        ))}
    </>
  )
}

/** A column's header, with a link to its lineage. */
export function Head({ column }: { column: FigureColumn }) {
  const { linkOf } = usePlace()
  const [source] = column.sources
  const href = source && linkOf(source.node, source.column)
  return (
    <th class={isNumeric(column) ? 'number' : ''} scope="col">
      {href ? (
        <a href={href} title="Where it comes from">
          {column.label}
        </a>
      ) : (
        column.label
      )}
      {unitOf(column) && <span class="unit">{column.unit}</span>}
    </th>
  )
}

function Cell({ value, column }: { value: Value | undefined; column: FigureColumn }) {
  if (value === null || value === undefined || value === '') return <span class="muted">–</span>
  return <>{cell(value, column)}</>
}

function isShort({ format }: FigureColumn): boolean {
  return format !== 'text'
}

const FIRST = 25
const ALONE = 200
