import type { Value } from './cell.ts'

/** A row of a tree and how far below a root it stands. */
export interface Branch {
  key: string
  row: Value[]
  depth: number
  /** It is, by its parents, above itself: no root leads to it. */
  isInCircle: boolean
}

/** All rows in the order of a tree, each once: those that no root leads to come last, each circle from its first row on. */
export function branchesOf(rows: Value[][], id: number, parent: number): Branch[] {
  const keyOf = (row: Value[], at: number) => (row[at] === null || row[at] === undefined ? undefined : String(row[at]))
  const ids = new Set(rows.map(row => keyOf(row, id)))
  const children = Map.groupBy(rows, row => {
    const above = keyOf(row, parent)
    return above !== undefined && ids.has(above) ? above : undefined
  })
  const found: Branch[] = []
  const seen = new Set<Value[]>()
  for (const root of children.get(undefined) ?? []) walk(root, 0)
  const circular = new Set(rows.filter(row => !seen.has(row) && isAboveItself(row)))
  for (const row of [...circular, ...rows]) if (!seen.has(row)) walk(row, 0)
  return found

  function walk(row: Value[], depth: number): void {
    if (seen.has(row)) return
    seen.add(row)
    found.push({ key: `${found.length} ${keyOf(row, id)}`, row, depth, isInCircle: circular?.has(row) ?? false })
    for (const below of children.get(keyOf(row, id)) ?? []) walk(below, depth + 1)
  }

  function isAboveItself(start: Value[]): boolean {
    const passed = new Set<string>()
    for (let key = keyOf(start, parent); key !== undefined && !passed.has(key); ) {
      if (key === keyOf(start, id)) return true
      passed.add(key)
      const above = rows.find(row => keyOf(row, id) === key)
      key = above && keyOf(above, parent)
    }
    return false
  }
}
