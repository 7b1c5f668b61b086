import type { Node, Project } from '../manifest/node.ts'
import { buildOrder, descendants } from './order.ts'

/** What a round of watch does. */
export interface Round {
  /** Models, seeds, snapshots and reports that are not as published, what reads them, and the tests of them, in the order of a build. */
  nodes: Node[]
  /** Of these the ones that were saved now: not those that only follow from another one. */
  saved: Set<string>
}

/** What the project was when one looked last: fingerprints of what can be built, checksums of tests. */
export interface Seen {
  fingerprints: Map<string, string>
  tests: Map<string, string>
}

/** What is to be looked at again the next time. */
export function seenOf(project: Project, fingerprints: Map<string, string>): Seen {
  return { fingerprints, tests: new Map(testsOf(project).map(test => [test.uniqueId, test.checksum])) }
}

/**
 * What differs from what is published (`published`, fingerprints by unique id) with the tests that depend on it, the tests edited since
 * `start`, and what of it changed since the last look. Only what `selected` has.
 */
export function roundOf(
  project: Project,
  fingerprints: Map<string, string>,
  { published, start, last, selected }: { published: Map<string, string>; start: Seen; last: Seen; selected: Set<string> },
): Round {
  // An ephemeral model is in those that read it.
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

/** What is not as it was: unique ids whose fingerprint is another, or new. */
export function changedIds(now: Map<string, string>, before: Map<string, string>): string[] {
  return [...now].filter(([id, fingerprint]) => before.get(id) !== fingerprint).map(([id]) => id)
}

function testsOf(project: Project): Node[] {
  return [...[...project.nodes.values()].filter(node => node.resourceType === 'test'), ...project.unitTests.values()]
}
