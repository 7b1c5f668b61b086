import type { Node, Project } from '../manifest/node.ts'

/**
 * What is said of a column of a node: its own description, else that of the columns of the same name in what the node reads, near or far,
 * where all that say anything say the same. Empty where nothing is known, or more than one thing.
 */
export function descriptionOf(project: Project, node: Node, column: string): string {
  const known = memo.get(project) ?? new Map<string, string>()
  memo.set(project, known)
  const key = `${node.uniqueId} ${column}`
  const text = known.get(key) ?? find()
  known.set(key, text)
  return text

  function find(): string {
    const own = node.columns.find(({ name }) => name === column)?.description.trim()
    if (own) return own
    const parents = (project.parentMap.get(node.uniqueId) ?? []).map(id => project.nodes.get(id) ?? project.sources.get(id))
    const said = new Set(parents.flatMap(parent => (parent ? descriptionOf(project, parent, column) || [] : [])))
    return said.size === 1 ? [...said][0]! : ''
  }
}

const memo = new WeakMap<Project, Map<string, string>>()
