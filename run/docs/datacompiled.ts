import { ProjectError, ProjectErrors } from '../base/errors.ts'
import type { Project } from '../manifest/node.ts'
import { compileNode, type RunContext } from '../template/compile.ts'

/** The SQL of the nodes that compile, by unique id, and what is wrong with the others. */
export interface Compiled {
  texts: Map<string, string>
  errors: { node: string; error: ProjectError }[]
}

/** Compiles all models, snapshots, data tests one by one, as they are when made whole. A mistake in one leaves the others. */
export async function compiledNodes(project: Project, context: RunContext): Promise<Compiled> {
  const compiled: Compiled = { texts: new Map(), errors: [] }
  const seen = new Map<string, boolean | null>()
  for (const node of project.nodes.values()) {
    if (node.resourceType === 'seed') continue
    if (readsCircle(project, node.uniqueId, seen)) {
      const error = new ProjectError(`${node.name} is not compiled: it reads ephemeral models that read each other in a circle`, {
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

// Anything else is a bug or a lost connection, and not for the page.
function mistakesIn(error: unknown): ProjectError[] {
  if (error instanceof ProjectErrors) return error.errors
  if (error instanceof ProjectError) return [error]
  throw error
}

// Each ephemeral model stands as a CTE in what reads it, so a circle of them has no end. `seen`: whether a node does, null while it is
// asked.
function readsCircle(project: Project, id: string, seen: Map<string, boolean | null>): boolean {
  const known = seen.get(id)
  if (known !== undefined) return known ?? true
  seen.set(id, null)
  const parents = (project.parentMap.get(id) ?? []).filter(parent => project.nodes.get(parent)?.config.materialized === 'ephemeral')
  const isCircle = parents.some(parent => readsCircle(project, parent, seen))
  seen.set(id, isCircle)
  return isCircle
}
