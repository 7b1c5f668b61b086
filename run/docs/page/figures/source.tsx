import type { ReportFigure } from '../../../reports/shape.ts'
import { count, listed, plural } from '../format.ts'
import { type Origin, usePlace } from './place.ts'

/** The sources of a figure: the mart's column, the fields of the feed, and the refused records. */
export function Source({ figure }: { figure: ReportFigure }) {
  const { nameOf, isAlone } = usePlace()
  const columns = figure.columns.filter(({ sources }) => sources.length > 0)
  const nodes = [...new Set(columns.flatMap(({ sources }) => sources.map(({ node }) => node)))]
  if (nodes.length === 0 && !figure.compiledSql) return null
  const from =
    nodes.length > 0
      ? `From ${listed(nodes.slice(0, 3).map(nameOf))}${nodes.length > 3 ? ` and ${nodes.length - 3} more` : ''}`
      : 'How it is made'
  if (isAlone) return nodes.length > 0 ? <p class="from small muted">{from}</p> : null
  return (
    <details class="from aside">
      <summary>{from}</summary>
      {columns.length > 0 && (
        <table class="ways">
          <thead>
            <tr>
              <th scope="col">Shown</th>
              <th scope="col">Column of the warehouse</th>
              <th scope="col">Field of the feed</th>
              <th scope="col">Refused on the way</th>
            </tr>
          </thead>
          <tbody>
            {columns.map(column => (
              <tr key={column.name}>
                <th scope="row">{column.label}</th>
                <td>
                  {column.sources.map(source => (
                    <ColumnLink key={`${source.node} ${source.column}`} node={source.node} column={source.column} />
                  ))}
                </td>
                <td>
                  <Origins sources={column.sources} />
                </td>
                <td>
                  <Refusals sources={column.sources} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {figure.compiledSql && (
        <details>
          <summary>SQL</summary>
          <pre class="sql" tabIndex={0} role="region" aria-label={`SQL of ${figure.title}`}>
            {figure.compiledSql}
          </pre>
        </details>
      )}
    </details>
  )
}

type Sources = ReportFigure['columns'][number]['sources']

function ColumnLink({ node, column }: { node: string; column: string }) {
  const { linkOf, nameOf } = usePlace()
  const href = linkOf(node, column === '*' ? undefined : column)
  const text = column === '*' ? `rows of ${nameOf(node)}` : `${nameOf(node)}.${column}`
  return (
    <div>
      {href ? (
        <a class="mono" href={href}>
          {text}
        </a>
      ) : (
        <span class="mono">{text}</span>
      )}
    </div>
  )
}

function Origins({ sources }: { sources: Sources }) {
  const { originsOf, linkOf, nameOf } = usePlace()
  const found = new Map<string, Origin>()
  for (const { node, column } of sources) for (const origin of originsOf(node, column)) found.set(`${origin.node} ${origin.label}`, origin)
  const all = [...found.values()]
  if (all.length === 0) return <span class="muted">–</span>
  return (
    <>
      {all.slice(0, FEW).map(({ node, column, label }) => (
        <div key={`${node} ${label}`}>
          <a class="mono" href={linkOf(node, column)}>
            {label}
          </a>{' '}
          <span class="muted">of {nameOf(node)}</span>
        </div>
      ))}
      {all.length > FEW && <div class="muted">and {count(all.length - FEW)} more</div>}
    </>
  )
}

function Refusals({ sources }: { sources: Sources }) {
  const { refusedOf } = usePlace()
  for (const { node, column } of sources) {
    const found = refusedOf(node, column)
    if (!found) continue
    const parts = [found.errors > 0 && plural(found.errors, 'error'), found.warnings > 0 && plural(found.warnings, 'warning')].filter(
      part => part !== false,
    )
    return <a href={found.href}>{listed(parts)}</a>
  }
  return <span class="muted">none</span>
}

const FEW = 3
