import type { ReservedSql, Sql } from 'postgres'
import type { Entity } from './entities.ts'
import { type Landed, land } from './land.ts'
import { batchesOf, confirm, type LedgerEntry, ledgerOf, prune, sweep } from './ledger.ts'
import { hashFile, isSame } from './source.ts'
import { type FeedFile, survey } from './survey.ts'
import { addCounts } from './tally.ts'

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
  session?: ReservedSql
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
  { prune: prunes, session, signal, onProgress = () => {} }: LoadOptions,
): Promise<LoadReport> {
  const { files, notices } = survey(dataDir)
  const report = createReport()
  const lane = session ?? (await sql.reserve())
  const second = (sql.options.max ?? 1) > 2 ? await sql.reserve() : undefined

  try {
    await sweep(lane)
    const { changed, gone, unreadable } = await compare(lane, files, report.unchanged, signal)
    await land(changed, {
      ...createProgress(changed, onProgress),
      lanes: [lane, second],
      ...(signal && { signal }),
      onLanded: report.landed,
      isKnown(file, reason) {
        const entry = unreadable.get(file.path)
        if (entry?.reason !== reason) return false
        report.unchanged(file, entry)
        return true
      },
    })
    if (prunes && gone.length > 0) {
      await lane.unsafe('begin')
      await prune(lane, gone)
      await lane.unsafe('commit')
      gone.forEach(report.pruned)
    }
    await analyze(lane, report.loads())
    return {
      loads: report.loads(),
      notices,
      changed: report.loads().some(({ files, unchanged, pruned }) => files > unchanged || pruned > 0),
    }
  } finally {
    second?.release()
    if (!session) lane.release()
  }
}

/** A file touched less than this before it was last examined may have been touched again in the same tick of its clock. In ns. */
const SETTLED = 3_000_000_000n

/** Which files are to be landed, which that the ledger has are gone, and which it has as never read to their end. */
async function compare(
  sql: Sql,
  files: FeedFile[],
  onUnchanged: (file: FeedFile, entry: LedgerEntry) => void,
  signal: AbortSignal | undefined,
): Promise<{ changed: FeedFile[]; gone: LedgerEntry[]; unreadable: Map<string, LedgerEntry> }> {
  const changed: FeedFile[] = []
  const gone: LedgerEntry[] = []
  const unreadable = new Map<string, LedgerEntry>()
  const confirmed: { file: FeedFile; readAt: bigint }[] = []
  const byBatch = new Map((await batchesOf(sql)).map(batch => [batch, [] as FeedFile[]]))
  const isNew = (batch: string) => !byBatch.has(batch)
  for (const file of files) {
    if (isNew(file.batch)) byBatch.set(file.batch, [])
    byBatch.get(file.batch)?.push(file)
  }

  for (const [batch, present] of byBatch) {
    const ledger = await ledgerOf(sql, batch)
    for (const file of present) {
      signal?.throwIfAborted()
      const entry = ledger.get(file.path)
      ledger.delete(file.path)
      const readAt = BigInt(Date.now()) * 1_000_000n
      const state = entry ? await stateOf(file, entry) : 'changed'
      if (entry && !entry.sha256) unreadable.set(file.path, entry)
      if (state === 'changed') changed.push(file)
      else if (entry) onUnchanged(file, entry)
      if (state === 'touched') confirmed.push({ file, readAt })
    }
    gone.push(...ledger.values())
  }
  if (confirmed.length > 0) await confirm(sql, confirmed)
  return { changed, gone, unreadable }
}

/** Whether the content of a file is what the ledger has of it (R8). A file is only hashed when its stats do not settle that. */
async function stateOf(file: FeedFile, entry: LedgerEntry): Promise<'same' | 'touched' | 'changed'> {
  const { stats, fault } = file
  if (fault) return entry.reason === fault ? 'same' : 'changed'
  if (!stats) return 'changed'
  if (!entry.sha256 || !entry.stats || entry.stats.bytes !== stats.bytes) return 'changed'
  const isSettled = stats.modified + SETTLED < entry.readAt && stats.changed + SETTLED < entry.readAt
  if (isSettled && isSame(stats, entry.stats)) return 'same'
  return (await hashFile(file)) === entry.sha256 ? 'touched' : 'changed'
}

/** New statistics for landing tables that grew: the row counts alone, nobody plans by what is inside the records. */
async function analyze(sql: Sql, loads: EntityLoad[]): Promise<void> {
  const grown = new Map<Entity, number>()
  for (const { entity, read } of loads) grown.set(entity, (grown.get(entity) ?? 0) + read)
  for (const [entity, rows] of grown) if (rows >= 1000) await sql.unsafe(`analyze raw.${entity} (file_id, position)`)
  if (grown.size > 0 && loads.some(({ files, unchanged }) => files > unchanged)) await sql.unsafe('analyze ops.files')
}

function createProgress(files: FeedFile[], onProgress: (progress: LoadProgress) => void) {
  const totalBytes = files.reduce((sum, { stats }) => sum + Number(stats?.bytes ?? 0), 0)
  const progress = { bytes: 0, totalBytes, files: 0, totalFiles: files.length, path: '' }
  return {
    onBytes(bytes: number) {
      progress.bytes += bytes
      onProgress({ ...progress })
    },
    onFile({ path }: FeedFile) {
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
    pruned(entry: LedgerEntry) {
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
