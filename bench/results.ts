import { decimal, ratio, spread, times } from './figures.ts'
import type { Machine } from './machine.ts'

/** A goal of the benchmark, `P1` to `P11`. */
export type GoalId = `P${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11}` | 'P1B'

/** The measurement of a goal. */
export interface Measured {
  /** In short: `0.72 × the floor`. */
  measured: string
  /** Whether the goal is met; null when it was not measured. */
  isMet: boolean | null
  lines: Line[]
  /** Notes on how it was measured. */
  notes: string[]
}

/** Something that was run, and its time in each run. */
export interface Line {
  what: string
  seconds?: number[]
  /** The seconds of its reference. */
  against?: number[]
  /** The peak memory in MB of each run. */
  megabytes?: number[]
  note?: string
}

/** A measurement and its origin. */
export interface Result extends Measured {
  date: string
  commit: string
  machine: Machine
  /** 1 is the size in the goals. */
  scale: number
  /** The seconds of the whole measurement. */
  seconds: number
}

/** The available results. */
export type Results = Partial<Record<GoalId, Result>>

/** Names and descriptions of the goals. */
export type Goals = Partial<Record<GoalId, { what: string; goal: string }>>

/** The results as Markdown: a table of the goals, why some are missed, and the runs for each. */
export function render(goals: Goals, results: Results, reasons: Partial<Record<GoalId, string>>, more = ''): string {
  const ids = (Object.keys(goals) as GoalId[]).sort()
  const there = ids.flatMap(id => (results[id] ? [{ id, ...goals[id]!, ...results[id] }] : []))
  const missed = there.filter(({ isMet }) => isMet === false)
  return `${[
    '# Benchmark',
    'Written by `npm run bench` and `npm run bench:peers`; the goals stand beside what was measured. Seconds are of whole processes, the median and in brackets the least and the greatest of the runs; absolute figures differ from machine to machine, ratios of one run hardly do.',
    whereFrom(there),
    table(
      ['', 'what', 'goal', 'measured', ''],
      ids.map(id => [id, goals[id]!.what, goals[id]!.goal, results[id]?.measured ?? 'not measured yet', verdict(results[id]?.isMet)]),
    ),
    ...(missed.length > 0
      ? ['## Missed, and why', missed.map(({ id }) => `- **${id}**: ${reasons[id]?.trim() ?? '(not explained yet)'}`).join('\n')]
      : []),
    ...there.map(section),
    more,
  ]
    .filter(Boolean)
    .join('\n\n')}\n`
}

function verdict(isMet: boolean | null | undefined): string {
  return isMet === true ? 'reached' : isMet === false ? '**missed**' : '–'
}

/** One list when all results are from one run; differences are in the sections. */
function whereFrom(results: (Result & { id: GoalId })[]): string {
  const [first] = results
  if (!first) return ''
  const { cores, memory, system, node, postgres } = first.machine
  const commits = [...new Set(results.map(({ commit }) => commit))]
  const days = [...new Set(results.map(({ date }) => date.slice(0, 10)))].sort()
  const small = results.some(({ scale }) => scale !== 1)
  return [
    `- Machine: ${cores}, ${memory}, ${system}`,
    `- Node ${node.replace(/^v/, '')}, PostgreSQL ${postgres}`,
    `- Commit ${commits.join(', ')}, ${days.join(', ')}`,
    ...(small ? ['- **Not at full size**: see the scale in the sections below. Fixed costs weigh more here than in the goals.'] : []),
  ].join('\n')
}

function section({ id, what, lines, notes, commit, date, scale, seconds }: Result & { id: GoalId; what: string }): string {
  const hasMemory = lines.some(({ megabytes }) => megabytes?.length)
  const hasRatio = lines.some(({ against }) => against)
  const hasNote = lines.some(({ note }) => note)
  const head = ['', 'seconds', ...(hasRatio ? ['ratio'] : []), ...(hasMemory ? ['peak RSS, MB'] : []), ...(hasNote ? [''] : [])]
  const body = lines.map(line => [
    line.what,
    spread(line.seconds ?? []),
    ...(hasRatio ? [line.against && line.seconds ? times(ratio(line.seconds, line.against)) : ''] : []),
    ...(hasMemory ? [line.megabytes?.length ? decimal(Math.max(...line.megabytes), 0) : ''] : []),
    ...(hasNote ? [line.note ?? ''] : []),
  ])
  const size = scale === 1 ? '' : `, scale ${scale}`
  return [
    `## ${id}: ${what}`,
    table(head, body),
    ...notes,
    `*${date.slice(0, 16).replace('T', ' ')} UTC, commit ${commit}${size}, measured in ${decimal(seconds / 60, 1)} minutes*`,
  ].join('\n\n')
}

/** A Markdown table; bars in cells are escaped. */
export function table(head: string[], body: string[][]): string {
  const row = (cells: string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [
    row(head),
    row(head.map((_, at) => (at > 0 && body.every(cells => /^([\d–].*)?$/.test(cells[at] ?? '')) ? '---:' : '---'))),
    ...body.map(row),
  ].join('\n')
}
