import { cell } from './cell.ts'
import type { Drawing } from './drawing.ts'
import { Chart } from './figure.tsx'

/** A chart of the page's own numbers, also as a table. */
export function Plotted({ name, drawing }: { name: string; drawing: Drawing }) {
  const { labels, series, axis, value } = drawing
  return (
    <figure class="shown">
      <figcaption>
        <span class="caption">{name}</span>
      </figcaption>
      <Chart drawing={drawing} title={name} />
      <details class="aside no-print">
        <summary>As a table</summary>
        <div class="scroll" tabIndex={0} role="region" aria-label={`${name}, as a table`}>
          <table class="data">
            <thead>
              <tr>
                <th scope="col">{axis.label}</th>
                {series.map(one => (
                  <th key={one.name} scope="col" class="number">
                    {one.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {labels.map((label, at) => (
                <tr key={String(label)}>
                  <td class="nowrap">{cell(label, axis)}</td>
                  {series.map(one => (
                    <td key={one.name} class="number">
                      {cell(one.values[at], value)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  )
}
