import type { IndirectSelection } from '../manifest/selector.ts'

/** The options of the command line, from commander. Lists are already split. */
export interface Options {
  projectDir: string
  profilesDir?: string
  profile?: string
  target?: string
  select?: string[]
  exclude?: string[]
  /** Unique ids, for retry: these nodes and no other, whatever else selects. */
  ids?: string[]
  /** Name of a selector of selectors.yml. */
  selector?: string
  resourceType?: string[]
  personal?: boolean
  /** For docs generate: the name of a report. */
  report?: string
  excludeResourceType?: string[]
  indirectSelection?: IndirectSelection
  state?: string
  /** Whether nodes that are neither selected nor there are read from the state. */
  defer?: boolean
  favorState?: boolean
  /** Folder of the artifacts for `defer`, if it is another than `state`. */
  deferState?: string
  fullRefresh?: boolean
  vars?: Record<string, unknown>
  failFast?: boolean
  storeFailures?: boolean
  connection?: boolean
  warnError?: boolean
  logFormat: 'text' | 'json'
  quiet?: boolean
  logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'none'
  debug?: boolean
  /** Folder of dbt.log. */
  logPath?: string
  targetPath?: string
  data?: string
  prune?: boolean
  /** commander's form of --no-load. */
  load?: boolean
  acceptShrink?: boolean
  /** commander's form of --no-wait. */
  wait?: boolean
  output?: string
  outputKeys?: string[]
  limit?: number
  inline?: string
  /** For run-operation. */
  args?: Record<string, unknown>
  sql?: string
  /** commander's form of --no-atomic. */
  atomic?: boolean
  /** For deps. */
  lock?: boolean
  upgrade?: boolean
  addPackage?: string
  source?: 'hub' | 'git' | 'local'
  /** For docs serve. */
  port?: number
  /** commander's form of --no-compile. */
  compile?: boolean
  entity?: string
  /** For clean. */
  landing?: boolean
  keep?: number
  apply?: boolean
  /** For diff: lists, which may be divided by commas, too. */
  key?: string[]
  ignore?: string[]
  against?: string
  exitCode?: boolean
  /** For plan and diff: a file, or true for the default one. */
  html?: string | true
  markdown?: string | true
  /** For extract. */
  batch?: string
  dryRun?: boolean
  /** For build and debug. */
  extract?: boolean
  show?: number
  replay?: boolean
}

/** `args` of run_results.json, for people and for retry: the given options, without those that may contain secrets. */
export function shownOptions({ vars, args, sql: _, ...rest }: Options): Record<string, unknown> {
  return { ...rest, ...(vars ? { varNames: Object.keys(vars) } : {}), ...(args ? { argNames: Object.keys(args) } : {}) }
}
