import type { IndirectSelection } from './select.ts'

/** What the command line says, as commander gives it. Lists are split already. */
export interface Options {
  projectDir: string
  profilesDir?: string
  profile?: string
  target?: string
  select?: string[]
  exclude?: string[]
  resourceType?: string[]
  excludeResourceType?: string[]
  indirectSelection?: IndirectSelection
  state?: string
  fullRefresh?: boolean
  vars?: Record<string, unknown>
  failFast?: boolean
  storeFailures?: boolean
  warnError?: boolean
  logFormat: 'text' | 'json'
  quiet?: boolean
  targetPath?: string
  data?: string
  prune?: boolean
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
  /** commander's form of --no-compile. */
  compile?: boolean
  entity?: string
  show?: number
  replay?: boolean
}
