import { useMemo, useState } from 'preact/hooks'
import { type Placed, place, widthOf } from '../layout.ts'
import { nodeBox, placeProject } from '../pagedata.ts'
import type { DocsNode } from '../shape.ts'
import { count, plural } from './format.ts'
import { above, below, ends, Graph } from './graph.tsx'
import { type Layer, layersDown } from './layers.ts'
import { data, fullName, nodeById, nodes } from './model.ts'
import { Dot, Empty, layerOf, layers, Name, NodeLink, Title } from './parts.tsx'
import { type Route, replaceRoute, to } from './route.ts'
import { curve, Viewport } from './viewport.tsx'
import { around } from './way.ts'

/** The dependencies of tables: layers, all tables, or those around one. */
export function LineagePage({ route }: { route: Route }) {
  const center = nodeById.get(route.parts[1] ?? '')
  if (center) return <Around node={center} depth={depthOf(route)} />
  return route.query.has('all') ? <Whole /> : <Start />
}

// A box per layer, and a search for a table.
function Start() {
  const layers = useMemo(() => layersDown(), [])
  const { placed, boxes } = useMemo(() => placedLayers(layers), [layers])
  return (
    <div class="page wide">
      <Title
        lead={`${plural(nodes.length, 'table')}, from the feed at the left to the answers at the right. Choose a table to see what it reads.`}
      >
        Lineage
      </Title>
      {nodes.length === 0 ? (
        <Empty>The project has no table to show.</Empty>
      ) : (
        <>
          <Finder />
          <div class="for-desk">
            <LayerGraph placed={placed} boxes={boxes} />
          </div>
          <div class="layers">
            {layers.map((layer, at) => (
              <details key={layer.name} class={`layer ${layer.tone}`} open={at === 0} id={`layer-${at}`}>
                <summary>
                  <span class="strong">{layer.name}</span>
                  <span class="muted small">{plural(layer.nodes.length, 'table')}</span>
                </summary>
                <ul class="plain names">
                  {layer.nodes.map(node => (
                    <li key={node.uniqueId}>
                      <a class="mono" href={to(['lineage', node.uniqueId])}>
                        <Name text={node.name} />
                      </a>
                    </li>
                  ))}
                </ul>
              </details>
            ))}
          </div>
          <p class="for-desk facts">
            <a href={to(['lineage'], { all: 1 })}>All {plural(nodes.length, 'table')} in one graph</a>
          </p>
        </>
      )}
    </div>
  )
}

// Goes to the typed or chosen table.
function Finder() {
  const go = (text: string) => {
    const node = nodes.find(one => fullName(one) === text) ?? nodes.find(one => one.name === text)
    if (node) location.hash = to(['lineage', node.uniqueId]).slice(1)
  }
  return (
    <form
      class="finder"
      onSubmit={event => {
        event.preventDefault()
        go((event.currentTarget.elements.namedItem('table') as HTMLInputElement).value)
      }}
    >
      <label class="control">
        Find a table{' '}
        <input
          type="search"
          name="table"
          list="tables"
          autocomplete="off"
          placeholder="marts.spend"
          onInput={event => go(event.currentTarget.value)}
        />
      </label>
      <datalist id="tables">
        {nodes.map(node => (
          <option key={node.uniqueId} value={fullName(node)} />
        ))}
      </datalist>
    </form>
  )
}

function placedLayers(layers: Layer[]) {
  const layerOfNode = new Map(layers.flatMap((layer, at) => layer.nodes.map((node): [string, number] => [node.uniqueId, at])))
  const links = new Map<string, [string, string]>()
  for (const node of nodes)
    for (const parent of node.dependsOn) {
      const [from, end] = [layerOfNode.get(parent), layerOfNode.get(node.uniqueId)]
      // From the feed to the answers: the few links backwards (an errors table that a model reads) would make cycles of layers.
      if (from !== undefined && end !== undefined && from > end) links.set(`${from} ${end}`, [String(from), String(end)])
    }
  const boxes = new Map(layers.map((layer, at) => [String(at), layer]))
  const sized = layers.map((layer, at) => ({ id: String(at), width: Math.max(150, widthOf(layer.name) + 50), height: 46 }))
  return { placed: place(sized, links.values(), [80, 26]), boxes }
}

function LayerGraph({ placed, boxes }: { placed: Placed; boxes: Map<string, Layer> }) {
  const open = (id: string) => {
    const card = document.getElementById(`layer-${id}`) as HTMLDetailsElement
    card.open = true
    card.scrollIntoView({ block: 'start' })
    card.querySelector('summary')?.focus()
  }
  return (
    <Viewport label="Layers" fits={[placed.width, placed.height]}>
      <g class="lines" aria-hidden="true">
        {placed.lines.map(line => (
          <path key={`${line.from} ${line.to}`} d={curve(ends(placed, line.from, line.to, line.through))} />
        ))}
      </g>
      {Object.entries(placed.boxes).map(([id, [x, y, width, height]]) => {
        const layer = boxes.get(id)!
        return (
          <g
            key={id}
            role="button"
            tabIndex={0}
            class={`box ${layer.tone}`}
            onClick={() => open(id)}
            onKeyDown={event => {
              if (event.key !== 'Enter' && event.key !== ' ') return
              event.preventDefault()
              open(id)
            }}
          >
            <rect x={x} y={y} width={width} height={height} rx="7" />
            <circle cx={x + 15} cy={y + 17} r="4" />
            <text class="name" x={x + 27} y={y + 21}>
              {layer.name}
            </text>
            <text class="rest" x={x + 27} y={y + 37}>
              {plural(layer.nodes.length, 'table')}
            </text>
          </g>
        )
      })}
    </Viewport>
  )
}

