import { Fragment } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { groupBy } from '../group.ts'
import { type Placed, place, widthOf } from '../layout.ts'
import type { DocsEntity } from '../shape.ts'
import { plural, shortType } from './format.ts'
import { data } from './model.ts'
import { Empty, NodeLink, Section, Title } from './parts.tsx'
import { to } from './route.ts'
import { curve, Viewport } from './viewport.tsx'

/** Tables with their keys, and the references between them. */
export function EntitiesPage() {
  const { tables, links } = data.entities
  const [isWhole, showWhole] = useState(false)
  const { shown, placed } = useMemo(() => drawingOf(isWhole), [isWhole])
  return (
    <div class="page wide">
      <Title
        lead={
          <span class="controls">
            {plural(tables.length, 'table')}, {plural(links.length, 'foreign key')}
            <label class="control">
              <input type="checkbox" checked={isWhole} onChange={event => showWhole(event.currentTarget.checked)} /> with all columns
            </label>
          </span>
        }
      >
        Entities
      </Title>
      {tables.length === 0 ? (
        <Empty>No table of the database has a foreign key, and there is no relationships test.</Empty>
      ) : (
        <div class="for-desk">
          <Viewport label="Entity diagram" fits={[placed.width, placed.height]} whole>
            <defs>
              <marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse">
                <path d="M0 0.5 L8 4 L0 7.5 z" class="arrow" />
              </marker>
            </defs>
            <g class="lines" aria-hidden="true">
              {links.map(link => (
                <path
                  key={link.name + link.from}
                  class={link.isOptional ? 'value' : 'copy'}
                  d={lineOf(placed, shown, link)}
                  marker-end="url(#arrow)"
                />
              ))}
            </g>
            {shown.map(table => (
              <Card key={table.id} table={table} box={placed.boxes[table.id]!} />
            ))}
          </Viewport>
          <p class="small muted">
            ◆ primary key, ◇ foreign key, ? may be null. An arrow points from the many to the one; dashed where it may be null.
          </p>
        </div>
      )}
      {tables.length > 0 && <AsList />}
    </div>
  )
}

// Each table with its references: on a phone this is the whole page.
function AsList() {
  const { tables, links } = data.entities
  const byTable = groupBy(links, ({ from }) => from)
  return (
    <Section name="As a list">
      <dl class="details">
        {tables.map(table => (
          <Fragment key={table.id}>
            <dt>
              <Table id={table.id} />
            </dt>
            <dd>
              <span class="muted small">key </span>
              <span class="mono small">
                {table.columns
                  .filter(column => column.isKey)
                  .map(({ name }) => name)
                  .join(', ') || '–'}
              </span>
              {(byTable.get(table.id) ?? []).map(link => (
                <div key={link.name}>
                  <span class="mono small">{link.columns.join(', ')}</span> → <Table id={link.to} />
                  <span class="small muted">
                    {link.isOptional ? ' may be null' : ''}
                    {link.isOneToOne ? ' one to one' : ''}
                    {link.isTested ? ' according to a test' : ''}
                  </span>
                </div>
              ))}
            </dd>
          </Fragment>
        ))}
      </dl>
    </Section>
  )
}

/** A drawn table: some of its columns, and the number of omitted ones. */
interface Drawn extends DocsEntity {
  more: number
}

const HEAD = 36
const ROW = 20

function Card({ table, box: [x, y, width, height] }: { table: Drawn; box: Placed['boxes'][string] }) {
  const row = (at: number) => y + HEAD + at * ROW + 14
  return (
    <g data-id={table.id} class="card entity">
      <rect x={x} y={y} width={width} height={height} rx="7" />
      <a href={table.node ? to(['node', table.node]) : to(['entities'])} class="card-head">
        <text x={x + 12} y={y + 22}>
          {table.name}
        </text>
      </a>
      <path class="rule" d={`M${x} ${y + 33.5}h${width}`} />
      {table.columns.map((column, at) => (
        <g key={column.name} class={`row ${column.isKey ? 'key' : ''}`}>
          <text x={x + 12} y={row(at)}>
            {column.isKey ? '◆' : column.isForeignKey ? '◇' : ''}
          </text>
          <text x={x + 28} y={row(at)}>
            {column.name}
          </text>
          <text class="type" x={x + width - 10} y={row(at)} text-anchor="end">
            {typeOf(column)}
          </text>
        </g>
      ))}
      {table.more > 0 && (
        <text class="rest" x={x + 28} y={row(table.columns.length)}>
          and {table.more} more
        </text>
      )}
    </g>
  )
}

function drawingOf(isWhole: boolean): { shown: Drawn[]; placed: Placed } {
  const { tables, links } = data.entities
  const pointed = new Set(links.flatMap(link => link.toColumns.map(column => `${link.to} ${column}`)))
  const shown = tables.map((table): Drawn => {
    const columns = table.columns.filter(
      column => isWhole || column.isKey || column.isForeignKey || pointed.has(`${table.id} ${column.name}`),
    )
    return { ...table, columns, more: table.columns.length - columns.length }
  })
  const boxes = shown.map(table => {
    const widths = table.columns.map(column => widthOf(column.name) + widthOf(typeOf(column)) * 0.92 + 54)
    const rows = table.columns.length + (table.more > 0 ? 1 : 0)
    return { id: table.id, width: Math.ceil(Math.max(150, widthOf(table.name) + 40, ...widths)), height: HEAD + rows * ROW + 6 }
  })
  // The referenced table is on the left; the gap gets the rest of the width.
  const lines = links.map(({ from, to: end }): [string, string] => [end, from])
  const room = Math.min(innerWidth, 1680) - 130
  const close = place(boxes, lines, [90, 22])
  const columns = new Set(Object.values(close.boxes).map(([x, , width]) => x + Math.round(width / 2))).size
  const surplus = (room - close.width) / Math.max(1, columns - 1)
  return { shown, placed: surplus > 0 ? place(boxes, lines, [90 + Math.min(160, surplus), 22]) : close }
}

function typeOf({ type, isNullable }: DocsEntity['columns'][number]): string {
  return `${shortType(type)}${isNullable ? '?' : ''}`
}

function Table({ id }: { id: string }) {
  const node = data.entities.tables.find(table => table.id === id)?.node
  return node ? <NodeLink id={node} /> : <span class="mono">{id}</span>
}

// From the row of the foreign key to the row of the key.
function lineOf(placed: Placed, shown: Drawn[], { from, columns, to: end, toColumns }: (typeof data.entities.links)[number]): string {
  const [a, b] = [rowOf(placed, shown, from, columns[0]), rowOf(placed, shown, end, toColumns[0])]
  if (!a || !b) return ''
  if (from === end) return `M${a.left} ${a.y}C${a.left - 46} ${a.y} ${a.left - 46} ${b.y} ${b.left - 2} ${b.y}`
  if (b.right > a.left)
    return curve([
      [a.right, a.y],
      [b.left - 2, b.y],
    ])
  const through = placed.lines.find(line => line.from === end && line.to === from)?.through ?? []
  return curve([[a.left, a.y], ...through.toReversed(), [b.right + 2, b.y]])
}

function rowOf(placed: Placed, shown: Drawn[], id: string, column: string | undefined) {
  const box = placed.boxes[id]
  if (!box) return undefined
  const row = shown.find(table => table.id === id)?.columns.findIndex(({ name }) => name === column) ?? 0
  return { left: box[0], right: box[0] + box[2], y: box[1] + HEAD + Math.max(0, row) * ROW + 10 }
}
