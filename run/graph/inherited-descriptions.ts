import type { Node, Project } from '../manifest/node.ts'

/**
 * The description of a node's column: its own, else that of columns of the same name in the node's ancestors, where all that have one
 * agree. Empty where there is none, or more than one.
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