/** The graph around a node, for its own page. */
export function Neighbours({ node, depth, tall = false }: { node: DocsNode; depth: number; tall?: boolean }) {
  const placed = useMemo(() => placedOf([...around(node.uniqueId, depth, above, below)]), [node, depth])
  return <Graph placed={placed} center={node.uniqueId} tall={tall && placed.height > 440} label={`Lineage around ${fullName(node)}`} />
}

function Whole() {
  const [hidden, hide] = useState<Set<string>>(new Set())
  const shown = nodes.filter(node => !hidden.has(layerOf(node)))
  const placed = useMemo(() => (hidden.size === 0 ? data.placed : placeProject(shown)), [hidden])
  const toggle = (layer: string) => {
    const next = new Set(hidden)
    if (!next.delete(layer)) next.add(layer)
    hide(next)
  }
  return (
    <div class="page wide">
      <Title
        eyebrow={<a href={to(['lineage'])}>Lineage</a>}
        lead={`${plural(shown.length, 'table')} from the feed to the answers. A table that is also read through another table has no line of its own.`}
      >
        All tables
      </Title>
      {nodes.length === 0 ? (
        <Empty>The project has no table to show.</Empty>
      ) : (
        <Graph placed={placed} tall label="Lineage of the project" />
      )}
      <fieldset class="legend">
        <legend class="hidden">Layers shown</legend>
        {legend().map(([layer, name]) => (
          <button type="button" key={layer + name} aria-pressed={!hidden.has(layer)} onClick={() => toggle(layer)}>
            <span class={`dot ${layer}`} aria-hidden="true" />
            {name}
          </button>
        ))}
      </fieldset>
      <AsList shown={shown} />
    </div>
  )
}

function Around({ node, depth }: { node: DocsNode; depth: number }) {
  const id = node.uniqueId
  const before = around(id, depth, above, () => [])
  const after = around(id, depth, () => [], below)
  return (
    <div class="page wide">
      <Title
        eyebrow={<a href={to(['lineage'])}>Lineage</a>}
        lead={
          <span class="controls">
            <DepthControl id={id} depth={depth} /> <a href={to(['node', id])}>Its columns, rows and SQL</a>
          </span>
        }
      >
        <Dot node={node} />
        <span class="mono">{fullName(node)}</span>
      </Title>
      <div class="for-desk">
        <Neighbours node={node} depth={depth} tall />
      </div>
      <div class="columns-2">
        <Ids name="Reads" ids={[...before].filter(one => one !== id)} />
        <Ids name="Read by" ids={[...after].filter(one => one !== id)} />
      </div>
    </div>
  )
}

function DepthControl({ id, depth }: { id: string; depth: number }) {
  const levels = ['1', '2', '3', '5', '99'].map(value => [value, value === '99' ? 'all' : value] as const)
  return (
    <label class="control">
      Steps in each direction{' '}
      <select value={String(depth)} onChange={event => replaceRoute(to(['lineage', id], { depth: event.currentTarget.value }))}>
        {levels.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

function Ids({ name, ids }: { name: string; ids: string[] }) {
  return (
    <section class="section" aria-label={name}>
      <h2>
        {name} <span class="muted">{count(ids.length)}</span>
      </h2>
      {ids.length === 0 ? (
        <Empty>{name === 'Reads' ? 'It reads no other table.' : 'No table reads it.'}</Empty>
      ) : (
        <ul class="plain">
          {ids.map(id => (
            <li key={id}>
              <NodeLink id={id} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function AsList({ shown }: { shown: DocsNode[] }) {
  const [open, setOpen] = useState(false)
  return (
    <details onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>The same as a list</summary>
      {open && (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th>Table</th>
                <th>Reads</th>
                <th>Read by</th>
              </tr>
            </thead>
            <tbody>
              {shown.map(node => (
                <tr key={node.uniqueId}>
                  <td>
                    <NodeLink id={node.uniqueId} />
                  </td>
                  <td>{list(node.dependsOn)}</td>
                  <td>{list(node.usedBy)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  )
}

function list(ids: string[]) {
  return ids.map(id => (
    <span key={id}>
      <NodeLink id={id} />{' '}
    </span>
  ))
}

function legend(): [layer: string, name: string][] {
  const fixed: [string, string][] = []
  if (data.sources.length > 0) fixed.push(['layer-source', 'sources'])
  if (data.nodes.some(node => node.resourceType === 'seed')) fixed.push(['layer-seed', 'seeds'])
  return [...fixed, ...[...layers].map(([schema, letter]): [string, string] => [`layer-${letter}`, schema])]
}

function placedOf(ids: string[]) {
  const chosen = ids.flatMap(id => nodeById.get(id) ?? [])
  const links = chosen.flatMap(node => node.dependsOn.map((id): [string, string] => [id, node.uniqueId]))
  return place(chosen.map(nodeBox), links)
}

function depthOf({ query }: Route): number {
  const depth = Number(query.get('depth'))
  return Number.isInteger(depth) && depth > 0 ? depth : 1
}
