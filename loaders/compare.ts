import type { Sql } from '../run/database/driver.ts'
import { confirm, countFiles, isSwept, type LedgerEntry, type Listed, ledgerOf, listedOutside, READING } from './ledger.ts'
import { changedMarkers, markerFiles } from './markers.ts'
import { hashFile, isSame } from './source.ts'
import { type FeedFile, type Survey, survey } from './survey.ts'

/** What a load would find to do. */
export interface Comparison {
  /** Paths of files to be landed, how many bytes they have together, and how many the largest has. */
  changed: string[]
  bytes: number
  largest: number
  /** How many files of the folder are in the ledger, whatever they hold now. */
  known: number
  /** In the ledger, but no longer in the folder. */
  gone: Listed[]
  /** Files of the folder that the ledger has without a hash, as they were never read to their end. */
  unreadable: Map<string, LedgerEntry>
}

/**
 * Gives what a load that finds nothing to do would still report; undefined where a load would find something. Changes nothing but the times
 * at which files were found unchanged. The caller holds the lock against other loads.
 */
export async function isUnchanged(
  sql: Sql,
  dataDir: string,
  { prune, signal }: { prune: boolean; signal?: AbortSignal },
): Promise<{ refused: number; notices: string[] } | undefined> {
  if (!(await isSwept(sql))) return undefined
  const found = survey(dataDir)
  // There are new files: the load that follows finds out which.
  if (found.paths.length > (await countFiles(sql))) return undefined
  let refused = 0
  const count = (_: FeedFile, { reason }: LedgerEntry) => {
    if (reason !== null) refused += 1
  }
  const { changed, gone } = await compare(sql, found, count, signal)
  if (changed.length > 0 || (prune && gone.length > 0)) return undefined
  if ((await changedMarkers(sql, markerFiles(dataDir, found.markers))).length > 0) return undefined
  return { refused, notices: found.notices }
}

/** Compares the files of a folder with the ledger, in chunks: there may be very many. */
export async function compare(
  sql: Sql,
  { paths, examine }: Survey,
  onUnchanged: (file: FeedFile, entry: LedgerEntry) => void,
  signal: AbortSignal | undefined,
): Promise<Comparison> {
  const found: Comparison = { changed: [], bytes: 0, largest: 0, known: 0, gone: [], unreadable: new Map() }
  for (let from = 0; from < paths.length; from += AT_ONCE) {
    const some = paths.slice(from, from + AT_ONCE)
    const ledger = await ledgerOf(sql, some)
    const confirmed: { file: FeedFile; readAt: bigint }[] = []
    found.known += ledger.size
    for (const path of some) {
      signal?.throwIfAborted()
      const file = examine(path)
      const entry = ledger.get(path)
      const readAt = BigInt(Date.now()) * 1_000_000n
      const state = entry ? await stateOf(file, entry, signal) : 'changed'
      if (entry && !entry.sha256) found.unreadable.set(path, entry)
      if (state === 'changed') add(file)
      else if (entry) onUnchanged(file, entry)
      if (state === 'touched') confirmed.push({ file, readAt })
    }
    if (confirmed.length > 0) await confirm(sql, confirmed)
  }
  if ((await countFiles(sql)) > found.known) found.gone = await listedOutside(sql, new Set(paths))
  return found

  function add({ path, stats }: FeedFile): void {
    const bytes = Number(stats?.bytes ?? 0)
    found.changed.push(path)
    found.bytes += bytes
    found.largest = Math.max(found.largest, bytes)
  }
}

// Few enough to be done between two minor garbage collections: objects that survive two are promoted to the old generation.
const AT_ONCE = 250

/** In nanoseconds: a file touched less than this before it was last examined may have been touched again in the same tick of its clock. */
const SETTLED = 3_000_000_000n

/** Compares the content of a file with the ledger (R8). Hashes the file only where its stats leave doubt. */
async function stateOf(file: FeedFile, entry: LedgerEntry, signal: AbortSignal | undefined): Promise<'same' | 'touched' | 'changed'> {
  const { stats, fault } = file
  if (fault) return entry.reason === fault ? 'same' : 'changed'
  if (entry.reading !== READING) return 'changed'
  if (!stats) return 'changed'
  if (!entry.sha256 || !entry.stats || entry.stats.bytes !== stats.bytes) return 'changed'
  const isSettled = stats.modified + SETTLED < entry.readAt && stats.changed + SETTLED < entry.readAt
  if (isSettled && isSame(stats, entry.stats)) return 'same'
  return (await hashFile(file, { signal })) === entry.sha256 ? 'touched' : 'changed'
}
