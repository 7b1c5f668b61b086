import type { DocsEdge, DocsLineage } from '../shape.ts'

/** A part of column lineage: fields with their distance from the start (negative: upstream), and the edges between them. */
export interface Way {
  distance: Map<number, number>
  edges: DocsEdge[]
}

/** Edges by their start and by their end. */
export interface Ways {
  into: Map<number, DocsEdge[]>
  out: Map<number, DocsEdge[]>
}

/** Indexes the edges for traversal. `twinOf` maps each field, by index, to its representative; edges that become equal are merged. */
export function waysOf(lineage: DocsLineage, twinOf?: number[]): Ways {
  const into = new Map<number, DocsEdge[]>()
  const out = new Map<number, DocsEdge[]>()
  const seen = new Set<string>()
  for (const [a, b, kind] of lineage.edges) {
    const edge: DocsEdge = [twinOf?.[a] ?? a, twinOf?.[b] ?? b, kind]
    const key = edge.join(' ')
    if (seen.has(key)) continue
    seen.add(key)
    push(out, edge[0], edge)
    push(into, edge[1], edge)
  }
  return { into, out }
}

/** The whole lineage of some fields in both directions. Conditions (which only decide about rows) are followed on request. */
export function wayOf(ways: Ways, starts: number[], withConditions: boolean): Way {
  const distance = new Map(starts.map(field => [field, 0]))
  const edges = new Set<DocsEdge>()
  for (const [map, end, step] of [[ways.into, 0, -1] as const, [ways.out, 1, 1] as const]) {
    let front = starts
    const seen = new Set(starts)
    for (let far = step; front.length > 0; far += step) {
      const next: number[] = []
      for (const field of front)
        for (const edge of map.get(field) ?? []) {
          if (edge[2] === 'condition' && !withConditions) continue
          edges.add(edge)
          const other = edge[end]
          if (seen.has(other)) continue
          seen.add(other)
          if (!distance.has(other)) distance.set(other, far)
          next.push(other)
        }
      front = next
    }
  }
  return { distance, edges: [...edges] }
}

/** Ids within a number of steps, in both directions. */
export function around(start: string, depth: number, above: (id: string) => string[], below: (id: string) => string[]): Set<string> {
  const found = new Set([start])
  for (const next of [above, below]) {
    let front = [start]
    const seen = new Set(front)
    for (let step = 0; step < depth && front.length > 0; step++) {
      front = [...new Set(front.flatMap(next))].filter(id => !seen.has(id))
      for (const id of front) {
        seen.add(id)
        found.add(id)
      }
    }
  }
  return found
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
