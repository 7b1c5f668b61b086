import type { CopyIn, Session } from '../run/database/driver.ts'
import { knownContents } from './contents.ts'
import { copyRepeats, copyRows, isDataFault, startCopy } from './copy.ts'
import { type Entity, entities } from './entities.ts'
import { type Judged, type JudgedInMemory, judge, roomOf } from './judge.ts'
import { type Judge, judgeHere, startJudge } from './judge-thread.ts'
import { announce, conclude, enter, newFileIds, type Outcome } from './ledger.ts'
import { createPool, type Pool } from './pool.ts'
import { bundles, type Document, type FileBundle, WINDOW } from './record-batches.ts'
import { Refusal } from './refusal.ts'
import { hashFile, headOf, openSource, type Source } from './source.ts'
import { entityOf, type FeedFile, type Survey } from './survey.ts'
import { createTally, type Tally } from './tally.ts'
import type { Words } from './transaction-statements.ts'

/** What became of a file, and of its records. */
export interface Landed extends Outcome {
  rejected: Map<string, number>
}

/** What a landing needs, and whom it tells. */
export interface Lander {
  /** Connections of our own: the second is for large files, where there is one. */
  lanes: [Session, Session?]
  /** How a piece of the landing begins and ends. */
  words: Words
  examine: Survey['examine']
  /** Files of the ledger that go after the landing. */
  pruned: string[]
  /** How many bytes all files have together. */
  bytes: number
  /** How many bytes the largest file has. */
  largest: number
  signal?: AbortSignal
  onBytes(bytes: number): void
  onFile(file: FeedFile): void
  onLanded(landed: Landed): void
  /** Of a file that is refused for the reason, and unhashed, that the ledger has: it stays as it is. */
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
  // Where each entity has one file only, nothing of this load comes again in it.
  const arriving = paths.length > last.size ? lander.bytes / USUAL_RECORD : 0
  const contents = await knownContents(lane, [...last.keys()], arriving, [...paths, ...lander.pruned])
  const isLarge = lander.largest > LARGE
  const judging = lazily(() => (isLarge ? startJudge : judgeHere)(contents))
  const pool = createPool(WINDOW)
  // Starting a thread takes a third of a second and more: begin before it is needed.
  if (isLarge) judging.get()
  let ids: bigint[] = []
  let group = createGroup()
  let writing = Promise.resolve()

  try {
    for (const [index, path] of paths.entries()) {
      if (ids.length === 0) {
        await writing
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
        // What is refused by its kind is never opened.
        const sha256 = file.fault || error.message === CHANGED ? undefined : await hashFile(file, { signal: lander.signal })
        const head = file.fault ? undefined : await headOf(file)
        if (sha256 || !lander.isKnown(file, error.message))
          add({ file, fileId, readAt, sha256, records: 0, rejected: new Map(), reason: error.message, head })
      }
      if (group.bytes >= GROUP_BYTES || group.landed.length >= GROUP_FILES) await flush()
    }
    await flush()
    await writing
  } finally {
    await writing.catch(() => {})
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
        const judged = one.done ? undefined : judge(one.value, room(roomOf(one.value)), { contents, remembers: remembers(landed.file) })
        if (!one.done && judged) {
          tally.add(one.value, judged)
          if (!judged.rows.some(({ buffer }) => buffer === one.value.bytes.buffer)) pool.give(one.value.bytes)
        }
        return add(finish(landed, tally, source, document), judged)
      }
      await flush()
      await writing
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

  /** Of a large file with a record that the server refuses: each bundle in a COPY of its own, in which that record can be found. */
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

  /** Whether a file to come may ask what this one held. */
  function remembers({ entity, path }: FeedFile): boolean {
    return last.get(entity) !== path
  }

