import type { Node } from '../manifest/node.ts'

/** Artifacts of an earlier run as JSON.parse gives them. */
export interface Previous {
  manifest?: unknown
  runResults?: unknown
  sources?: unknown
  /** The newest sources.json, which source_status:fresher compares with `sources`. */
  currentSources?: unknown
}

/** What can be selected: nodes, sources, unit tests, reports and exposures. */
export type Selectable = Node
