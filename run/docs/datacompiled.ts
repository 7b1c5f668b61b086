import { ProjectError, ProjectErrors } from '../base/errors.ts'
import type { Project } from '../manifest/node.ts'
import { compileNode, type RunContext } from '../template/compile.ts'

/** The SQL of the nodes that compile, by unique id, and the mistakes of the others. */
export interface Compiled {
  texts: Map<string, string>
  errors: { node: string; error: ProjectError }[]
}

/** Compiles all models, snapshots and data tests separately, as for a full build. A mistake in one does not affect the others. */
export async function compiledNodes(project: Project, context: RunContext): Promise<Compiled> {
  const compiled: Compiled = { texts: new Map(), errors: [] }
  const seen = new Map<string, boolean | null>()
  for (const node of project.nodes.values()) {
    if (node.resourceType === 'seed') continue
    if (readsCircle(project, node.uniqueId, seen)) {
      const error = new ProjectError(`${node.name} is not compiled: it reads ephemeral models with circular references`, {
        place: node.place,
      })
      compiled.errors.push({ node: node.uniqueId, error })
      continue
    }
    try {
      compiled.texts.set(node.uniqueId, (await compileNode(project, node, context)).text.trim())
    } catch (error) {
      for (const one of mistakesIn(error)) compiled.errors.push({ node: node.uniqueId, error: one })
    }
  }
  return compiled
}

// Any other error is a bug or a lost connection, and is not shown on the page.
function mistakesIn(error: unknown): ProjectError[] {
  if (error instanceof ProjectErrors) return error.errors
  if (error instanceof ProjectError) return [error]
  throw error
}

// An ephemeral model is a CTE of the nodes that read it, so a cycle of them never ends. `seen`: whether a node reads a cycle, null while it
// is being checked.
function readsCircle(project: Project, id: string, seen: Map<string, boolean | null>): boolean {
  const known = seen.get(id)
  if (known !== undefined) return known ?? true
  seen.set(id, null)
  const parents = (project.parentMap.get(id) ?? []).filter(parent => project.nodes.get(parent)?.config.materialized === 'ephemeral')
  const isCircle = parents.some(parent => readsCircle(project, parent, seen))
  seen.set(id, isCircle)
  return isCircle
}
