import type { Output } from './relation.ts'
import { along, finished, NULL, pathLabel, type Role, type Step, type Value } from './value.ts'

/** A column of a relation (`*`: its rows), or a path within it. */
export interface Field {
  node: string
  column: string
  path: readonly Step[]
}

/** Fields and the edges between them: [from, to, kind], indexes into fields. */
export interface Graph {
  fields: (Field & { label: string })[]
  edges: [from: number, to: number, kind: Role][]
  /** The fields that a field originates from, by index, without conditions. Empty for a field without edges. */
  originsOf(field: Field): number[]
}

/**
 * Links the columns of relations that were traced one by one. A part of a jsonb column that a query reads becomes a field of its own, which
 * is followed through the parent's column. Omits what a relation reads of itself.
 */
export function linked(relations: readonly { id: string }[], outputOf: (id: string) => Output | null): Graph {
  const fields: Graph['fields'] = []
  const edges: Graph['edges'] = []
  const indexes = new Map<string, number>()
  const waiting: number[] = []
  const above: number[][] = []
  for (const { id } of relations) for (const { name } of outputOf(id)?.columns ?? []) indexOf({ node: id, column: name, path: [] })
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const to = fields[index]!
    for (const { relation, column, path, role } of finished(valueAt(to, outputOf(to.node))).values()) {
      if (relation === to.node) continue
      const from = indexOf({ node: relation, column, path })
      edges.push([from, index, role])
      if (role !== 'condition') above[index]!.push(from)
    }
  }
  return { fields, edges, originsOf: originsIn(above, field => indexes.get(keyOf(field))) }

  function indexOf(field: Field): number {
    const key = keyOf(field)
    const known = indexes.get(key)
    if (known !== undefined) return known
    const index = fields.length
    fields.push({ node: field.node, column: field.column, path: field.path, label: pathLabel(field.path) })
    above.push([])
    indexes.set(key, index)
    waiting.push(index)
    return index
  }
}

function keyOf({ node, column, path }: Field): string {
  return JSON.stringify([node, column, ...path])
}

function valueAt({ column, path }: Field, output: Output | null): Value {
  if (!output) return NULL
  if (column === '*') return output.rows
  const found = output.columns.find(({ name }) => name === column)
  return found ? along(found.value, path) : NULL
}

function originsIn(above: readonly number[][], indexOf: (field: Field) => number | undefined): Graph['originsOf'] {
  const known = new Map<number, Set<number>>()
  const collect = (index: number): Set<number> => {
    const done = known.get(index)
    if (done) return done
    const found = new Set<number>()
    known.set(index, found)
    for (const from of above[index]!) {
      if (above[from]!.length === 0) found.add(from)
      else for (const origin of collect(from)) found.add(origin)
    }
    return found
  }
  return field => {
    const index = indexOf(field)
    return index === undefined ? [] : [...collect(index)].sort((a, b) => a - b)
  }
}
