import { ProjectError } from '../run/base/errors.ts'
import { cancelling } from '../run/database/cancel.ts'
import type { Session, Sql } from '../run/database/driver.ts'
import { compare } from './compare.ts'
import type { Entity } from './entities.ts'
import type { Lander } from './land.ts'
import { countOldReadings, type Landed, type LedgerEntry, type Listed, prune, purge, sweep } from './ledger.ts'
import { landMarkers, markerFiles } from './markers.ts'
import { type FeedFile, survey } from './survey.ts'
import { addCounts } from './tally.ts'
import { own, within } from './transaction-statements.ts'

/** What a load did. */
export interface LoadReport {
  /** Per batch and entity that has files in the folder or lost some, batches in natural order. */
  loads: EntityLoad[]
  /** What was passed over in the folder, and why; each a sentence. */
  notices: string[]
  /** Whether anything landed, was refused anew or was pruned. */
  changed: boolean
}

/** What a load did for one entity of one batch. */
export interface EntityLoad {
  batch: string
  entity: Entity
  /** In the folder: read now, refused or unchanged. */
  files: number
  /** Records that landed now, and of them those with a verdict of no error. */
  read: number
  accepted: number
  /** Records that landed now and that SQL will reject, as far as their schema tells: by reason. */
  rejected: Map<string, number>
  /** Files with the content that the ledger has. */
  unchanged: number
  /** Files refused whole, now or, where unchanged, before. */
  refused: { path: string; reason: string }[]
  /** Files that went out of the ledger. */
  pruned: number
}

/** How far a load has come. */
export interface LoadProgress {
  /** Bytes on disk that were read, of those to read. */
  bytes: number
  totalBytes: number
  files: number
  totalFiles: number
  /** The file at work, relative to the data folder. */
  path: string
}

/** What a load shall do beside loading. */
export interface LoadOptions {
  /** Take out of the ledger what is gone from the folder. */
  prune: boolean
  /** The session that holds the lock against other loads: the ledger is written on it, so that a load cannot outlive its lock. */
  session?: Session
  /** The session is in a transaction already: all work is done in it, and its owner commits it or rolls it back. */
  isInside?: boolean
  /** A condition on file_id for files that published views still show, though they may have left the ledger; by default there are none. */
  isShown?: string
  /** Ends the load with an AbortError: the files that landed wholly stay, the others come with the next load. */
  signal?: AbortSignal
  onProgress?: (progress: LoadProgress) => void
}

/**
 * Lands the files of a data folder that are new or changed, each wholly or not at all (R6-R8). `sql` is a pool of two connections or more,
 * three for full speed; the caller holds the lock against other loads. Throws a ProjectError when there is no feed in the folder.
 */
export async function load(
  sql: Sql,
  dataDir: string,
  { prune: prunes, session, isInside = false, isShown = 'false', signal, onProgress = () => {} }: LoadOptions,
): Promise<LoadReport> {
  const found = survey(dataDir)
  const report = createReport()
  const lane = session ?? (await sql.reserve())
  const words = isInside ? within : own
  let second: Session | undefined

  try {
    return await cancelling(sql, [lane], signal, async () => {
      await sweep(lane)
      const { changed, bytes, largest, known, gone, unreadable } = await compare(lane, found, report.unchanged, signal)
      if (known === 0 && gone.length > 0 && !prunes) throw anotherFeed(dataDir, gone)
      const old = gone.length > 0 && !prunes ? await countOldReadings(lane, gone) : 0
      if (changed.length > 0) {
        // Judges and schemas are read when there is something to judge.
        const { land } = await import('./land.ts')
        if (!isInside && (sql.options.max ?? 1) > 2) second = await sql.reserve()
        const lander: Lander = {
          ...createProgress(bytes, changed.length, onProgress),
          examine: found.examine,
          pruned: prunes ? gone.map(({ path }) => path) : [],
          bytes,
          largest,
          lanes: [lane, second],
          words,
          ...(signal && { signal }),
          onLanded: report.landed,
          isKnown(file, reason) {
            const entry = unreadable.get(file.path)
            if (entry?.reason !== reason) return false
            report.unchanged(file, entry)
            return true
          },
        }
        await cancelling(sql, second ? [second] : [], signal, () => land(changed, lander))
      }
      if (prunes && gone.length > 0) {
        await lane.unsafe(words.begin)
        await prune(lane, gone)
        await lane.unsafe(words.commit)
        gone.forEach(report.pruned)
      }
      await lane.unsafe(words.begin)
      await purge(lane, isShown)
      await lane.unsafe(words.commit)
      const markers = await landMarkers(lane, words, markerFiles(dataDir, found.markers))
      await analyze(lane, report.loads())
      return {
        loads: report.loads(),
        notices: [...found.notices, ...(old > 0 ? [readByOldRules(old)] : [])],
        changed: markers || report.loads().some(({ files, unchanged, pruned }) => files > unchanged || pruned > 0),
      }
    })
  } finally {
    second?.release()
    if (!session) lane.release()
  }
}

