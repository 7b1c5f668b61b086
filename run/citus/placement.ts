import { ProjectError } from '../base/errors.ts'
import type { Node, Project } from '../manifest/node.ts'

/** The placement of a table's rows in a cluster; a table without one is a plain table of the coordinator. */
export type Placement =
  | { kind: 'reference' }
  | { kind: 'distributed'; column: string; colocateWith: string | null; shardCount: number | null }

/** The placement in the config: `reference`, or `distributed_by` with `colocate_with` and `shard_count`; undefined without these. */
export function placementOf({ config, name, place }: Node): Placement | undefined {
  const { reference, distributed_by: column, colocate_with: partner, shard_count: shards } = config
  // A folder may set `reference`, and a table in it `distributed_by`.
  if (column) {
    if (partner && shards !== undefined)
      throw new ProjectError(`${name} has both colocate_with and shard_count`, {
        place,
        hint: 'A co-located table has the shard count of the other table: keep one of the two configs.',
      })
    return {
      kind: 'distributed',
      column: String(column),
      colocateWith: partner ? String(partner) : null,
      shardCount: shards === undefined ? null : Number(shards),
    }
  }
  return reference ? { kind: 'reference' } : undefined
}

/** The tables with a placement: those that builds fill, and those of migrations. */
export function placedNodes({ nodes, sources }: Project): { node: Node; placement: Placement }[] {
  return [...nodes.values(), ...sources.values()].flatMap(node => {
    const placement = ['model', 'source'].includes(node.resourceType) ? placementOf(node) : undefined
    return placement ? [{ node, placement }] : []
  })
}
