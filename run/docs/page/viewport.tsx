import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'

interface Transform {
  x: number
  y: number
  scale: number
}

/**
 * An SVG that drag, arrows and touch move, and wheel, pinch, + and - scale. A focused element is scrolled into view. `fits` is the size of
 * the drawing; `tall` gives it the height of the window, and enables the wheel; `whole` gives it the height of the drawing.
 */
export function Viewport(props: {
  label: string
  fits: [number, number]
  tall?: boolean
  whole?: boolean
  start?: string | undefined
  children: ComponentChildren
}) {
  const { label, fits, tall = false, whole = false, start, children } = props
  const svg = useRef<SVGSVGElement>(null)
  const group = useRef<SVGGElement>(null)
  const at = useRef<Transform>({ x: 0, y: 0, scale: 1 })

  const apply = (next: Transform) => {
    at.current = next
    group.current?.setAttribute('transform', `translate(${next.x} ${next.y}) scale(${next.scale})`)
  }
  const zoom = (factor: number, center?: [number, number]) => {
    const box = svg.current!.getBoundingClientRect()
    const [cx, cy] = center ?? [box.width / 2, box.height / 2]
    const { x, y, scale } = at.current
    const next = Math.min(3, Math.max(0.04, scale * factor))
    apply({ x: cx - ((cx - x) * next) / scale, y: cy - ((cy - y) * next) / scale, scale: next })
  }
  const fit = () => {
    const box = svg.current!.getBoundingClientRect()
    const pad = 24
    const foot = tall ? 0 : 24
    const scale = Math.max(0.04, Math.min(1, (box.width - 2 * pad) / fits[0], (box.height - 2 * pad - foot) / fits[1]))
    apply({ x: (box.width - fits[0] * scale) / 2, y: (box.height - foot - fits[1] * scale) / 2, scale })
  }
  // Where the whole drawing would be too small to read, a view begins at its subject, in a readable size.
  const begin = () => {
    const frame = svg.current!.parentElement!
    if (!tall)
      frame.style.height = `${whole ? fits[1] * Math.min(1, (frame.clientWidth - 48) / fits[0]) + 64 : heightOf(fits, frame.clientWidth)}px`
    fit()
    if (at.current.scale >= 0.5) return
    const box = svg.current!.getBoundingClientRect()
    const target = start ? boxOf(group.current!, start) : undefined
    const scale = 0.72
    if (target)
      apply({ x: box.width / 2 - (target.x + target.width / 2) * scale, y: box.height / 2 - (target.y + target.height / 2) * scale, scale })
    else {
      const middle = middleOfLeft(group.current!, box.width / scale) ?? fits[1] / 2
      const y = fits[1] * scale < box.height ? (box.height - fits[1] * scale) / 2 : box.height / 2 - middle * scale
      apply({ x: Math.max(24, (box.width - fits[0] * scale) / 2), y, scale })
    }
  }
  useLayoutEffect(begin, [fits[0], fits[1], start])

  useEffect(() => {
    const element = svg.current!
    const wheel = (event: WheelEvent) => {
      if (!tall && !event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      const box = element.getBoundingClientRect()
      zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), [event.clientX - box.left, event.clientY - box.top])
    }
    element.addEventListener('wheel', wheel, { passive: false })
    const stop = dragging(element, (dx, dy) => apply({ ...at.current, x: at.current.x + dx, y: at.current.y + dy }), zoom)
    return () => {
      element.removeEventListener('wheel', wheel)
      stop()
    }
  })

  const key = (event: KeyboardEvent) => {
    const move = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key]
    if (move && event.target === svg.current) apply({ ...at.current, x: at.current.x + move[0]!, y: at.current.y + move[1]! })
    else if (event.key === '+' || event.key === '=') zoom(1.25)
    else if (event.key === '-') zoom(0.8)
    else if (event.key === '0') fit()
    else return
    event.preventDefault()
  }
  const reveal = (event: FocusEvent) => {
    const target = event.target as Element
    if (target === svg.current || !target.matches(':focus-visible')) return
    const view = svg.current!.getBoundingClientRect()
    const box = target.getBoundingClientRect()
    const dx = box.left < view.left ? view.left - box.left + 20 : box.right > view.right ? view.right - box.right - 20 : 0
    const dy = box.top < view.top ? view.top - box.top + 20 : box.bottom > view.bottom ? view.bottom - box.bottom - 20 : 0
    if (dx || dy) apply({ ...at.current, x: at.current.x + dx, y: at.current.y + dy })
  }
  return (
    <div class={`viewport ${tall ? 'tall' : ''}`}>
      <svg
        ref={svg}
        role="group"
        aria-label={`${label}. Arrow keys move it, plus and minus zoom, Tab goes through its links.`}
        tabIndex={0}
        onKeyDown={key}
        onFocusIn={reveal}
      >
        <g ref={group}>{children}</g>
      </svg>
      <div class="zoom">
        <button type="button" onClick={() => zoom(1.3)} aria-label="Larger">
          +
        </button>
        <button type="button" onClick={() => zoom(0.77)} aria-label="Smaller">
          −
        </button>
        <button type="button" onClick={fit} aria-label="Show all">
          ⤢
        </button>
      </div>
    </div>
  )
}

