/** Rows that are on one side only, and how many are on both. A value is PostgreSQL's text of it. */
export interface Difference {
  columns: string[]
  /** Expected, but not there. */
  missing: (string | null)[][]
  /** There, but not expected. */
  unexpected: (string | null)[][]
  /** How many rows are as expected. */
  same: number
}

/**
 * The difference as a person reads it, like daff: `@@` the columns, `→` a row with `expected→actual` in the cells that differ, `---` a row
 * that is missing, `+++` one that is not expected. A row that is missing and one that is not expected are one row that changed when they
 * share a value.
 */
export function rowDiff({ columns, missing, unexpected, same }: Difference): string {
  const { changed, removed, added } = pairs(missing, unexpected)
  const lines = [
    ...changed.map(([from, to]) => ['→', ...from.map((value, i) => change(value, to[i] ?? null))]),
    ...removed.map(row => ['---', ...row.map(shown)]),
    ...added.map(row => ['+++', ...row.map(shown)]),
  ]
  const table = [['@@', ...columns], ...lines.slice(0, most)]
  const widths = ['', ...columns].map((_, i) => Math.max(...table.map(line => length(line[i] ?? ''))))
  const text = table.map(line =>
    line
      .map((cell, i) => cell + ' '.repeat(widths[i]! - length(cell)))
      .join(' | ')
      .trimEnd(),
  )
  if (lines.length > most) text.push(`… and ${lines.length - most} more rows that differ`)
  if (same > 0) text.push(`${same === 1 ? '1 row is' : `${same} rows are`} as expected`)
  return text.join('\n')
}

/** Rows that are shown, and characters of a value. */
const most = 20
const widest = 60

// Rows that have most values in common are one row that changed; the best pairs first.
function pairs(missing: (string | null)[][], unexpected: (string | null)[][]) {
  const candidates = missing
    .slice(0, 200)
    .flatMap((from, i) => unexpected.slice(0, 200).map((to, j) => ({ i, j, common: from.filter((value, k) => value === to[k]).length })))
    .filter(({ common }) => common > 0 || (missing.length === 1 && unexpected.length === 1))
    .sort((a, b) => b.common - a.common)
  const [left, right] = [new Set<number>(), new Set<number>()]
  const changed: [(string | null)[], (string | null)[]][] = []
  for (const { i, j } of candidates) {
    if (left.has(i) || right.has(j)) continue
    left.add(i)
    right.add(j)
    changed.push([missing[i]!, unexpected[j]!])
  }
  return { changed, removed: missing.filter((_, i) => !left.has(i)), added: unexpected.filter((_, j) => !right.has(j)) }
}

// Of two long values what they begin with alike is cut, so that the difference is seen.
function change(from: string | null, to: string | null): string {
  if (from === to) return shown(from)
  if (from === null || to === null || Math.max(from.length, to.length) <= widest) return `${shown(from)}→${shown(to)}`
  let alike = 0
  while (alike < from.length && from[alike] === to[alike]) alike++
  const start = Math.max(0, alike - 15)
  const part = (text: string): string => shown((start > 0 ? '…' : '') + text.slice(start))
  return `${part(from)}→${part(to)}`
}

function shown(value: string | null): string {
  if (value === null) return 'null'
  const line = value.replaceAll('\n', '\\n').replaceAll('\r', '\\r')
  return line === '' ? "''" : line.length > widest ? `${line.slice(0, widest - 1)}…` : line
}

function length(text: string): number {
  return [...text].length
}
