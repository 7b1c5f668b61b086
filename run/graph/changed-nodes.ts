import type { Node, Project } from '../manifest/node.ts'
import { buildOrder, descendants } from './order.ts'

/** The work of a round of watch. */
export interface Round {
  /** Models, seeds, snapshots and reports that differ from the published ones, their descendants, and all their tests, in build order. */
  nodes: Node[]
  /** The nodes that were saved now, without those that only depend on one. */
  saved: Set<string>
}

/** The project at the last round: fingerprints of what can be built, checksums of tests. */
export interface Seen {
  fingerprints: Map<string, string>
  tests: Map<string, string>
}

/** The state that the next round compares with. */
export function seenOf(project: Project, fingerprints: Map<string, string>): Seen {
  return { fingerprints, tests: new Map(testsOf(project).map(test => [test.uniqueId, test.checksum])) }
}

/**
 * Nodes that differ from what is published (`published`, fingerprints by unique id), with the tests that depend on them, tests edited since
 * `start`, and which of these changed since the last round. Only nodes in `selected`.
 */
export function roundOf(
  project: Project,
  fingerprints: Map<string, string>,
  { published, start, last, selected }: { published: Map<string, string>; start: Seen; last: Seen; selected: Set<string> },
): Round {
  // An ephemeral model is built within the nodes that read it.
  const isReal = (id: string) => project.nodes.get(id)?.config.materialized !== 'ephemeral'
  const others = changedIds(fingerprints, published)
  const built = [...others, ...descendants(project, others)].filter(id => fingerprints.has(id) && selected.has(id) && isReal(id))
  const moved = new Set(changedIds(fingerprints, last.fingerprints))
  const tests = testsOf(project).filter(
    test =>
      selected.has(test.uniqueId) && (test.dependsOn.some(id => built.includes(id)) || start.tests.get(test.uniqueId) !== test.checksum),
  )
  const ids = [...built, ...tests.map(test => test.uniqueId)]
  return {
    nodes: buildOrder(project, ids),
    saved: new Set(
      built.filter(
        id =>
          moved.has(id) &&
          !(project.nodes.get(id) ?? project.reports.get(id))?.dependsOn.some(parent => moved.has(parent) && isReal(parent)),
      ),
    ),
  }
}

/** Unique ids whose fingerprint is new or has changed. */
export function changedIds(now: Map<string, string>, before: Map<string, string>): string[] {
  return [...now].filter(([id, fingerprint]) => before.get(id) !== fingerprint).map(([id]) => id)
}

function testsOf(project: Project): Node[] {
  return [...[...project.nodes.values()].filter(node => node.resourceType === 'test'), ...project.unitTests.values()]
}