  function add(landed: Landed, { rows, repeats }: Pick<Judged, 'rows' | 'repeats'> = { rows: [], repeats: NOTHING }): void {
    group.landed.push(landed)
    const { entity } = landed.file
    group.bytes += repeats.length
    if (repeats.length > 0) listIn(group.repeats, entity).push(repeats)
    const together = listIn(group.rows, entity)
    for (const piece of rows) {
      group.bytes += piece.length
      const end = piece.byteOffset + piece.length
      if (piece.buffer === group.memory.at(-1)?.buffer) group.used = end
      const last = together.at(-1)
      // In one piece with the rows of the file before it, where they lie side by side.
      if (last?.buffer === piece.buffer && last.byteOffset + last.length === piece.byteOffset)
        together[together.length - 1] = Buffer.from(last.buffer, last.byteOffset, end - last.byteOffset)
      else together.push(piece)
    }
  }

  /** Memory for the rows of a small file, so many bytes at most, behind those of the files before it. */
  function room(bytes: number): Buffer {
    const last = group.memory.at(-1)
    if (last && last.length - group.used >= bytes) return last.subarray(group.used)
    const next = pool.take(bytes)
    group.memory.push(next)
    group.used = 0
    return next
  }

  /** Writes the group while the next one is being read. */
  async function flush(): Promise<void> {
    const full = group
    group = createGroup()
    await writing
    if (full.landed.length === 0) return
    writing = writeGroup(lane, words, full).then(() => {
      full.memory.forEach(pool.give)
      full.landed.forEach(lander.onLanded)
    })
    writing.catch(() => {})
  }
}

/** Small files on their way into one transaction: rows by entity. */
interface Group {
  bytes: number
  landed: Landed[]
  rows: Map<Entity, Buffer[]>
  repeats: Map<Entity, Buffer[]>
  /** Where the rows lie, and how much of the last is used. */
  memory: Buffer[]
  used: number
}

const createGroup = (): Group => ({ bytes: 0, landed: [], rows: new Map(), repeats: new Map(), memory: [], used: 0 })

const NOTHING = Buffer.alloc(0)
const GROUP_BYTES = 1 << 22
// Fewer than are read between two collections of young garbage: what survives two is kept for long.
const GROUP_FILES = 250
/** Of a file, in bytes: a thread of its own judges larger ones while they are read and copied. */
const LARGE = 1 << 23
const IDS_AT_ONCE = 1000
const LOOK_AHEAD = 2
const REPEATS_AT_ONCE = 1 << 22
/** Of a record, in bytes. */
const USUAL_RECORD = 400

/** What a source says of a file that changed: its hash would be of neither state. */
const CHANGED = 'changed while it was read'

async function writeGroup(lane: Session, words: Words, group: Group): Promise<void> {
  await transaction([lane], words, async () => {
    for (const entity of entities) {
      const rows = group.rows.get(entity)
      if (rows?.length) await copyRows(lane, entity, rows)
      const repeats = group.repeats.get(entity)
      if (repeats) await copyRepeats(lane, entity, repeats)
    }
    await enter(lane, group.landed)
  })
}

/** What a large file needs to land. */
interface Crew extends Lander {
  judging: Judge
  /** Whether it is to be remembered what the file held. */
  remembers: boolean
  pool: Pool
}

/** How the rows of a large file get into the table over one lane. */
type Way = (lane: Session, entity: Entity) => Promise<CopyIn>

/** A COPY for each bundle, where the server may refuse a record. */
const copyApart: Way = async (lane, entity) => {
  let writing = Promise.resolve()
  return {
    write: pieces => {
      writing = copyRows(lane, entity, pieces)
      return writing
    },
    end: async () => {},
    abandon: () => writing.catch(() => {}),
  }
}

