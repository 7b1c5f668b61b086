import type { Place, ProjectError } from '../base/errors.ts'
import type { Value } from '../jinja/values.ts'
import type { Node, Project } from '../manifest/node.ts'
import type { Ask } from './adapter.ts'

/** What a template sees of the project around it; there before the nodes are parsed. */
export type World = Pick<
  Project,
  'name' | 'target' | 'flags' | 'vars' | 'env' | 'invocationId' | 'startedAt' | 'macros' | 'packageVars' | 'packageVersions' | 'dispatch'
>
/** One rendering of one node: what ref(), config() and the database mean in it, and what it notes. */
export interface Rendering {
  /** null for on-run-start, on-run-end and YAML. */
  node: Node | null
  /** The project or package whose macros and vars are seen first. */
  packageName: string
  /** false while parsing: the database is silent and log() too. */
  execute: boolean
  /** A var() without a value is None while parsing, as in dbt, and an error otherwise. */
  strict: boolean
  ref(name: string, pack: string | undefined, site: Place, version?: string): Value
  source(source: string, table: string, site: Place): Value
  /** A config() call. */
  configure(values: Record<string, Value>, site: Place): void
  ask: Ask
  /** `graph`: the parsed project, empty while parsing. */
  graph(): Value
  /** `selected_resources`: unique ids, none while parsing. */
  selected(): Value
  isIncremental(): boolean
  lastBuilt(): number | bigint
  onCitus(): boolean
  print(message: string): void
  warn(message: string): void
  /** A name that nobody defines is printed. */
  tell(problem: ProjectError): void
  /** Unique ids of the macros that were called or looked at. */
  used: Set<string>
  /** More names, before all others. */
  extra: Map<string, Value>
}
