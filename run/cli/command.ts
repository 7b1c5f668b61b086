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

/** What every command gets. */
export interface Command {
  /** The word that the user typed. */
  name: string
  options: Options
  report: Report
  /** What the warehouse brings beside SQL; none for a plain dbt project. */
  extension?: Extension
  /** Ctrl-C. */
  signal: AbortSignal
  /** What the command leaves for the message about its end; none where nobody is told. */
  outcome?: Outcome
}

/**
 * What a warehouse with a feed of its own adds to the commands of the runner. run.ts hands it to each command; a plain dbt project is
 * built without it, and nothing but run.ts imports what stands behind it.
 */
export interface Extension {
  /** What the command line says to templates beside dbt's own `flags`. */
  flags(command: Pick<Command, 'options'>): Record<string, boolean>
  /** Adds to the descriptions of a project's columns what is known elsewhere. Gives the mistakes met there: they come before all others. */
  describe(project: Project): ProjectError[]
  /** Files that stand in for seeds of the project, by their names, and the folder where they are looked for; absolute. */
  seeds(command: Pick<Command, 'options'>): { folder: string; files: Map<string, string> }
  /** Throws where a command that loads nothing would work with seeds of another feed than that of the database. */
  refuseOtherSeeds(command: Command, sql: Sql): Promise<void>
  /** Brings new data before a build, inside the transaction of the session where it is in one. */
  load(command: Command, project: Pick<Project, 'dir' | 'invocationId'>, sql: Sql, session: Session, isInside?: boolean): Promise<Loaded>
  /** Whether there is nothing new to load, and then what is to be told of it; undefined where a load has to look. */
  findUnchanged(command: Command, session: Session): Promise<{ tell(): void } | undefined>
  /** What must be known of the feed after a build, in its transaction; undefined where it cannot be read. */
  feedState(session: Session, startedAt: Date): Promise<FeedState | undefined>
  /** The part of it that may be asked at any time, also where nothing was built. */
  feedAge(sql: Sql): Promise<FeedAge>
  /** Open errors and warnings by table, for the summary of a build. */
  openErrors(sql: Sql): Promise<Refused[]>
  /** Open errors that come or go within the transaction of a plan. */
  errorChanges: { begin(session: Session): Promise<void>; end(session: Session, most: number): Promise<ErrorChanges> }
  /** The parts of the docs page that only this warehouse has. */
  docs(sql: Sql): Promise<{ quality: DocsQuality | null; feed: DocsFeed | null }>
}

/** What a load brought, as a plan tells it. */
export interface Loaded {
  feed: FeedPlan[]
  /** Whether a file was refused whole: an error under --warn-error. */
  hasRefused: boolean
}

/** Open errors that a build would make, and that it would resolve. */
export interface ErrorChanges {
  new: ErrorsPlan
  resolved: ErrorsPlan
}
