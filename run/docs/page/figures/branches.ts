import { groupBy } from '../../group.ts'
import type { Value } from './cell.ts'

/** A row of a tree, and its depth below the root. */
export interface Branch {
  key: string
  row: Value[]
  depth: number
  /** Whether it is its own ancestor: no root leads to it. */
  isInCircle: boolean
}

/** All rows in tree order, each once: those not reachable from a root come last, each cycle from its first row on. */
export function branchesOf(rows: Value[][], id: number, parent: number): Branch[] {
  const keyOf = (row: Value[], at: number) => (row[at] === null || row[at] === undefined ? undefined : String(row[at]))
  const ids = new Set(rows.map(row => keyOf(row, id)))
  const children = groupBy(rows, row => {
    const above = keyOf(row, parent)
    return above !== undefined && ids.has(above) ? above : undefined
  })
  const byId = new Map(rows.map(row => [keyOf(row, id), row]))
  const circular = new Set(rows.filter(isAboveItself))
  const found: Branch[] = []
  const seen = new Set<Value[]>()
  for (const row of [...(children.get(undefined) ?? []), ...circular, ...rows]) walk(row, 0)
  return found

  function walk(row: Value[], depth: number): void {
    if (seen.has(row)) return
    seen.add(row)
    found.push({ key: `${found.length} ${keyOf(row, id)}`, row, depth, isInCircle: circular.has(row) })
    for (const below of children.get(keyOf(row, id)) ?? []) walk(below, depth + 1)
  }

  function isAboveItself(start: Value[]): boolean {
    const passed = new Set<string>()
    for (let key = keyOf(start, parent); key !== undefined && !passed.has(key); ) {
      if (key === keyOf(start, id)) return true
      passed.add(key)
      const above = byId.get(key)
      key = above && keyOf(above, parent)
    }
    return false
  }
}
