import type { Place, ProjectError } from '../base/errors.ts'
import type { Value } from '../jinja/values.ts'
import type { Node, Project } from '../manifest/node.ts'
import type { Ask } from './adapter.ts'

/** The project as a template sees it; available before the nodes are parsed. */
export type World = Pick<
  Project,
  'name' | 'target' | 'flags' | 'vars' | 'env' | 'invocationId' | 'startedAt' | 'macros' | 'packageVars' | 'packageVersions' | 'dispatch'
>
/** One rendering of one node: the meaning of ref(), config() and database queries in it, and what it records. */
export interface Rendering {
  /** null for on-run-start, on-run-end and YAML. */
  node: Node | null
  /** The project or package whose macros and vars take precedence. */
  packageName: string
  /** false while parsing: no queries and no log(). */
  execute: boolean
  /** A var() without a value is None while parsing, as in dbt, and an error otherwise. */
  strict: boolean
  ref(name: string, pack: string | undefined, site: Place, version?: string): Value
  source(source: string, table: string, site: Place): Value
  /** Handles a config() call. */
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
  /** Handles the printing of an undefined name. */
  tell(problem: ProjectError): void
  /** Unique ids of the macros that were called or accessed. */
  used: Set<string>
  /** Additional names, with the highest precedence. */
  extra: Map<string, Value>
}
