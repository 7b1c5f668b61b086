import type { ProjectError } from '../base/errors.ts'
import type { Session, Sql } from '../database/driver.ts'
import type { DocsQuality } from '../docs/quality-shape.ts'
import type { DocsFeed } from '../docs/shape.ts'
import type { FeedAge, FeedState } from '../execute/feed-state.ts'
import type { Refused } from '../execute/summary.ts'
import type { Project } from '../manifest/node.ts'
import type { Outcome } from '../notify/outcome.ts'
import type { ErrorsPlan, FeedPlan } from '../preview/plan.ts'
import type { Report } from '../report/report.ts'
import type { Options } from './options.ts'

/** The parameters of every command. */
export interface Command {
  /** The command's name as typed. */
  name: string
  options: Options
  report: Report
  /** The warehouse's additions to plain SQL; undefined for a plain dbt project. */
  extension?: Extension
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
  /** Filled by the command for the message about its end; undefined where no message is sent. */
  outcome?: Outcome
}

/**
 * The additions of a warehouse with a feed to the runner's commands. run.ts passes it to each command; a plain dbt project is built without
 * it, and only run.ts imports its implementation.
 */
export interface Extension {
  /** Flags of the command line for templates, besides dbt's own `flags`. */
  flags(command: Pick<Command, 'options'>): Record<string, boolean>
  /** Adds descriptions from elsewhere to a project's columns. Gives the mistakes found, which are listed before all others. */
  describe(project: Project): ProjectError[]
  /** Files that replace seeds of the project, by name, and the folder searched for them; absolute. */
  seeds(command: Pick<Command, 'options'>): { folder: string; files: Map<string, string> }
  /** Throws where a command that loads nothing would use seeds of another feed than the database's. */
  refuseOtherSeeds(command: Command, sql: Sql): Promise<void>
  /** Loads new data before a build, inside the session's transaction if one is open. */
  load(command: Command, project: Pick<Project, 'dir' | 'invocationId'>, sql: Sql, session: Session, isInside?: boolean): Promise<Loaded>
  /** Checks whether there is nothing new to load, and then gives what to report; undefined where a load must check. */
  findUnchanged(command: Command, session: Session): Promise<{ tell(): void } | undefined>
  /** The state of the feed after a build, in its transaction; undefined where it cannot be read. */
  feedState(session: Session, startedAt: Date): Promise<FeedState | undefined>
  /** The part of the state that can be read at any time, even before any build. */
  feedAge(sql: Sql): Promise<FeedAge>
  /** Open errors and warnings by table, for the summary of a build. */
  openErrors(sql: Sql): Promise<Refused[]>
  /** Open errors that appear or disappear within the transaction of a plan. */
  errorChanges: { begin(session: Session): Promise<void>; end(session: Session, most: number): Promise<ErrorChanges> }
  /** The parts of the docs page that only this warehouse has. */
  docs(sql: Sql): Promise<{ quality: DocsQuality | null; feed: DocsFeed | null }>
}

/** The result of a load, as plan reports it. */
export interface Loaded {
  feed: FeedPlan[]
  /** Whether a file was refused whole: an error under --warn-error. */
  hasRefused: boolean
}

/** Open errors that a build would add and resolve. */
export interface ErrorChanges {
  new: ErrorsPlan
  resolved: ErrorsPlan
}
