import type { ReportFigure } from '../../../reports/shape.ts'
import { type Branch, branchesOf } from './branches.ts'
import { cell, isNumeric, numberOf } from './cell.ts'
import { Head } from './table.tsx'

/** Rows below their parents, with bars that share one edge. Rows in a cycle are at the end, and marked. */
export function Tree({ figure }: { figure: ReportFigure }) {
  const { columns, x, y, id, parent, title } = figure
  const place = (name: string | null) => columns.findIndex(column => column.name === name)
  const branches = branchesOf(figure.rows, place(id), place(parent))
  const label = place(x)
  const measures = y.map(place).filter(at => at >= 0 && isNumeric(columns[at]!))
  const others = columns.map((_, at) => at).filter(at => ![label, place(id), place(parent), ...measures].includes(at))
  const most = Math.max(1e-9, ...figure.rows.flatMap(row => measures.map(at => numberOf(row[at]) ?? 0)))
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={title}>
      <table class="data tree">
        <thead>
          <tr>
            <th scope="col">{columns[label]?.label ?? ''}</th>
            {measures.length > 0 && <td class="tree-bars" aria-hidden="true" />}
            {[...measures, ...others].map(at => (
              <Head key={columns[at]!.name} column={columns[at]!} />
            ))}
          </tr>
        </thead>
        <tbody>
          {branches.map(branch => (
            <tr key={branch.key}>
              <th scope="row" style={{ paddingLeft: `${branch.depth * 1.25}rem` }}>
                {cell(branch.row[label], columns[label] ?? { format: 'text' })}
                <Circle branch={branch} />
              </th>
              {measures.length > 0 && (
                <td class="tree-bars" aria-hidden="true">
                  {measures.slice(0, 2).map((at, i) => (
                    <i
                      key={String(at)}
                      class={`of-${i}`}
                      style={{ width: `${(100 * Math.max(0, numberOf(branch.row[at]) ?? 0)) / most}%` }}
                    />
                  ))}
                </td>
              )}
              {[...measures, ...others].map(at => (
                <td key={columns[at]!.name} class={isNumeric(columns[at]!) ? 'number' : ''}>
                  {cell(branch.row[at], columns[at]!)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Circle({ branch }: { branch: Branch }) {
  return branch.isInCircle ? <span class="tag warn-tag">↻ above itself</span> : null
}
