import type { Node, Project } from '../manifest/node.ts'

/**
 * The ops.batches.changed_in up to which a node holds all changes, after a run that built some nodes or found them up to date: never
 * further than its parents. A selection may build a node on parents that it leaves as they are, and the node then reaches no further than
 * they do.
 */
export function reachOf(
  project: Project,
  built: Set<string>,
  published: Map<string, { landedIn: bigint }>,
  landed: bigint,
): (id: string) => bigint {
  const known = new Map<string, bigint>()
  return landedIn

  function landedIn(id: string): bigint {
    const found = known.get(id)
    if (found !== undefined) return found
    const node = project.nodes.get(id)
    // A view shows the present rows of its parents, whenever it was created.
    const value = !node ? landed : built.has(id) || isLive(node) ? least(node) : (published.get(id)?.landedIn ?? 0n)
    known.set(id, value)
    return value
  }

  function least(node: Node): bigint {
    return node.dependsOn.map(landedIn).reduce((low, value) => (value < low ? value : low), landed)
  }
}

/** Whether a node holds no rows of its own: a view, or an ephemeral model. */
export function isLive({ resourceType, config }: Node): boolean {
  return resourceType === 'model' && ['view', 'ephemeral'].includes(String(config.materialized ?? 'view'))
}
