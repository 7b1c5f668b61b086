import type { Node, Project } from '../manifest/node.ts'
import type { Published } from './run-log.ts'

/** How up to date nodes are when a run ends. */
export interface Reach {
  /** Up to which ops.batches.changed_in a node holds all changes: no further than anything that it reads. */
  landedIn(id: string): bigint
  /** Whether a node and all that it reads were made by the project's present definitions. */
  isFresh(id: string): boolean
}

/**
 * A selection may build a node on parents that it leaves as they are. Such a node reaches no further than they do, and counts as made
 * by another definition when one of them was: else the next build would skip what the node has never seen.
 */
export function reachOf(
  project: Project,
  built: Set<string>,
  published: Map<string, Published>,
  fingerprints: Map<string, string>,
  landed: bigint,
): Reach {
  const landings = new Map<string, bigint>()
  const freshness = new Map<string, boolean>()
  return { landedIn, isFresh }

  function landedIn(id: string): bigint {
    const known = landings.get(id)
    if (known !== undefined) return known
    const node = project.nodes.get(id)
    // A view shows what its parents hold at this moment, whenever it was made itself.
    const value = !node ? landed : built.has(id) || isLive(node) ? least(node) : (published.get(id)?.landedIn ?? 0n)
    landings.set(id, value)
    return value
  }

  function isFresh(id: string): boolean {
    const known = freshness.get(id)
    if (known !== undefined) return known
    const node = project.nodes.get(id)
    const isOwn =
      !node || built.has(id) || node.config.materialized === 'ephemeral' || published.get(id)?.fingerprint === fingerprints.get(id)
    const value = isOwn && (node?.dependsOn ?? []).every(isFresh)
    freshness.set(id, value)
    return value
  }

  function least(node: Node): bigint {
    return node.dependsOn.map(landedIn).reduce((low, value) => (value < low ? value : low), landed)
  }
}

function isLive({ resourceType, config }: Node): boolean {
  return resourceType === 'model' && ['view', 'ephemeral'].includes(String(config.materialized ?? 'view'))
}
