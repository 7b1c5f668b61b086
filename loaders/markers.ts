import { createHash } from 'node:crypto'
import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { jsonFault, parseJson } from '../run/base/json-text.ts'
import type { Session, Sql } from '../run/database/driver.ts'
import { entities } from './entities.ts'
import { textsIn } from './sql-lists.ts'
import { MARKER, unreadable } from './survey.ts'
import type { Words } from './transaction-statements.ts'

/** The marker of a batch: where it lies. */
export interface MarkerFile {
  batch: string
  location: string
}

/**
 * Lands the markers that extractions left in batches (R5), where they are new or changed. A marker stays landed when its file is deleted,
 * as it still describes the batch.
 * Gives whether any marker landed.
 */
export async function landMarkers(sql: Session, words: Words, files: MarkerFile[]): Promise<boolean> {
  const changed = await changedMarkers(sql, files)
  if (changed.length === 0) return false
  await sql.unsafe(words.begin)
  await sql`
    insert into ops.markers (batch, sha256, marker, reason)
    select * from json_to_recordset(${JSON.stringify(changed)}::text::json) as read (batch text, sha256 text, marker jsonb, reason text)
    on conflict (batch) do update
    set sha256 = excluded.sha256, marker = excluded.marker, reason = excluded.reason, loaded_at = now()
  `
  // A marker says whether a batch is whole, so all entities of the batch are stamped.
  await sql`
    update ops.batches set changed_in = nextval('ops.landing_seq')
    where batch in ${textsIn(
      sql,
      changed.map(({ batch }) => batch),
    )} and entity in ${textsIn(sql, entities)}
  `
  await sql.unsafe(words.commit)
  return true
}

/** The markers whose present content has not landed. */
export async function changedMarkers(sql: Sql, files: MarkerFile[]): Promise<ReadMarker[]> {
  if (files.length === 0) return []
  const rows = await sql<{ batch: string; sha256: string }[]>`select batch, sha256 from ops.markers`
  const known = new Map(rows.map(row => [row.batch, row.sha256]))
  return files.map(readMarker).filter(({ batch, sha256 }) => known.get(batch) !== sha256)
}

/** Where the markers of batches lie. */
export function markerFiles(dataDir: string, batches: string[]): MarkerFile[] {
  return batches.map(batch => ({ batch, location: join(dataDir, batch, MARKER) }))
}

/** A marker as it was read: its content, or why it could not be read. */
interface ReadMarker {
  batch: string
  sha256: string
  marker?: unknown
  reason?: string
}

/** No marker is that large, in bytes: a line for each file of a batch. */
const LIMIT = 64_000_000

function readMarker({ batch, location }: MarkerFile): ReadMarker {
  const failed = (reason: string) => ({ batch, sha256: `unread: ${reason}`, reason })
  try {
    const stats = lstatSync(location)
    if (!stats.isFile()) return failed('it is not a regular file')
    if (stats.size > LIMIT) return failed('it is too large')
    const bytes = readFileSync(location)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const fault = (reason: string) => ({ batch, sha256, reason })
    const json = bytes.toString()
    try {
      const marker = parseJson(json) as { format?: unknown; entities?: unknown } | null
      if (typeof marker !== 'object' || marker === null || Array.isArray(marker)) return fault('it is not a JSON object')
      if (marker.format !== 1) return fault(`its format is ${JSON.stringify(marker.format ?? null)}, expected 1`)
      if (typeof marker.entities !== 'object' || marker.entities === null || Array.isArray(marker.entities))
        return fault('it has no object entities')
      const text = JSON.stringify(marker)
      if (/\\u0000|\\ud[89a-f]/i.test(text)) return fault('it contains text that jsonb cannot store')
      return { batch, sha256, marker }
    } catch {
      return fault(`it does not parse: ${jsonFault(json)}`)
    }
  } catch (error) {
    return failed(`it ${unreadable(error)}`)
  }
}