/** A file of many bundles, copied over all lanes; the lane that writes the ledger commits last. */
async function landLarge(
  landed: Landed,
  { pieces, source, document }: { pieces: AsyncGenerator<FileBundle>; source: Source; document: Document },
  { lanes: [first, second], words, signal, judging, remembers, pool }: Crew,
  way: Way = startCopy,
): Promise<Landed> {
  const { file, fileId } = landed
  const { entity } = file
  const lanes = second ? [second, first] : [first]
  const tally = createTally()
  // They go over the first lane alone, where it is seen that they name contents of a file that leaves the ledger.
  let repeats: Buffer[] = []
  await announce(first, file, fileId)

  try {
    return await transaction(lanes, words, async () => {
      const work: { lane: Session; copying: CopyIn; done: Promise<void> }[] = []
      const failures: unknown[] = []
      try {
        for (const lane of lanes) work.push({ lane, copying: await way(lane, entity), done: Promise.resolve() })
        for await (const [bundle, verdict] of ahead(judgedBy(judging, pieces, remembers), LOOK_AHEAD)) {
          signal?.throwIfAborted()
          const judged = await verdict
          tally.add(bundle, judged)
          const free = await Promise.race(work.map(async item => item.done.then(() => item)))
          // The other lane may have failed meanwhile.
          if (failures.length > 0) throw failures[0]
          if (judged.repeats.length > 0) repeats.push(judged.repeats)
          free.done = write(free, judged)
          free.done.catch(error => failures.push(error))
        }
        for (const line of work) await line.done.then(() => line.copying.end())
        if (repeats.length > 0) await copyRepeats(first, entity, repeats)
      } catch (error) {
        // Without waiting for what is being written: the server may not take it for long.
        await Promise.all(work.map(({ copying }) => copying.abandon()))
        throw error
      }
      const result = finish(landed, tally, source, document)
      await enter(first, [result])
      await conclude(first, fileId)
      return result
    })
  } catch (error) {
    if (error instanceof Refusal || isDataFault(error)) await conclude(first, fileId)
    throw error
  }

  async function write(line: { lane: Session; copying: CopyIn }, { rows, memory, bytes }: JudgedInMemory): Promise<void> {
    await line.copying.write(rows)
    judging.reuse(memory)
    pool.give(bytes)
    if (line.lane !== first || sizeOf(repeats) < REPEATS_AT_ONCE) return
    const full = repeats
    repeats = []
    await line.copying.end()
    await copyRepeats(first, entity, full)
    line.copying = await way(first, entity)
  }
}

/** Runs the work in a transaction on each lane; they commit in turn. */
async function transaction<Result>(lanes: Session[], words: Words, work: () => Promise<Result>): Promise<Result> {
  for (const lane of lanes) await lane.unsafe(words.begin)
  try {
    const result = await work()
    for (const lane of lanes) await lane.unsafe(words.commit)
    return result
  } catch (error) {
    for (const lane of lanes) await lane.unsafe(words.rollback).catch(() => {})
    throw error
  }
}

function finish(landed: Landed, tally: Tally, source: Source, document: Document): Landed {
  const signs = tally.end(document)
  return { ...landed, sha256: source.finish(), records: tally.records, rejected: tally.rejected, signs }
}

async function* judgedBy(
  judging: Judge,
  pieces: AsyncGenerator<FileBundle>,
  remembers: boolean,
): AsyncGenerator<[FileBundle, Promise<JudgedInMemory>]> {
  let last: Promise<unknown> = Promise.resolve()
  try {
    for await (const bundle of pieces) {
      const judged = judging.judge(bundle, remembers)
      last = judged.catch(() => {})
      yield [bundle, judged]
    }
  } finally {
    // What nobody waits for any more is remembered all the same, until the file is forgotten.
    await last
  }
}

/** The same values, of which up to `count` are asked for before they are needed. */
async function* ahead<Value>(values: AsyncGenerator<Value>, count: number): AsyncGenerator<Value> {
  const asked: Promise<IteratorResult<Value>>[] = []
  try {
    for (;;) {
      while (asked.length <= count) {
        const next = values.next()
        next.catch(() => {})
        asked.push(next)
      }
      const { done, value } = await (asked.shift() as Promise<IteratorResult<Value>>)
      if (done) return
      yield value
    }
  } finally {
    await Promise.allSettled(asked)
    await values.return(undefined)
  }
}

async function* chain<Value>(firsts: Value[], rest: AsyncGenerator<Value>): AsyncGenerator<Value> {
  yield* firsts
  yield* rest
}

function sizeOf(pieces: Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}

/** The list of a key, made where there is none. */
function listIn<Key, Value>(lists: Map<Key, Value[]>, key: Key): Value[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
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
