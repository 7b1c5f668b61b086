import type { Compared, Existing } from './catalog.ts'
import type { Session } from './database.ts'
import type { NodeResult } from './record.ts'
import type { Work } from './work.ts'

/** Looks on while a build runs, inside its transaction; plan, diff and watch are made of it. What it does is undone with a trial. */
export interface Observer {
  /** The transaction has begun; nothing has been built. */
  begin?(session: Session): Promise<void>
  /** A node is about to be built. */
  building?(session: Session, node: NodeResult['node']): Promise<void>
  /** A node was built or judged. */
  built?(session: Session, result: NodeResult): Promise<void>
  /** Rows lie in the temporary table `changes`, and are about to be merged into the node's table. */
  changing?(work: Work, found: { changes: string; key: string[]; compared: Compared[] }): Promise<void>
  /** Another table is about to take the name of this one. */
  replacing?(work: Work, existing: Existing, incoming: { name: string; columns: Existing; rows: number }): Promise<void>
  /** All nodes are done; the transaction is still open. */
  end?(session: Session, results: NodeResult[]): Promise<void>
}
