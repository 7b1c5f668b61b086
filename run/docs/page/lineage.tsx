import { useMemo, useState } from 'preact/hooks'
import { place } from '../layout.ts'
import { nodeBox, placeProject } from '../pagedata.ts'
import type { DocsNode } from '../shape.ts'
import { count, plural } from './format.ts'
import { above, below, Graph } from './graph.tsx'
import { data, fullName, nodeById, nodes } from './model.ts'
import { Dot, Empty, layerOf, layers, NodeLink, Title } from './parts.tsx'
import { type Route, replaceRoute, to } from './route.ts'
import { around } from './way.ts'

/** The graph of nodes: of the whole project, or around one. */
export function LineagePage({ route }: { route: Route }) {
  const center = nodeById.get(route.parts[1] ?? '')
  return center ? <Around node={center} depth={depthOf(route)} /> : <Whole />
}

/** The graph around a node, for the node's own page. */
export function Neighbours({ node, depth, tall = false }: { node: DocsNode; depth: number; tall?: boolean }) {
  const placed = useMemo(() => placedOf([...around(node.uniqueId, depth, above, below)]), [node, depth])
  return <Graph placed={placed} center={node.uniqueId} tall={tall} label={`Lineage around ${fullName(node)}`} />
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
        lead={`${plural(shown.length, 'table')} from the feed to the answers. What is read through another table too has no line of its own.`}
      >
        Lineage
      </Title>
      {nodes.length === 0 ? <Empty>There is no node to show.</Empty> : <Graph placed={placed} tall label="Lineage of the project" />}
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
            <DepthControl id={id} depth={depth} /> <a href={to(['node', id])}>Open its page</a>
          </span>
        }
      >
        <Dot node={node} />
        <span class="mono">{fullName(node)}</span>
      </Title>
      <Neighbours node={node} depth={depth} tall />
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
        <Empty>Nothing.</Empty>
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
  return Number.isInteger(depth) && depth > 0 ? depth : 2
}
