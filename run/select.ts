import type { Project } from './node.ts'

/** Which tests follow the nodes that were picked. */
export type IndirectSelection = 'eager' | 'cautious' | 'buildable' | 'empty'

/** Artifacts of an earlier run as JSON.parse gives them. */
export interface Previous {
  manifest?: unknown
  runResults?: unknown
  sources?: unknown
  /** sources.json of the run before, for source_status:fresher. */
  currentSources?: unknown
}

/** What --select and its companions say. */
export interface Selection {
  /** Values of --select; none selects everything. */
  select?: string[]
  exclude?: string[]
  indirectSelection?: IndirectSelection
  previous?: Previous
  /** Told what dbt only warns of: an unknown method, a criterion that matches nothing. */
  warn?: (message: string) => void
}

/** Unique ids of the enabled nodes, sources and unit tests that the selection picks. Throws ProjectError on a term that cannot be read. */
export function selectNodes(_project: Project, _selection: Selection = {}): Set<string> {
  throw new Error('todo')
}
