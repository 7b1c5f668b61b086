import { useMemo, useState } from 'preact/hooks'
import { type Box, type Placed, place, widthOf } from '../layout.ts'
import type { DocsEdge } from '../shape.ts'
import { listed, plural } from './format.ts'
import { Markdown } from './markdown.tsx'
import { columnName, data, fieldName, fieldsOf, figuresOf, place as here, nameOf, nodeById, twinOf } from './model.ts'
import { Dot, Empty, layerOf, NodeLink, Section, Title } from './parts.tsx'
import { type Route, to } from './route.ts'
import { curve, Viewport } from './viewport.tsx'
import { type Way, wayOf, waysOf } from './way.ts'

/** A column: its meaning, and its lineage from the JSON of the feed to the marts. */
export function ColumnPage({ route }: { route: Route }) {
  const [, id = '', name = ''] = route.parts
  const node = nodeById.get(id)
  const column = node?.columns.find(one => one.name === name)
  const [withConditions, setConditions] = useState(false)
  const starts = [...new Set(fieldsOf(id, name).map(field => twinOf[field]!))]
  const way = useMemo(() => wayOf(ways(), starts, withConditions), [id, name, withConditions])
  if (!node && starts.length === 0) return <Empty>There is no table {id}.</Empty>
  const fields = way.distance.size
  return (
    <div class="page wide">
      <Title
        eyebrow={<NodeLink id={id} />}
        lead={
          <>
            {column?.type && <span class="mono muted">{column.type}</span>}
            <Markdown text={column?.description ?? ''} />
          </>
        }
      >
        <span class="mono">{columnName(name)}</span>
      </Title>
      {(column?.notTraced ?? node?.notTraced) && <p class="notice warn">Not traced: {column?.notTraced ?? node?.notTraced}</p>}
      {column?.isKept && <p class="notice">Existing rows may keep their value: the earlier content of the table is a source too.</p>}
      {column?.isConstant && (
        <p class="notice">Not derived from a column: a constant, or a value of the database such as the current time.</p>
      )}
      <Section
        name="Lineage"
        aside={
          <label class="control">
            <input type="checkbox" checked={withConditions} onChange={event => setConditions(event.currentTarget.checked)} /> with
            conditions, which only decide rows
          </label>
        }
      >
        {fields < 2 ? <Empty>No known source and no known use.</Empty> : <WayGraph way={way} starts={starts} />}
        <p class="small muted">
          <span class="line-key copy" /> handed on <span class="line-key value" /> computed from{' '}
          {withConditions && (
            <>
              <span class="line-key condition" /> decides rows
            </>
          )}
        </p>
      </Section>
      <Refused id={id} name={name} />
      {fields > 1 && (
        <div class="columns-2">
          <Steps name="Comes from" way={way} side={-1} />
          <Steps name="Goes into" way={way} side={1} />
        </div>
      )}
    </div>
  )
}

// The refused records that the column depends on.
function Refused({ id, name }: { id: string; name: string }) {
  const found = here.refusedOf(id, name)
  const figures = figuresOf(id, name)
  return (
    <ul class="plain small facts">
      {found && (
        <li>
          <a href={found.href}>
            {listed(
              [found.errors > 0 ? plural(found.errors, 'record') : '', found.warnings > 0 ? plural(found.warnings, 'warning') : ''].filter(
                Boolean,
              ),
            )}
          </a>{' '}
          of {listed(found.entities)} {found.errors > 0 ? 'refused or repaired' : 'noted'} on the way
        </li>
      )}
      {figures.map(({ report, titles }) => (
        <li key={report.uniqueId}>
          Shown in <a href={to(['report', report.name])}>{report.title}</a>: {listed(titles)}
        </li>
      ))}
    </ul>
  )
}

