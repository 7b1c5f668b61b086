import type { Sql } from 'postgres'
import { batchesOf, confirm, isSwept, type LedgerEntry, ledgerOf } from './ledger.ts'
import { hashFile, isSame } from './source.ts'
import { type FeedFile, survey } from './survey.ts'

/** What a load would find to do. */
export interface Comparison {
  /** To be landed. */
  changed: FeedFile[]
  /** In the ledger, but no longer in the folder. */
  gone: LedgerEntry[]
  /** Of those that the ledger has as never read to their end. */
  unreadable: Map<string, LedgerEntry>
}

/**
 * Whether a load of the folder would find nothing to do: then what it would tell nevertheless, undefined otherwise. Changes nothing but
 * the times at which files were found unchanged. The caller holds the lock against other loads.
 */
export async function isUnchanged(
  sql: Sql,
  dataDir: string,
  { prune, signal }: { prune: boolean; signal?: AbortSignal },
): Promise<{ refused: number; notices: string[] } | undefined> {
  if (!(await isSwept(sql))) return undefined
  const { files, notices } = survey(dataDir)
  let refused = 0
  const count = (_: FeedFile, { reason }: LedgerEntry) => {
    if (reason !== null) refused += 1
  }
  const { changed, gone } = await compare(sql, files, count, signal)
  return changed.length > 0 || (prune && gone.length > 0) ? undefined : { refused, notices }
}

/** Compares the files of a folder with the ledger. */
export async function compare(
  sql: Sql,
  files: FeedFile[],
  onUnchanged: (file: FeedFile, entry: LedgerEntry) => void,
  signal: AbortSignal | undefined,
): Promise<Comparison> {
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

/** A file touched less than this before it was last examined may have been touched again in the same tick of its clock. In ns. */
const SETTLED = 3_000_000_000n

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
