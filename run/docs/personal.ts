import type { Lineage } from '../lineage/project.ts'
import type { Project } from '../manifest/node.ts'
import type { DocsErrorType } from './quality-shape.ts'

/** Replaces a contact or a free text of a person that is not shown. */
export const MASK = '•••'

/** Whether a column of a node contains contacts or free text of people, as it is or within its values. */
export type IsPersonal = (node: string, column: string) => boolean

/**
 * Finds the columns derived from contacts and free text of people: those marked by `meta: {personal: contact}` or `text`, or for jsonb by
 * `meta: {personal_paths: {contact.email: contact}}`, and all that take values from one of them, except those marked `personal: none`.
 * Names are not personal. Untraced columns may be derived from anything, and so count as personal.
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
    // For jsonb: the value at a marked path, below it, or around it.
    return mark.length === 0 || mark.some(marked => marked.every((key, i) => path[i] === undefined || path[i] === key))
  }
}

/** Masks contacts and free text of people in the examples of refused records: in the record, and in the message about such a field. */
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
 * Masks the values under the last key of one of these paths in a JSON text, at any depth: a record may come in a wrapper. Masks the whole
 * text if it is not JSON.
 */
export function maskRecord(record: string, paths: string[]): string {
  const keys = new Set(paths.map(path => path.split('.').at(-1)))
  // JavaScript would round a long number: each becomes a text with a prefix that no record contains.
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

// The marked paths by node and column; empty where the whole column is marked.
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
