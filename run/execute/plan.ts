import type { Session } from '../database/driver.ts'
import type { Definition } from '../graph/definition.ts'
import type { Node, Project } from '../manifest/node.ts'
import type { NodeResult } from '../manifest/result.ts'
import type { Observer } from '../materialize/context.ts'

/** What to build, and how. */
export interface Plan {
  project: Project
  /** Models, seeds, tests, unit tests and reports in their order. */
  nodes: Node[]
  definitions: Map<string, Definition>
  /** The nodes that are read from where an earlier run left them (--defer): what this database knows of them says nothing. */
  deferred?: ReadonlySet<string>
  /** Keeps the figures of reports; undefined where there is no place for them, or nothing is to be kept. */
  freezing?: { keep: number; through(session: Session): Promise<string | null> }
  /** Identifies the changes of this build: unique among the builds of a database. */
  stamp: string
  /** Whether the database has our run log: without it is_incremental() is dbt's. */
  hasLog: boolean
  fullRefresh: boolean
  failFast: boolean
  storeFailures: boolean
  warnError: boolean
  /** Absolute path of the folder of artifacts. */
  targetPath: string
  /** Build everything, then roll back: nothing is published. */
  isTrial: boolean
  /** Observes the build from inside its transaction. */
  observer?: Observer
  /** The database is a Citus cluster. */
  onCitus?: boolean
  /** False with --no-atomic: each node in a transaction of its own. */
  isAtomic?: boolean
  signal: AbortSignal
}

/** The outcome of a build. */
export interface Built {
  /** `partial`: nodes failed, and the others are committed (--no-atomic). */
  status: 'published' | 'failed' | 'trial' | 'partial'
  results: NodeResult[]
  landedIn: bigint | null
  /** Failures other than those of nodes: a foreign key, a view of somebody else, a hook. */
  problems: unknown[]
}