// Boxes of nodes with a row for each field; lines link rows.
function WayGraph({ way, starts }: { way: Way; starts: number[] }) {
  const { placed, rows } = useMemo(() => drawingOf(way), [way])
  const start = starts[0] === undefined ? undefined : data.lineage.fields[starts[0]]?.node
  const [pointed, point] = useState<number>()
  const lit = useMemo(() => (pointed === undefined ? undefined : wayOf(ways(), [pointed], true).distance), [pointed])
  return (
    <Viewport label="Lineage of the column" fits={[placed.width, placed.height]} start={start} tall={placed.height > 700}>
      <g class="lines" aria-hidden="true">
        {way.edges.map(edge => (
          <path
            key={edge.join(' ')}
            class={`${edge[2]} ${lit ? (lit.has(edge[0]) && lit.has(edge[1]) ? 'lit' : 'dim') : ''}`}
            d={curve(lineOf(placed, rows, edge))}
          />
        ))}
      </g>
      {Object.entries(placed.boxes).map(([id, [x, y, width, height]]) => {
        const node = nodeById.get(id)
        return (
          <g key={id} data-id={id} class={`card ${node ? layerOf(node) : ''}`}>
            <rect x={x} y={y} width={width} height={height} rx="7" />
            <a href={to(['node', id])} class="card-head">
              <circle cx={x + 13} cy={y + 15} r="4" />
              <text x={x + 24} y={y + 19}>
                {nameOf(id)}
              </text>
            </a>
            {[...(rows.get(id) ?? [])].map(([field, row]) => {
              const one = data.lineage.fields[field]!
              return (
                <a
                  key={field}
                  href={to(['column', id, one.column])}
                  class={`row ${starts.includes(field) ? 'center' : ''} ${lit && !lit.has(field) ? 'dim' : ''}`}
                  aria-label={`${fieldName(one)} of ${nameOf(id)}`}
                  onMouseEnter={() => point(field)}
                  onMouseLeave={() => point(undefined)}
                  onFocus={() => point(field)}
                  onBlur={() => point(undefined)}
                >
                  <rect x={x + 1} y={y + HEAD + row * ROW} width={width - 2} height={ROW} />
                  <text x={x + 12} y={y + HEAD + row * ROW + 15}>
                    {fieldName(one)}
                  </text>
                </a>
              )
            })}
          </g>
        )
      })}
    </Viewport>
  )
}

function Steps({ name, way, side }: { name: string; way: Way; side: -1 | 1 }) {
  const far = [...way.distance].filter(([, distance]) => Math.sign(distance) === side)
  const ordered = far.sort((a, b) => Math.abs(a[1]) - Math.abs(b[1]))
  return (
    <section class="section" aria-label={name}>
      <h2>
        {name} <span class="muted">{plural(ordered.length, 'field')}</span>
      </h2>
      {ordered.length === 0 && <Empty>{side < 0 ? 'It is not derived from another column.' : 'No table reads it.'}</Empty>}
      <ol class="steps">
        {ordered.map(([index, distance]) => {
          const field = data.lineage.fields[index]!
          const node = nodeById.get(field.node)
          return (
            <li key={index}>
              <span class="step" title={`${Math.abs(distance)} steps away`}>
                {Math.abs(distance)}
              </span>
              <a class="mono" href={to(['column', field.node, field.column])}>
                {node && <Dot node={node} />}
                <span class="muted">{nameOf(field.node)}</span> {fieldName(field)}
              </a>
            </li>
          )
        })}
      </ol>
    </section>
  )
}

const HEAD = 28
const ROW = 22

let known: ReturnType<typeof waysOf> | undefined
function ways() {
  known ??= waysOf(data.lineage, twinOf)
  return known
}

function drawingOf(way: Way): { placed: Placed; rows: Map<string, Map<number, number>> } {
  const byNode = new Map<string, number[]>()
  for (const index of [...way.distance.keys()].sort((a, b) => a - b)) {
    const { node } = data.lineage.fields[index]!
    byNode.set(node, [...(byNode.get(node) ?? []), index])
  }
  const boxes = [...byNode].map(([id, fields]): Box => {
    const names = fields.map(index => fieldName(data.lineage.fields[index]!))
    const width = Math.max(widthOf(nameOf(id)) + 36, ...names.map(one => widthOf(one) + 24))
    return { id, width, height: HEAD + fields.length * ROW + 5 }
  })
  const links = new Map(way.edges.map(edge => nodesOf(edge)).map(link => [link.join(' '), link]))
  const rows = new Map([...byNode].map(([id, fields]) => [id, new Map(fields.map((field, row) => [field, row]))]))
  return { placed: place(boxes, links.values(), [72, 20]), rows }
}

function nodesOf([from, end]: DocsEdge): [string, string] {
  return [data.lineage.fields[from]!.node, data.lineage.fields[end]!.node]
}

function lineOf(placed: Placed, rows: Map<string, Map<number, number>>, edge: DocsEdge): [number, number][] {
  const [from, end] = nodesOf(edge)
  const [a, b] = [placed.boxes[from]!, placed.boxes[end]!]
  const middle = (id: string, box: typeof a, field: number) => box[1] + HEAD + (rows.get(id)?.get(field) ?? 0) * ROW + ROW / 2
  const points = placed.lines.find(line => line.from === from && line.to === end)?.through ?? []
  return [[a[0] + a[2], middle(from, a, edge[0])], ...points, [b[0], middle(end, b, edge[1])]]
}
