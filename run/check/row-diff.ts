/** The rows on only one side, and the number of rows on both. Values are PostgreSQL's text. */
export interface Difference {
  columns: string[]
  /** Expected rows that are missing. */
  missing: (string | null)[][]
  /** Rows that are not expected. */
  unexpected: (string | null)[][]
  /** The number of rows that match. */
  same: number
}

/**
 * The difference in the format of daff: `@@` the columns, `→` a row with `expected→actual` in the cells that differ, `---` a missing row,
 * `+++` an unexpected one. A missing and an unexpected row that share a value are shown as one changed row.
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

/** The most rows shown, and the most characters of a value. */
const most = 20
const widest = 60

// Pairs rows that have the most values in common as changed rows; best pairs first.
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

// Cuts the common beginning of two long values, so that the difference is visible.
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
