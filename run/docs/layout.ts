import { Graph, layout } from '@dagrejs/dagre'

/** What is to be placed: ids must differ. */
export interface Box {
  id: string
  width: number
  height: number
}

/** Boxes with their top left corners, and where each line passes the layers between its boxes; whole pixels. */
export interface Placed {
  width: number
  height: number
  boxes: Record<string, [x: number, y: number, width: number, height: number]>
  lines: { from: string; to: string; through: [x: number, y: number][] }[]
}

/**
 * Boxes in layers from left to right, each line pointing right where there is no circle. `gap`: between layers, and between boxes of one.
 */
export function place(boxes: Box[], links: Iterable<[from: string, to: string]>, gap: [number, number] = [64, 14]): Placed {
  const graph = new Graph()
  // The exact ranking takes minutes for a thousand boxes, the simple one a second.
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

/** How wide a text of the monospaced 12 px font is, near enough. */
export function widthOf(text: string): number {
  return Math.ceil([...text].length * 7.3)
}

// The library gives a point at each layer and one between each two. Only the layers matter, and a line is level while it passes one.
function throughLayers(points: { x: number; y: number }[]): [number, number][] {
  return points
    .filter((_, at) => at > 0 && at < points.length - 1 && at % 2 === 0)
    .flatMap(({ x, y }): [number, number][] => [
      [Math.round(x) - LEVEL, Math.round(y)],
      [Math.round(x) + LEVEL, Math.round(y)],
    ])
}

const LEVEL = 55
