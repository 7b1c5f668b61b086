import type { Rendered } from '../base/codeframe.ts'
import type { Placement } from '../citus/placement.ts'
import type { Existing } from '../database/catalogue.ts'
import type { SavedView } from '../database/dependent-views.ts'
import type { Session, Sql } from '../database/driver.ts'
import type { Compared } from '../database/relations.ts'
import type { ContractColumn } from '../manifest/contract.ts'
import type { Node, Project } from '../manifest/node.ts'
import type { NodeResult } from '../manifest/result.ts'
import type { RunContext } from '../template/compile.ts'

/** What a materialization works with. */
export interface Work {
  /** The session of the build's transaction. */
  sql: Sql
  project: Project
  node: Node
  /** The model's SQL, compiled. */
  query: Rendered
  /** is_incremental(). */
  incremental: boolean
  /** The columns that an enforced contract promises; the query's result gets exactly these. */
  contract?: ContractColumn[]
  context: RunContext
  /** Where a Citus cluster stores the table; undefined on plain PostgreSQL, and for a table that only the coordinator has. */
  placement?: Placement
  /** Dropped views that could not be recreated yet; shared by the nodes of a build. */
  pendingViews: SavedView[]
  /** Foreign keys dropped for a first fill, as statements that add them again; shared by the nodes of a build. */
  pendingKeys: string[]
  /** Every statement as it was run, for target/run. */
  statements: string[]
  /** Observes the build, for plan, diff and watch. */
  observer?: Observer
}

/** What a materialization did. Row counts are null where there is nothing to count (a view). */
export interface Materialized {
  /** As in dbt's lines: `CREATE VIEW`, `SELECT 12`, `MERGE 3`, or `UNCHANGED`. */
  action: string
  inserted: number | null
  updated: number | null
  deleted: number | null
  unchanged: number | null
}

/** Observes a build from inside its transaction, for plan, diff and watch. A trial rolls back what an observer does. */
export interface Observer {
  /** The transaction has begun; nothing has been built. */
  begin?(session: Session): Promise<void>
  /** A node is about to be built. */
  building?(session: Session, node: NodeResult['node']): Promise<void>
  /** A node was built or tested. */
  built?(session: Session, result: NodeResult): Promise<void>
  /** The rows of the temporary table `changes` are about to be merged into the node's table. */
  changing?(work: Work, found: { changes: string; key: string[]; compared: Compared[] }): Promise<void>
  /** Another table is about to replace `existing` under its name. */
  replacing?(work: Work, existing: Existing, incoming: { name: string; columns: Existing; rows: number }): Promise<void>
  /** All nodes are done; the transaction is still open. */
  end?(session: Session, results: NodeResult[]): Promise<void>
}