/** Analyzes landing tables that grew by a tenth: only the row counts matter, as no plan depends on the content of records. */
async function analyze(sql: Sql, loads: EntityLoad[]): Promise<void> {
  const landed = new Map<Entity, number>()
  for (const { entity, read } of loads) landed.set(entity, (landed.get(entity) ?? 0) + read)
  for (const [entity, rows] of landed)
    if (rows >= 1000 && (await hasGrown(sql, entity, rows))) await sql.unsafe(`analyze raw.${entity} (file_id, position)`)
  if (landed.size > 0 && loads.some(({ files, unchanged }) => files > unchanged)) await sql.unsafe('analyze ops.files')
}

// The limit is that of autovacuum, which may be off. The server may not have counted yet what landed just now.
async function hasGrown(sql: Sql, entity: Entity, rows: number): Promise<boolean> {
  const [table] = await sql<{ has_grown: boolean }[]>`
    select pg_stat_get_mod_since_analyze(oid) + ${rows}::int >= reltuples / 10 as has_grown
    from pg_class where oid = ${`raw.${entity}`}::regclass
  `
  return table?.has_grown ?? true
}

function createProgress(totalBytes: number, totalFiles: number, onProgress: (progress: LoadProgress) => void) {
  const progress = { bytes: 0, totalBytes, files: 0, totalFiles, path: '' }
  let before = 0
  return {
    onBytes(bytes: number) {
      progress.bytes = Math.min(progress.bytes + bytes, totalBytes)
      onProgress({ ...progress })
    },
    onFile({ path, stats }: FeedFile) {
      // A file may have been refused before its end, or have grown.
      progress.bytes = before
      before += Number(stats?.bytes ?? 0)
      progress.path = path
      progress.files += 1
    },
  }
}

function createReport() {
  const loads = new Map<string, EntityLoad>()

  return {
    loads: () => [...loads.values()],
    unchanged(file: FeedFile, { path, reason }: LedgerEntry) {
      const load = of(file)
      load.files += 1
      load.unchanged += 1
      if (reason !== null) load.refused.push({ path, reason })
    },
    landed({ file, records, rejected, reason }: Landed) {
      const load = of(file)
      load.files += 1
      load.read += records
      load.accepted += records - [...rejected.values()].reduce((sum, count) => sum + count, 0)
      addCounts(load.rejected, rejected)
      if (reason !== undefined) load.refused.push({ path: file.path, reason })
    },
    pruned(entry: Listed) {
      of(entry).pruned += 1
    },
  }

  function of({ batch, entity }: { batch: string; entity: Entity }): EntityLoad {
    const key = `${batch}/${entity}`
    const load = loads.get(key) ?? {
      batch,
      entity,
      files: 0,
      read: 0,
      accepted: 0,
      rejected: new Map(),
      unchanged: 0,
      refused: [],
      pruned: 0,
    }
    loads.set(key, load)
    return load
  }
}

// People of one company must never mix with those of another.
function anotherFeed(dataDir: string, gone: Listed[]): ProjectError {
  const files = gone.length === 1 ? 'The file' : `None of the ${gone.length} files`
  return new ProjectError(
    `${files} that this database was loaded from, such as ${gone[0]?.path}, ${gone.length === 1 ? 'is not' : 'is'} in ${dataDir}: it looks like another feed`,
    {
      hint: 'Load another feed into a database of its own (DATABASE_URL, or another --project-dir). If this folder replaces the old one, add --prune: it removes the records of the old files.',
    },
  )
}

function readByOldRules(files: number): string {
  const what = files === 1 ? 'file is no longer in the folder and keeps' : 'files are no longer in the folder and keep'
  return `The rules for reading files have changed: ${files} loaded ${what} the result of the old rules.`
}
