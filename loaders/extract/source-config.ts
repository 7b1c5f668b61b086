/** The requests to one API: a YAML file beside this one, with its own keys. source.schema.json describes values and defaults. */
export interface SourceConfig {
  source: string
  modelled: boolean
  base: string
  variables: Record<string, Variable>
  secret: { env: string; send: 'basic' | 'header'; header?: string }
  calls_per_minute: number
  slow_below: number
  timeout_seconds: number
  tries: number
  retry_budget: number
  codes: Record<string, CodeMeaning>
  preflight?: { path: string; id_field: string; shows: string[]; expects?: Record<string, string> }
  vanished: { share: number; count: number }
  shrink: { below: number; action: 'warn' | 'fail' }
  entities: Entry[]
}

/** A part of the address that comes from the environment. */
export interface Variable {
  env: string
  values?: string[]
  default?: string
}

/** The meaning of a code in an answer's body. */
export type CodeMeaning = 'again' | 'next-hour' | 'refused'

/** One walk: a list, or a record for each id of a parent. Several entries may be parts of one entity. */
export interface Entry {
  entity: string
  part: string
  enabled: boolean
  required: boolean
  path: string
  query: Record<string, string>
  paginator: 'link-page' | 'next-token' | 'none'
  page_size?: { parameter: string; value: number }
  records_at: string
  id_field: string
  rows_are: Record<string, string>
  walk_again: boolean
  max_pages: number
  on_404: 'stop' | 'skip'
  needs?: string
  parent?: Named & { also: Named[] }
  window?: { field: string; parameter: string; from: string; lookback_days: number; full_every_days: number }
  slices?: { field: string; parameter: string; from: string; to: string }
}

/** Fields of an entity's records that contain ids. */
export interface Named {
  entity: string
  id_fields: string[]
}
