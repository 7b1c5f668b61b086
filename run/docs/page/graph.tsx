import { useMemo, useState } from 'preact/hooks'
import type { Placed } from '../layout.ts'
import { labelOf } from '../pagedata.ts'
import type { DocsNode } from '../shape.ts'
import { fullName, kindOf, nodeById } from './model.ts'
import { layerOf } from './parts.tsx'
import { to } from './route.ts'
import { curve, Viewport } from './viewport.tsx'
import { around } from './way.ts'

/** Nodes and their dependencies, from left to right. A node links to the graph around it; hovering highlights its lineage. */
export function Graph({ placed, label, center, tall = false }: { placed: Placed; label: string; center?: string; tall?: boolean }) {
  const [pointed, point] = useState<string>()
  const lit = useMemo(() => (pointed ? around(pointed, Number.POSITIVE_INFINITY, above, below) : undefined), [pointed])
  const isLit = (...ids: string[]) => lit === undefined || ids.every(id => lit.has(id))
  return (
    <Viewport label={label} fits={[placed.width, placed.height]} tall={tall} start={center}>
      <g class="lines" aria-hidden="true">
        {placed.lines.map(({ from, to: end, through }) => (
          <path key={`${from} ${end}`} class={isLit(from, end) ? (lit ? 'lit' : '') : 'dim'} d={curve(ends(placed, from, end, through))} />
        ))}
      </g>
      {Object.entries(placed.boxes).map(([id, [x, y, width, height]]) => {
        const node = nodeById.get(id)
        if (!node) return null
        return (
          <a
            key={id}
            data-id={id}
            href={to(['lineage', id])}
            class={`box ${layerOf(node)} ${id === center ? 'center' : ''} ${isLit(id) ? '' : 'dim'}`}
            aria-label={spoken(node)}
            {...(id === center ? { 'aria-current': 'true' as const } : {})}
            onMouseEnter={() => point(id)}
            onMouseLeave={() => point(undefined)}
            onFocus={() => point(id)}
            onBlur={() => point(undefined)}
          >
            <rect x={x} y={y} width={width} height={height} rx="6" />
            <circle cx={x + 14} cy={y + height / 2} r="4" />
            <text x={x + 25} y={y + height / 2 + 4}>
              {labelOf(node)}
            </text>
          </a>
        )
      })}
    </Viewport>
  )
}

/** Ids of a node's parents and children: sources, seeds, models, snapshots. */
export const above = (id: string): string[] => nodeById.get(id)?.dependsOn ?? []
export const below = (id: string): string[] => nodeById.get(id)?.usedBy ?? []

/** The points of a line: from the middle of a box's right side to the left of the other box. */
export function ends({ boxes }: Placed, from: string, end: string, through: [number, number][]): [number, number][] {
  const [a, b] = [boxes[from]!, boxes[end]!]
  return [[a[0] + a[2], a[1] + a[3] / 2], ...through, [b[0], b[1] + b[3] / 2]]
}

function spoken(node: DocsNode): string {
  return `${fullName(node)}, ${kindOf(node)}, reads ${node.dependsOn.length}, read by ${node.usedBy.length}`
}
