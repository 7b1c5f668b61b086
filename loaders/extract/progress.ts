import type { Clock } from './clock.ts'

/** Events during an extraction, for display. Their texts contain no secrets. */
export type ExtractEvent =
  | ({ kind: 'walked' } & Walked)
  | { kind: 'waiting'; source: string; milliseconds: number; reason: string }
  | { kind: 'notice'; text: string }

/** The progress of a walk. */
export interface Walked {
  source: string
  entity: string
  part: string
  /** Number of the walk, as lists may be walked again. */
  walk: number
  /** Pages, or records requested one by one. */
  pages: number
  /** The expected total: exact for single records, else the last total; undefined when unknown. */
  of: number | undefined
  rows: number
  rowsPerSecond: number
  millisecondsLeft: number | undefined
  /** Whether it is finished: now, or by an earlier run of the day (`isKept`). */
  isDone: boolean
  isKept: boolean
}

/** Measures the walks of one part, and reports each page. */
export interface Meter {
  /** A walk begins, the first one or a repetition. */
  begin(): void
  page(pages: number, rows: number): void
  done(pages: number, rows: number, isKept?: boolean): void
}

/** A meter of a part. */
export function createMeter(
  { source, entity, part, of }: Pick<Walked, 'source' | 'entity' | 'part' | 'of'>,
  clock: Clock,
  emit: (event: ExtractEvent) => void,
): Meter {
  let began = clock.now()
  let walk = 0
  return {
    begin() {
      began = clock.now()
      walk += 1
    },
    page: (pages, rows) => tell(pages, rows, false, false),
    done: (pages, rows, isKept = false) => tell(pages, rows, true, isKept),
  }

  function tell(pages: number, rows: number, isDone: boolean, isKept: boolean): void {
    const took = clock.now() - began
    const left = of === undefined || pages === 0 || isDone ? undefined : Math.max(0, of - pages) * (took / pages)
    const rowsPerSecond = took > 0 ? (rows * 1000) / took : 0
    emit({ kind: 'walked', source, entity, part, walk, pages, of, rows, rowsPerSecond, millisecondsLeft: left, isDone, isKept })
  }
}

/** An event in a line. */
export function eventLine(event: ExtractEvent): string {
  if (event.kind === 'notice') return event.text
  if (event.kind === 'waiting') return `Waiting ${duration(event.milliseconds)} after ${event.reason}`
  const { source, entity, part, walk, pages, of, rows, rowsPerSecond, millisecondsLeft: left, isDone, isKept } = event
  const name = `${source} ${entity}${part === 'all' ? '' : ` (${part})`}`
  const counted = `${of === undefined || isDone ? plural(pages, 'page') : `${pages} of ${plural(Math.max(of, pages), 'page')}`}, ${plural(rows, 'row')}`
  if (isKept) return `${name}: ${counted}, read by an earlier run`
  if (isDone) return `${name}: ${counted}, complete`
  const rate = rowsPerSecond > 0 ? `, ${rowsPerSecond.toFixed(1)} rows/s` : ''
  return `${name}${walk > 1 ? `, walk ${walk}` : ''}: ${counted}${rate}${left === undefined ? '' : `, ${duration(left)} left`}`
}

/** `45 s`, `9 min`, `2 h 5 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  if (seconds < 90) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
