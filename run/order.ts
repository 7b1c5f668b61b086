import type { Node, Project } from './node.ts'

/**
 * The selected models, seeds and tests in the order of dbt build: each after all that it reads, a test after its parents and before
 * the models that depend on all of them. Ties go by unique id, so that one project always runs in one order.
 */
export function buildOrder(_project: Project, _selected: Iterable<string>): Node[] {
  throw new Error('todo')
}

/** All that the given nodes read, however far, without themselves; `depth` limits the steps. */
export function ancestors(_project: Project, _ids: Iterable<string>, _depth = Infinity): Set<string> {
  throw new Error('todo')
}

/** All that reads the given nodes, however far, without themselves. */
export function descendants(_project: Project, _ids: Iterable<string>, _depth = Infinity): Set<string> {
  throw new Error('todo')
}

/** Nodes that must not run when `id` failed, was skipped or (of a test) failed: its descendants by data and by the order of build. */
export function blockedBy(_project: Project, _id: string): Set<string> {
  throw new Error('todo')
}
