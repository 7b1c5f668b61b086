import type { Session } from '../run/database/driver.ts'
import { copyRepeats, copyRows } from './copy.ts'
import { type Entity, entities } from './entities.ts'
import type { Judged } from './judge.ts'
import { enter, type Landed } from './ledger.ts'
import type { Pool } from './pool.ts'
import { transaction, type Words } from './transaction-statements.ts'

/** Small files on their way into the landing tables, many in a transaction. */
export interface Groups {
  /** Memory for the rows of a file, at most so many bytes, right after the rows of the files before it. */
  room(bytes: number): Buffer
  /** Adds a file that was read, with its rows; without rows where it is refused. */
  add(landed: Landed, judged?: Pick<Judged, 'rows' | 'repeats'>): void
  /** Whether there is enough for a transaction. */
  isFull(): boolean
  /** Writes what was added, while the next files are being read. */
  flush(): Promise<void>
  /** Waits for what is being written. Throws what went wrong there. */
  written(): Promise<void>
}

/** Groups that are written over one connection; rows lie in memory of the pool. */
export function createGroups(lane: Session, words: Words, pool: Pool, onLanded: (landed: Landed) => void): Groups {
  let group = createGroup()
  let writing = Promise.resolve()

  return {
    room(bytes) {
      const last = group.memory.at(-1)
      if (last && last.length - group.used >= bytes) return last.subarray(group.used)
      const next = pool.take(bytes)
      group.memory.push(next)
      group.used = 0
      return next
    },
    add: (landed, judged = { rows: [], repeats: NOTHING }) => addTo(group, landed, judged),
    isFull: () => group.bytes >= GROUP_BYTES || group.landed.length >= GROUP_FILES,
    async flush() {
      const full = group
      group = createGroup()
      await writing
      if (full.landed.length === 0) return
      writing = write(lane, words, full).then(() => {
        full.memory.forEach(pool.give)
        full.landed.forEach(onLanded)
      })
      writing.catch(() => {})
    },
    written: () => writing,
  }
}

/** Rows by entity. */
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
// Few enough to be read between two minor garbage collections: objects that survive two are promoted to the old generation.
const GROUP_FILES = 250

function addTo(group: Group, landed: Landed, { rows, repeats }: Pick<Judged, 'rows' | 'repeats'>): void {
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
    // Joins the rows to those of the file before, where both are adjacent in memory.
    if (last?.buffer === piece.buffer && last.byteOffset + last.length === piece.byteOffset)
      together[together.length - 1] = Buffer.from(last.buffer, last.byteOffset, end - last.byteOffset)
    else together.push(piece)
  }
}

async function write(lane: Session, words: Words, group: Group): Promise<void> {
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

/** The list of a key, made where there is none. */
function listIn<Key, Value>(lists: Map<Key, Value[]>, key: Key): Value[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}
