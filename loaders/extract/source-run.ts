import type { Client } from './client.ts'
import type { Clock } from './clock.ts'
import type { MarkedEntity, MarkedFile, MarkedPart } from './marker.ts'
import type { ExtractEvent } from './progress.ts'
import type { SourceConfig } from './source-config.ts'
import type { Work } from './work.ts'

/** The context of all walks of one source. */
export interface SourceRun {
  config: SourceConfig
  /** Scheme, host and path prefix. */
  base: URL
  client: Client
  work: Work
  clock: Clock
  batch: string
  /** The entry of an entity in this host's newest published marker; undefined when everything is to be walked. */
  published: (entity: string) => MarkedEntity | undefined
  /** The entry of an entity in the newest marker in the data folder. */
  last: (entity: string) => MarkedEntity | undefined
  emit: (event: ExtractEvent) => void
}

/** A finished part: its entry in the marker, its pages, and the ids on them in order. */
export interface Done {
  part: MarkedPart
  files: MarkedFile[]
  ids: string[]
}

/** The ids whose records are requested one by one. */
export interface Wanted {
  /** Ids of a list that was just read: few may have disappeared since. */
  listed: string[]
  /** Ids named only by other records: any of them may be missing. */
  named: string[]
}
