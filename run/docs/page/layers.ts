import { groupBy } from '../group.ts'
import type { DocsNode } from '../shape.ts'
import { nodes } from './model.ts'
import { layerOf, layers } from './parts.tsx'

/** Tables of one schema, or the seeds, or the sources. */
export interface Layer {
  name: string
  /** The class of its colour. */
  tone: string
  nodes: DocsNode[]
}

/** The layers from the answers down to the feed: schemas by their distance from the feed, then seeds, then sources by name. */
export function layersDown(shown: DocsNode[] = nodes): Layer[] {
  const order = [...layers.keys()].reverse()
  const groups = groupBy(shown, nameOfLayer)
  const rank = (name: string) => {
    const at = order.indexOf(name)
    return at >= 0 ? at : name === SEEDS ? order.length : order.length + 1
  }
  return [...groups]
    .map(([name, list]) => ({ name, tone: layerOf(list[0]!), nodes: list.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }))
    .sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1))
}

/** The name of a node's layer. */
export function nameOfLayer(node: DocsNode): string {
  if (node.resourceType === 'source') return `${node.sourceName ?? node.schema} (source)`
  return node.resourceType === 'seed' ? SEEDS : node.schema
}

const SEEDS = 'seeds'
