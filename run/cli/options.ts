import type { IndirectSelection } from '../manifest/selector.ts'

/** What the command line says, as commander gives it. Lists are split already. */
export interface Options {
  projectDir: string
  profilesDir?: string
  profile?: string
  target?: string
  select?: string[]
  exclude?: string[]
  /** Of selectors.yml. */
  selector?: string
  resourceType?: string[]
  personal?: boolean
  /** Of docs generate: the name of a report. */
  report?: string
  excludeResourceType?: string[]
  indirectSelection?: IndirectSelection
  state?: string
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
  /** Where dbt.log goes. */
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
  /** Of run-operation. */
  args?: Record<string, unknown>
  sql?: string
  /** commander's form of --no-atomic. */
  atomic?: boolean
  /** Of deps. */
  lock?: boolean
  upgrade?: boolean
  addPackage?: string
  source?: 'hub' | 'git' | 'local'
  /** Of docs serve. */
  port?: number
  /** commander's form of --no-compile. */
  compile?: boolean
  entity?: string
  /** Of clean. */
  landing?: boolean
  keep?: number
  apply?: boolean
  /** Of diff: lists that commas may divide too. */
  key?: string[]
  ignore?: string[]
  against?: string
  exitCode?: boolean
  /** Of plan and diff: a file, or the usual one. */
  html?: string | true
  markdown?: string | true
  /** Of extract. */
  batch?: string
  dryRun?: boolean
  /** Of build and debug. */
  extract?: boolean
  show?: number
  replay?: boolean
}

/** `args` of run_results.json, for people and for retry: what was asked, without what may be secret. */
export function shownOptions({ vars, args, sql: _, ...rest }: Options): Record<string, unknown> {
  return { ...rest, ...(vars ? { varNames: Object.keys(vars) } : {}), ...(args ? { argNames: Object.keys(args) } : {}) }
}
