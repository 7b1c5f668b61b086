import type { Lineage } from '../lineage/project.ts'
import type { Project } from '../manifest/node.ts'
import type { DocsErrorType } from './quality-shape.ts'

/** What stands for a contact or a free text of a person that is not shown. */
export const MASK = '•••'

/** Whether a column of a node holds contacts or free text of people, as it is or as a part of its values. */
export type IsPersonal = (node: string, column: string) => boolean

/**
 * Finds the columns that are made of contacts and free text of people: those that the project marks by `meta: {personal: contact}` or
 * `text`, or of jsonb by `meta: {personal_paths: {contact.email: contact}}`, and all that takes its values from one of them, but for what
 * is marked `personal: none`. Names are shown. What could not be traced may be made of anything, so it counts as personal.
 */
export function personalColumns(project: Project, { fields, edges, relations }: Lineage): IsPersonal {
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
  return (node, column) => columns.has(keyOf({ node, column })) || isUnknown(node, column)

  function isUnknown(node: string, column: string): boolean {
    const relation = relations.get(node)
    if (project.nodes.get(node)?.resourceType === 'seed') return false
    return !relation || relation.notTraced !== null || Boolean(relation.columns.find(({ name }) => name === column)?.notTraced)
  }

  function isMarked({ node, column, path }: Lineage['fields'][number]): boolean {
    const mark = marks.get(keyOf({ node, column }))
    if (!mark) return project.nodes.has(node) && isUnknown(node, column)
    // Of jsonb: what lies at a marked path, below it, or holds it.
    return mark.length === 0 || mark.some(marked => marked.every((key, i) => path[i] === undefined || path[i] === key))
  }
}

/** What was refused, with contacts and free text of people masked in the examples: in the record, and in the message about such a field. */
export function maskExamples(errors: DocsErrorType[], project: Project): DocsErrorType[] {
  return errors.map(group => {
    const node = [...project.nodes.values()].find(({ schema, alias }) => `${schema}.${alias}` === group.table)
    const paths = (node?.columns ?? []).flatMap(({ meta }) => hiddenPaths(meta).map(path => path.join('.')))
    const isAbout = (field: string | null) =>
      field !== null && paths.some(path => `${field}.`.startsWith(`${path}.`) || path.startsWith(`${field}.`))
    const examples = group.examples.map(example => ({
      ...example,
      message: isAbout(example.field) ? `${example.field} is ${MASK}` : example.message,
      record: example.record === null ? null : maskRecord(example.record, paths),
    }))
    return { ...group, examples }
  })
}

/**
 * A JSON text without what stands under the last key of one of these paths, at whatever depth: a record may come in a wrapper. All of it is
 * masked where it is no JSON.
 */
export function maskRecord(record: string, paths: string[]): string {
  const keys = new Set(paths.map(path => path.split('.').at(-1)))
  // JavaScript would round a long number: each is a text meanwhile, with a character before it that no record holds.
  const kept = record.replace(/("(?:[^"\\]|\\.)*")|-?\d[\d.eE+-]*/g, (number, text) => text ?? `"\\u0000${number}"`)
  try {
    const masked = JSON.stringify(JSON.parse(kept, (key, value) => (keys.has(key) && value !== null ? MASK : value)))
    return masked.replace(/"\\u0000([^"]*)"/g, '$1')
  } catch {
    return paths.length === 0 ? record : MASK
  }
}

function hiddenPaths(meta: Record<string, unknown> | undefined): string[][] {
  const paths = Object.entries((meta?.personal_paths ?? {}) as Record<string, unknown>)
  return paths.filter(([, grade]) => isHidden(grade)).map(([path]) => path.split('.'))
}

// By node and column: the marked paths in it; none where all of it is marked.
function marksOf(project: Project): { marks: Map<string, string[][]>; free: Set<string> } {
  const marks = new Map<string, string[][]>()
  const free = new Set<string>()
  for (const { uniqueId: node, columns } of [...project.nodes.values(), ...project.sources.values()])
    for (const { name: column, meta } of columns) {
      const paths = hiddenPaths(meta)
      if (meta?.personal === 'none') free.add(keyOf({ node, column }))
      else if (isHidden(meta?.personal)) marks.set(keyOf({ node, column }), [])
      else if (paths.length > 0) marks.set(keyOf({ node, column }), paths)
    }
  return { marks, free }
}

function isHidden(grade: unknown): boolean {
  return grade === 'contact' || grade === 'text'
}

function keyOf({ node, column }: { node: string; column: string }): string {
  return JSON.stringify([node, column])
}
