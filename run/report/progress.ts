import { createRequire } from 'node:module'
import type { SingleBar } from 'cli-progress'
import { inOneLine } from '../base/sanitize.ts'
import type { Node } from '../manifest/node.ts'

/** The display below a terminal's lines while nodes run: a bar for each type of node, and the running nodes with their start. */
export interface Live {
  /** A line above the bars. */
  line(text: string): void
  began(node: Pick<Node, 'resourceType'>, title: string): void
  ended(node: Pick<Node, 'resourceType'>, isFailed: boolean): void
  stop(): void
}

/** Loads the progress-bar library, only for a terminal. */
export function progressBars() {
  return createRequire(import.meta.url)('cli-progress') as typeof import('cli-progress')
}

/** Draws the display for the nodes of a run. The bars are removed at the end, before the summary. */
export function liveView(all: Pick<Node, 'resourceType' | 'config'>[], stream: NodeJS.WritableStream): Live {
  const nodes = all.filter(({ config }) => config.materialized !== 'ephemeral')
  const types = order.filter(type => nodes.some(node => node.resourceType === type))
  const bars = new (progressBars().MultiBar)({
    format: '{title} {bar} {value}/{total}{note}',
    stream,
    hideCursor: true,
    clearOnComplete: true,
    // Lines above the bars may be long; the bars themselves are cut to fit.
    linewrap: true,
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    // The command itself handles Ctrl-C.
    gracefulExit: false,
    emptyOnZero: true,
    forceRedraw: true,
  })
  const width = Math.max(...types.map(type => titles[type]!.length))
  const shown = new Map<string, { bar: SingleBar; failed: number }>()
  for (const type of types) {
    const total = nodes.filter(node => node.resourceType === type).length
    shown.set(type, { bar: bars.create(total, 0, { title: titles[type]!.padEnd(width), note: '' }), failed: 0 })
  }
  let running: { type: string; title: string; since: number } | undefined
  const timer = setInterval(tick, 200)
  timer.unref()
  bars.on('redraw-pre', tick)
  return {
    // Each line clears the rest of a bar to its right.
    line: text => bars.log(`${text}\n`.replaceAll('\n', '\u001b[K\n')),
    began({ resourceType: type }, title) {
      running = { type, title: inOneLine(title), since: performance.now() }
    },
    ended({ resourceType: type }, isFailed) {
      const one = shown.get(type)
      if (!one) return
      one.bar.increment()
      if (isFailed) one.failed++
      if (running?.type === type) running = undefined
      note(type)
    },
    stop() {
      clearInterval(timer)
      // Lines since the last drawing would be lost.
      bars.update()
      bars.stop()
    },
  }

  function tick(): void {
    for (const type of types) note(type)
  }

  function note(type: string): void {
    const one = shown.get(type)!
    const failed = one.failed > 0 ? `  ${one.failed} failed` : ''
    const seconds = running?.type === type ? Math.floor((performance.now() - running.since) / 1000) : 0
    const now = running?.type === type ? `  ${running.title}${seconds > 0 ? ` ${seconds}s` : ''}` : ''
    one.bar.update({ note: cut(`${failed}${now}`, width) })
  }

  function cut(text: string, title: number): string {
    const columns = (stream as NodeJS.WriteStream).columns ?? 80
    const room = Math.max(0, columns - title - 38)
    return text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text
  }
}

const order = ['seed', 'model', 'snapshot', 'unit_test', 'test', 'report']
const titles: Record<string, string> = {
  seed: 'seeds',
  model: 'models',
  snapshot: 'snapshots',
  unit_test: 'unit tests',
  test: 'data tests',
  report: 'reports',
}
