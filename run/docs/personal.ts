import type { Lineage } from '../lineage/project.ts'
import type { Project } from '../manifest/node.ts'

/** What stands for a contact or a free text of a person that is not shown. */
export const MASK = '•••'

/** Whether a column of a node holds contacts or free text of people, as it is or as a part of its values. */
export type IsPersonal = (node: string, column: string) => boolean

/**
 * Finds the columns that are made of contacts and free text of people: those that the project marks by `meta: {personal: contact}` or `text`, or
 * of jsonb by `meta: {personal_paths: {contact.email: contact}}`, and all that takes its values from one of them, but for what is marked
 * `personal: none`. Names are shown.
 */
export function personalColumns(project: Project, { fields, edges }: Lineage): IsPersonal {
  const { marks, free } = marksOf(project)
  const below = new Map<number, number[]>()
  for (const [from, to, role] of edges) if (role !== 'condition') below.set(from, [...(below.get(from) ?? []), to])
  const found = new Set<number>()
  const queue = fields.flatMap((field, index) => (isMarked(field) ? [index] : []))
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (found.has(index) || free.has(keyOf(fields[index]!))) continue
    found.add(index)
    queue.push(...(below.get(index) ?? []))
  }
  const columns = new Set([...found].map(index => keyOf(fields[index]!)))
  return (node, column) => columns.has(keyOf({ node, column }))

  function isMarked({ node, column, path }: Lineage['fields'][number]): boolean {
    const mark = marks.get(keyOf({ node, column }))
    if (!mark) return false
    // Of jsonb: what lies at a marked path, below it, or holds it.
    return mark.length === 0 || mark.some(marked => marked.every((key, i) => path[i] === undefined || path[i] === key))
  }
}

/** A JSON text with what lies at these paths masked; all of it where it is no JSON. */
export function maskRecord(record: string, paths: string[]): string {
  try {
    const value: unknown = JSON.parse(record)
    for (const path of paths) maskAt(value, path.split('.'))
    return JSON.stringify(value)
  } catch {
    return MASK
  }
}

function maskAt(value: unknown, [key, ...rest]: string[]): void {
  if (typeof value !== 'object' || value === null || key === undefined) return
  if (Array.isArray(value)) {
    for (const one of value) maskAt(one, [key, ...rest])
    return
  }
  const map = value as Record<string, unknown>
  if (!Object.hasOwn(map, key) || map[key] === null) return
  if (rest.length === 0) map[key] = MASK
  else maskAt(map[key], rest)
}

// By node and column: the marked paths in it; none where all of it is marked.
function marksOf(project: Project): { marks: Map<string, string[][]>; free: Set<string> } {
  const marks = new Map<string, string[][]>()
  const free = new Set<string>()
  for (const { uniqueId: node, columns } of [...project.nodes.values(), ...project.sources.values()])
    for (const { name: column, meta } of columns) {
      const paths = Object.entries((meta?.personal_paths ?? {}) as Record<string, unknown>).filter(([, grade]) => isHidden(grade))
      if (meta?.personal === 'none') free.add(keyOf({ node, column }))
      else if (isHidden(meta?.personal)) marks.set(keyOf({ node, column }), [])
      else if (paths.length > 0)
        marks.set(
          keyOf({ node, column }),
          paths.map(([path]) => path.split('.')),
        )
    }
  return { marks, free }
}

function isHidden(grade: unknown): boolean {
  return grade === 'contact' || grade === 'text'
}

function keyOf({ node, column }: { node: string; column: string }): string {
  return JSON.stringify([node, column])
}