/** A smooth line through points from left to right. */
export function curve(points: [number, number][]): string {
  const [first, ...rest] = points
  if (!first) return ''
  let [x, y] = first
  let path = `M${x} ${y}`
  for (const [nextX, nextY] of rest) {
    const middle = (x + nextX) / 2
    path += `C${middle} ${y} ${middle} ${nextY} ${nextX} ${nextY}`
    x = nextX
    y = nextY
  }
  return path
}

// The height of the drawing when it fits the width, with room for the buttons.
function heightOf([width, height]: [number, number], room: number): number {
  const scale = Math.min(1, (room - 48) / width)
  return Math.min(560, Math.max(190, (scale < 0.5 ? 0.72 : scale) * height + 84))
}

function boxOf(group: SVGGElement, id: string): DOMRect | undefined {
  for (const child of group.querySelectorAll<SVGGraphicsElement>('[data-id]')) if (child.dataset.id === id) return child.getBBox()
  return undefined
}

// The mean height of the boxes that a view of this width shows first.
function middleOfLeft(group: SVGGElement, width: number): number | undefined {
  const boxes = [...group.querySelectorAll<SVGGraphicsElement>('[data-id]')].map(child => child.getBBox()).filter(({ x }) => x < width)
  return boxes.length === 0 ? undefined : boxes.reduce((sum, { y, height }) => sum + y + height / 2, 0) / boxes.length
}

// One finger or the mouse moves, two fingers scale. A click at the end of a drag is ignored.
function dragging(
  element: SVGSVGElement,
  move: (dx: number, dy: number) => void,
  zoom: (factor: number, center: [number, number]) => void,
): () => void {
  const pointers = new Map<number, [number, number]>()
  let way = 0
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return
    pointers.set(event.pointerId, [event.clientX, event.clientY])
    way = 0
  }
  const moved = (event: PointerEvent) => {
    const before = pointers.get(event.pointerId)
    if (!before) return
    const dx = event.clientX - before[0]
    const dy = event.clientY - before[1]
    const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place)
    if (other) {
      const box = element.getBoundingClientRect()
      const distance = (place: [number, number]) => Math.hypot(place[0] - other[0], place[1] - other[1]) || 1
      zoom(distance([event.clientX, event.clientY]) / distance(before), [other[0] - box.left, other[1] - box.top])
    } else move(dx, dy)
    way += Math.abs(dx) + Math.abs(dy)
    pointers.set(event.pointerId, [event.clientX, event.clientY])
  }
  const up = (event: PointerEvent) => pointers.delete(event.pointerId)
  const click = (event: Event) => {
    if (way < 6) return
    event.preventDefault()
    event.stopPropagation()
  }
  const noDrag = (event: Event) => event.preventDefault()
  element.addEventListener('pointerdown', down)
  element.addEventListener('dragstart', noDrag)
  element.addEventListener('click', click, true)
  addEventListener('pointermove', moved)
  addEventListener('pointerup', up)
  addEventListener('pointercancel', up)
  return () => {
    element.removeEventListener('pointerdown', down)
    element.removeEventListener('dragstart', noDrag)
    element.removeEventListener('click', click, true)
    removeEventListener('pointermove', moved)
    removeEventListener('pointerup', up)
    removeEventListener('pointercancel', up)
  }
}
