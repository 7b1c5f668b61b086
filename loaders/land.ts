import type { Session } from '../run/database/driver.ts'
import { knownContents } from './contents.ts'
import { isDataFault } from './copy.ts'
import type { Entity } from './entities.ts'
import { judge, roomOf } from './judge.ts'
import { judgeHere, startJudge } from './judge-thread.ts'
import { type Crew, copyApart, landLarge } from './land-large.ts'
import { createGroups } from './land-small.ts'
import { type Landed, newFileIds } from './ledger.ts'
import { createPool } from './pool.ts'
import { bundles, type Document, type FileBundle, WINDOW } from './record-batches.ts'
import { Refusal } from './refusal.ts'
import { hashFile, headOf, openSource } from './source.ts'
import { entityOf, type FeedFile, type Survey } from './survey.ts'
import { createTally, finish } from './tally.ts'
import type { Words } from './transaction-statements.ts'

/** What a landing needs, and whom it tells. */
export interface Lander {
  /** Connections of our own: the second is for large files, where there is one. */
  lanes: [Session, Session?]
  /** How a piece of the landing begins and ends. */
  words: Words
  examine: Survey['examine']
  /** Files of the ledger that are removed after the landing. */
  pruned: string[]
  /** How many bytes all files have together. */
  bytes: number
  /** How many bytes the largest file has. */
  largest: number
  signal?: AbortSignal
  onBytes(bytes: number): void
  onFile(file: FeedFile): void
  onLanded(landed: Landed): void
  /** Whether the ledger already has the file as refused for this reason and without a hash: then its row stays as it is. */
  isKnown(file: FeedFile, reason: string): boolean
}

/**
 * Lands files: small ones many in a transaction, a large one, which does not fit in a single bundle, in one of its own.
 * A refused file lands as its ledger row alone.
 */
export async function land(paths: string[], lander: Lander): Promise<void> {
  const { words } = lander
  const [lane] = lander.lanes
  const last = lastOfEach(paths)
  const arriving = lander.bytes / USUAL_RECORD
  const room = paths.length > last.size ? arriving : 0
  const contents = await knownContents(lane, [...last.keys()], { arriving, room }, [...paths, ...lander.pruned])
  const isLarge = lander.largest > LARGE
  const judging = lazily(() => (isLarge ? startJudge : judgeHere)(contents))
  const pool = createPool(WINDOW)
  // Starting a thread takes a third of a second and more: begin before it is needed.
  if (isLarge) judging.get()
  let ids: bigint[] = []
  const small = createGroups(lane, words, pool, lander.onLanded)

  try {
    for (const [index, path] of paths.entries()) {
      if (ids.length === 0) {
        await small.written()
        ids = await newFileIds(lane, Math.min(paths.length - index, IDS_AT_ONCE))
      }
      lander.signal?.throwIfAborted()
      const file = lander.examine(path)
      lander.onFile(file)
      const fileId = ids.shift() as bigint
      const readAt = BigInt(Date.now()) * 1_000_000n
      try {
        if (file.fault) throw new Refusal(file.fault)
        await landFile({ file, fileId, readAt, sha256: undefined, records: 0, rejected: new Map() })
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        contents.forget(Number(fileId))
        // A file refused for its kind, such as a pipe, is never opened.
        const sha256 = file.fault || error.message === CHANGED ? undefined : await hashFile(file, { signal: lander.signal })
        const head = file.fault ? undefined : await headOf(file)
        if (sha256 || !lander.isKnown(file, error.message))
          small.add({ file, fileId, readAt, sha256, records: 0, rejected: new Map(), reason: error.message, head })
      }
      if (small.isFull()) await small.flush()
    }
    await small.flush()
    await small.written()
  } finally {
    await small.written().catch(() => {})
    await judging.current?.close()
  }

  async function landFile(opened: Landed): Promise<void> {
    const source = openSource(opened.file, lander.onBytes)
    const landed = { ...opened, file: { ...opened.file, stats: source.stats } }
    try {
      const document: Document = { isBlank: true }
      const pieces = bundles(landed.file, landed.fileId, source, pool, document)
      const [one, two] = [await pieces.next(), await pieces.next()]
      if (two.done) {
        const tally = createTally()
        const judged = one.done
          ? undefined
          : judge(one.value, small.room(roomOf(one.value)), { contents, remembers: remembers(landed.file) })
        if (!one.done && judged) {
          tally.add(one.value, judged)
          if (!judged.rows.some(({ buffer }) => buffer === one.value.bytes.buffer)) pool.give(one.value.bytes)
        }
        return small.add(finish(landed, tally, source, document), judged)
      }
      await small.flush()
      await small.written()
      const all = chain([one.value as FileBundle, two.value], pieces)
      lander.onLanded(await landLarge(landed, { pieces: all, source, document }, crew(landed)))
    } catch (error) {
      if (!isDataFault(error)) throw error
      contents.forget(Number(landed.fileId))
      await landAgain(landed)
    } finally {
      await source.close()
    }
  }

  /** Lands a large file with a record that the server refuses: each bundle in a COPY of its own, to find that record. */
  async function landAgain(landed: Landed): Promise<void> {
    const source = openSource(landed.file)
    try {
      const document: Document = { isBlank: true }
      const pieces = bundles(landed.file, landed.fileId, source, pool, document)
      const opened = { ...landed, file: { ...landed.file, stats: source.stats } }
      lander.onLanded(await landLarge(opened, { pieces, source, document }, crew(landed), copyApart))
    } finally {
      await source.close()
    }
  }

  function crew({ file }: Landed): Crew {
    return { ...lander, pool, judging: judging.get(), remembers: remembers(file) }
  }

  /** Whether a later file may ask for the contents of this one. */
  function remembers({ entity, path }: FeedFile): boolean {
    return last.get(entity) !== path
  }
}

/** In bytes: larger files are judged by a thread of their own while they are read and copied. */
const LARGE = 1 << 23
const IDS_AT_ONCE = 1000
/** The size of a usual record, in bytes. */
const USUAL_RECORD = 400

/** The reason for a file that changed while it was read: its hash would fit neither state. */
const CHANGED = 'changed while it was read'

async function* chain<Value>(firsts: Value[], rest: AsyncGenerator<Value>): AsyncGenerator<Value> {
  yield* firsts
  yield* rest
}

/** Of each entity the file that lands last. */
function lastOfEach(paths: string[]): Map<Entity, string> {
  return new Map(paths.map(path => [entityOf(path), path]))
}

function lazily<Value>(make: () => Value): { get(): Value; current: Value | undefined } {
  return {
    current: undefined,
    get() {
      this.current ??= make()
      return this.current
    },
  }
}
