import type { Client } from './client.ts'
import type { Clock } from './clock.ts'
import type { MarkedEntity, MarkedFile, MarkedPart } from './marker.ts'
import type { ExtractEvent } from './progress.ts'
import type { SourceConfig } from './source-config.ts'
import type { Work } from './work.ts'

/** Everything that the walks of one source need. */
export interface SourceRun {
  config: SourceConfig
  /** Scheme, host and the beginning of each path. */
  base: URL
  client: Client
  work: Work
  clock: Clock
  batch: string
  /** The entry of an entity in the newest published marker of this host; undefined when everything is to be walked. */
  published: (entity: string) => MarkedEntity | undefined
  /** The entry of an entity in the newest marker in the data folder. */
  last: (entity: string) => MarkedEntity | undefined
  emit: (event: ExtractEvent) => void
}

/** A finished part: what the marker says of it, its pages, and the ids on them in their order. */
export interface Done {
  part: MarkedPart
  files: MarkedFile[]
  ids: string[]
}

/** The ids whose records are requested one by one. */
export interface Wanted {
  /** Ids of a list that was just read: only a few may be gone meanwhile. */
  listed: string[]
  /** Ids that only other records name: any of them may be missing. */
  named: string[]
}
