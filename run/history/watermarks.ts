import type { Node, Project } from '../manifest/node.ts'

/**
 * Up to which ops.batches.changed_in a node holds all changes when a run ends that built some nodes, or found them up to date: no further
 * than anything that it reads. A selection may build a node on parents that it leaves as they are, and such a node reaches no further than
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
    // A view shows what its parents hold at this moment, whenever it was made itself.
    const value = !node ? landed : built.has(id) || isLive(node) ? least(node) : (published.get(id)?.landedIn ?? 0n)
    known.set(id, value)
    return value
  }

  function least(node: Node): bigint {
    return node.dependsOn.map(landedIn).reduce((low, value) => (value < low ? value : low), landed)
  }
}

/** Whether a node is a view, or a part of what reads it: it holds no rows of its own. */
export function isLive({ resourceType, config }: Node): boolean {
  return resourceType === 'model' && ['view', 'ephemeral'].includes(String(config.materialized ?? 'view'))
}
