import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import type { Cut } from './cut.ts'
import type { EndedBy } from './paginators.ts'

/** The name of the marker in a batch. It has no ending of feed files, which would make it one. */
export const MARKER = '_COMPLETE'

/** What an extraction says of the batch that it made, as JSON in the file `_COMPLETE`. Paths are relative to the batch. */
export interface Marker {
  format: 1
  batch: string
  started_at: string
  finished_at: string
  sources: { name: string; host: string }[]
  entities: Record<string, MarkedEntity>
}

/** What it says of an entity. */
export interface MarkedEntity {
  source: string
  /** Every required walk saw its end, and the list stood still meanwhile. */
  complete: boolean
  required: boolean
  parts: MarkedPart[]
  /** The window of a walk over what changed; null when everything was walked. */
  window: Cut | null
  /** When the last walk over everything began, of an entity that is walked in windows. */
  full_at?: string
  pages: number
  rows: number
  /** Different ids. */
  distinct: number
  bytes: number
  files: MarkedFile[]
  /** Ids that were asked for one by one and are gone (404). */
  skipped: string[]
  retries: number
  /** The list changed under each of its walks: rows may be missing. */
  unstable: boolean
  /** Before the first call and after the last answer; null when nothing was asked. */
  fetched_at: [string, string] | null
}

/** What it says of one walk. */
export interface MarkedPart {
  name: string
  complete: boolean
  required: boolean
  ended_by: EndedBy | null
  /** Why it is not complete. */
  reason?: string
  window: Cut | null
  pages: number
  rows: number
  /** How often a list was walked. */
  walks: number
  retries: number
  unstable: boolean
  skipped: string[]
  fetched_at: [string, string] | null
}

/** A page as it lies on the disk. */
export interface MarkedFile {
  path: string
  sha256: string
  bytes: number
}

/** Reads a marker from its text, or from its JSON as a database keeps it. Throws an Error that says what is wrong with it. */
export function readMarker(marker: unknown): Marker {
  const value: unknown = typeof marker === 'string' ? JSON.parse(marker) : marker
  if (!fits(value)) throw new Error(ajv.errorsText(fits.errors, { dataVar: 'the marker' }))
  return value
}

/** The markers of the batches in a data folder, the newest batch first; those that cannot be read are passed over. */
export function* markersIn(dataDir: string): Generator<Marker> {
  for (const batch of batchesIn(dataDir)) {
    try {
      yield readMarker(readFileSync(join(dataDir, batch, MARKER), 'utf8'))
    } catch {
      // A batch that came another way has none.
    }
  }
}

/** What the newest of these markers says of an entity of this host; undefined when none does. */
export function entityIn(markers: Iterable<Marker>, entity: string, host: string): MarkedEntity | undefined {
  for (const { entities, sources } of markers) {
    const found = Object.hasOwn(entities, entity) ? entities[entity] : undefined
    if (found && sources.some(({ name, host: at }) => name === found.source && at === host)) return found
  }
  return undefined
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
