import type { CopyIn, Session } from '../run/database/driver.ts'
import { copyRepeats, copyRows, isDataFault, startCopy } from './copy.ts'
import type { Entity } from './entities.ts'
import type { JudgedInMemory } from './judge.ts'
import type { Judge } from './judge-thread.ts'
import { announce, conclude, enter, type Landed } from './ledger.ts'
import type { Pool } from './pool.ts'
import type { Document, FileBundle } from './record-batches.ts'
import { Refusal } from './refusal.ts'
import type { Source } from './source.ts'
import { createTally, finish } from './tally.ts'
import { transaction, type Words } from './transaction-statements.ts'

/** What a large file needs to land. */
export interface Crew {
  /** Connections of our own: a second one where it exists. */
  lanes: [Session, Session?]
  /** How its transactions begin and end. */
  words: Words
  signal?: AbortSignal
  judging: Judge
  /** Whether the contents of the file are remembered. */
  remembers: boolean
  pool: Pool
}

/** How the rows of a large file are copied into the table over one lane. */
type Way = (lane: Session, entity: Entity) => Promise<CopyIn>

/** Runs a COPY for each bundle, for files with a record that the server may refuse. */
export const copyApart: Way = async (lane, entity) => {
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

/** Lands a file of many bundles, copied over all lanes; the lane that writes the ledger commits last. */
export async function landLarge(
  landed: Landed,
  { pieces, source, document }: { pieces: AsyncGenerator<FileBundle>; source: Source; document: Document },
  { lanes: [first, second], words, signal, judging, remembers, pool }: Crew,
  way: Way = startCopy,
): Promise<Landed> {
  const { file, fileId } = landed
  const { entity } = file
  const lanes = second ? [second, first] : [first]
  const tally = createTally()
  // Repeats go over the first lane alone: it sees whether they refer to contents of a file that leaves the ledger.
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
        // Does not wait for writes in progress: the server may not read them for long.
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
    // Bundles that nobody waits for any more are still remembered, until the file is forgotten.
    await last
  }
}

/** Gives the same values, but requests up to `count` of them before they are needed. */
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

function sizeOf(pieces: Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}

const LOOK_AHEAD = 2
/** In bytes. */
const REPEATS_AT_ONCE = 1 << 22
