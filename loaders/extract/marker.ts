import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { jsonFault, parseJson } from '../../run/base/json-text.ts'
import type { Cut } from './cut.ts'
import type { EndedBy } from './paginators.ts'

/** The marker's name in a batch. It lacks an extension of feed files, so that it is not taken for one. */
export const MARKER = '_COMPLETE'

/** An extraction's record of its batch: the JSON in the file `_COMPLETE`. Paths are relative to the batch. */
export interface Marker {
  format: 1
  batch: string
  started_at: string
  finished_at: string
  sources: { name: string; host: string }[]
  entities: Record<string, MarkedEntity>
}

/** The marker's entry for an entity. */
export interface MarkedEntity {
  source: string
  /** Whether every required walk reached its end, and no list was `unstable`. */
  complete: boolean
  required: boolean
  parts: MarkedPart[]
  /** The window of a walk over changes; null when everything was walked. */
  window: Cut | null
  /** When the last full walk began, for an entity that is walked in windows. */
  full_at?: string
  pages: number
  rows: number
  /** Number of different ids. */
  distinct: number
  bytes: number
  files: MarkedFile[]
  /** Ids that were requested one by one and answered 404. */
  skipped: string[]
  retries: number
  /** Whether the list changed during each of its walks, so that rows may be missing. */
  unstable: boolean
  /** Before the first request and after the last answer; null when nothing was read. */
  fetched_at: [string, string] | null
}

/** The marker's entry for one walk. */
export interface MarkedPart {
  name: string
  complete: boolean
  required: boolean
  ended_by: EndedBy | null
  /** Why it is incomplete. */
  reason?: string
  window: Cut | null
  pages: number
  rows: number
  /** Number of walks of a list. */
  walks: number
  retries: number
  unstable: boolean
  skipped: string[]
  fetched_at: [string, string] | null
}

/** A page on disk. */
export interface MarkedFile {
  path: string
  sha256: string
  bytes: number
}

/** Reads a marker, given as text or as parsed JSON. Throws an Error with its mistake. */
export function readMarker(marker: unknown): Marker {
  const value: unknown = typeof marker === 'string' ? markerOf(marker) : marker
  if (!fits(value)) throw new Error(ajv.errorsText(fits.errors, { dataVar: 'the marker' }))
  return value
}

/** The markers of the batches in a data folder, the newest batch first; batches without a readable marker are skipped. */
export function* markersIn(dataDir: string): Generator<Marker> {
  for (const batch of batchesIn(dataDir)) {
    try {
      yield readMarker(readFileSync(join(dataDir, batch, MARKER), 'utf8'))
    } catch {
      // The batch does not come from an extraction.
    }
  }
}

/** The entry of this host's entity in the first of these markers that has one. */
export function entityIn(markers: Iterable<Marker>, entity: string, host: string): MarkedEntity | undefined {
  for (const { entities, sources } of markers) {
    const found = Object.hasOwn(entities, entity) ? entities[entity] : undefined
    if (found && sources.some(({ name, host: at }) => name === found.source && at === host)) return found
  }
  return undefined
}

function markerOf(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    throw new Error(`invalid JSON: ${jsonFault(text)}`)
  }
}

const ajv = new Ajv({ strict: false })
const fits = ajv.compile<Marker>(JSON.parse(readFileSync(new URL('marker.schema.json', import.meta.url), 'utf8')))

const { compare: naturally } = new Intl.Collator('en', { numeric: true })

function batchesIn(dataDir: string): string[] {
  try {
    return readdirSync(dataDir)
      .filter(name => !/^[._]/.test(name))
      .sort((one, other) => naturally(other, one))
  } catch {
    return []
  }
}
