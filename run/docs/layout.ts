import { Graph, layout } from '@dagrejs/dagre'

/** A box to place; its id must be unique. */
export interface Box {
  id: string
  width: number
  height: number
}

/** Boxes with their top left corners, and the points where each line crosses the layers in between; whole pixels. */
export interface Placed {
  width: number
  height: number
  boxes: Record<string, [x: number, y: number, width: number, height: number]>
  lines: { from: string; to: string; through: [x: number, y: number][] }[]
}

/**
 * Places boxes in layers from left to right; without cycles every line points right. `gap`: between layers, and between boxes of a layer.
 */
export function place(boxes: Box[], links: Iterable<[from: string, to: string]>, gap: [number, number] = [64, 14]): Placed {
  const graph = new Graph()
  // For a thousand boxes the exact ranking takes minutes, the simple one a second.
  const ranker = boxes.length > 250 ? 'longest-path' : 'network-simplex'
  graph.setGraph({ rankdir: 'LR', ranksep: gap[0], nodesep: gap[1], edgesep: 8, ranker })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height })
  for (const [from, to] of links) if (from !== to && graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to)
  if (boxes.length > 0) layout(graph)
  const size = graph.graph() as { width?: number; height?: number }
  return {
    width: Math.ceil(size.width ?? 0),
    height: Math.ceil(size.height ?? 0),
    boxes: Object.fromEntries(
      boxes.map(({ id, width, height }) => {
        const { x, y } = graph.node(id) as { x: number; y: number }
        return [id, [Math.round(x - width / 2), Math.round(y - height / 2), width, height]]
      }),
    ),
    lines: (graph.edges() as { v: string; w: string }[]).map(edge => {
      const { points } = graph.edge(edge) as { points: { x: number; y: number }[] }
      return { from: edge.v, to: edge.w, through: throughLayers(points) }
    }),
  }
}

/** Approximate width of a text in the monospaced 12 px font. */
export function widthOf(text: string): number {
  return Math.ceil([...text].length * 7.3)
}

// The library gives a point at each layer and one in between. Only the layers matter, and lines cross them horizontally.
function throughLayers(points: { x: number; y: number }[]): [number, number][] {
  return points
    .filter((_, at) => at > 0 && at < points.length - 1 && at % 2 === 0)
    .flatMap(({ x, y }): [number, number][] => [
      [Math.round(x) - LEVEL, Math.round(y)],
      [Math.round(x) + LEVEL, Math.round(y)],
    ])
}

const LEVEL = 55
