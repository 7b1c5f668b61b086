import { hash } from 'node:crypto'
import { copyOut, type Session } from '../run/database/driver.ts'
import { declarationOf } from './declaration.ts'
import { type Entity, entities } from './entities.ts'
import { textsIn } from './sql-lists.ts'

/** The place where a content landed first, and whether it conforms to the present declaration of its entity. */
export interface FirstPlace {
  fileId: number
  position: number
  conforms: boolean
}

/**
 * The contents that landed lately, by entity and hash, as a content that comes again need not land again. Threads that share the memory
 * take turns.
 */
export interface Contents {
  memory: SharedArrayBuffer
  find(entity: Entity, hash: Uint8Array): FirstPlace | undefined
  add(entity: Entity, hash: Uint8Array, place: FirstPlace): void
  /** Removes the contents of a file that does not land after all. */
  forget(fileId: number): void
}

/**
 * Identifies a content: the first 128 bits of the SHA-256 of its bytes. The odds that any two of 10^12 contents share them are 1 to 10^14;
 * making two such records on purpose takes 2^64 attempts.
 */
export function contentHash(record: Uint8Array): Uint8Array {
  return hash('sha256', record, 'buffer').subarray(0, HASH)
}

/** An empty table for so many contents; beyond its size it keeps the latest. `known` of them are added at once, before all others. */
export function createContents(expected: number, known = 0): Contents {
  const most = Math.min(Math.max(expected, LEAST), ARRIVING)
  const [first, second] = [slotsFor(Math.max(most, known)), slotsFor(most)]
  const memory = new SharedArrayBuffer(4 * (HEADER + (first + second) * SLOT))
  new Uint32Array(memory)[FIRST] = first
  return openContents(memory)
}

/**
 * The table in the memory. It has two parts, the one being filled and the one filled before. When a part is full, the older one is emptied
 * and filled next, so that contents found often stay, and memory is bounded.
 */
export function openContents(memory: SharedArrayBuffer): Contents {
  const words = new Uint32Array(memory)
  const first = words[FIRST] as number
  const slots = [first, (words.length - HEADER) / SLOT - first] as const
  const starts = [HEADER, HEADER + first * SLOT] as const
  const key = new Uint32Array(HASH / 4)
  const bytes = new Uint8Array(key.buffer)

  return {
    memory,
    find(entity, hash) {
      setKey(entity, hash)
      const current = words[CURRENT] as Part
      const at = slotOf(current)
      if (isTaken(at)) return placeAt(at)
      const older = slotOf(other(current))
      if (!isTaken(older)) return undefined
      const place = placeAt(older)
      put(place)
      return place
    },
    add(entity, hash, place) {
      setKey(entity, hash)
      put(place)
    },
    forget(fileId) {
      for (let at = HEADER; at < words.length; at += SLOT)
        if (isTaken(at) && placeAt(at).fileId === fileId) words[at + STATE] = ((words[at + STATE] as number) & ~3) | GONE
    },
  }

  function setKey(entity: Entity, hash: Uint8Array): void {
    bytes.set(hash)
    // The same bytes in two entities are two contents.
    key[0] = ((key[0] as number) ^ entities.indexOf(entity)) >>> 0
  }

  /** The slot of the key in a part, or the empty one where it would be. */
  function slotOf(part: Part): number {
    const [start, end] = [starts[part], starts[part] + slots[part] * SLOT]
    for (let at = start + ((key[3] as number) % slots[part]) * SLOT; ; at = at + SLOT === end ? start : at + SLOT) {
      if (words[at + STATE] === EMPTY) return at
      if (words[at] === key[0] && words[at + 1] === key[1] && words[at + 2] === key[2] && words[at + 3] === key[3]) return at
    }
  }

  function isTaken(at: number): boolean {
    return ((words[at + STATE] as number) & 3) === TAKEN
  }

  function put({ fileId, position, conforms }: FirstPlace): void {
    const current = words[CURRENT] as Part
    if ((words[COUNT] as number) >= slots[current] * FULL) turn(other(current))
    const at = slotOf(words[CURRENT] as Part)
    if (words[at + STATE] === EMPTY) words[COUNT] = (words[COUNT] as number) + 1
    words.set(key, at)
    words[at + FILE] = fileId
    words[at + POSITION] = position
    words[at + STATE] = Math.floor(fileId / 2 ** 32) * 8 + (conforms ? 4 : 0) + TAKEN
  }

  function turn(next: Part): void {
    words.fill(EMPTY, starts[next], starts[next] + slots[next] * SLOT)
    words[CURRENT] = next
    words[COUNT] = 0
  }

  function placeAt(at: number): FirstPlace {
    const state = words[at + STATE] as number
    return {
      fileId: (state >>> 3) * 2 ** 32 + (words[at + FILE] as number),
      position: words[at + POSITION] as number,
      conforms: (state & 4) === 4,
    }
  }
}

type Part = 0 | 1
const other = (part: Part): Part => (1 - part) as Part

function slotsFor(contents: number): number {
  return Math.ceil(contents / FULL)
}

/**
 * The contents of the newest files of some entities: some eight for each of the `arriving` records, as a small day should not read the
 * hashes of a large year, and at most KNOWN. The newest files of an entity come first, and small entities before large ones, so that a file
 * of a million transactions displaces no other entity. Contents that landed first in a file that the load replaces or prunes are left out:
 * they may be deleted before they are referred to. `room`: how many records may be added; 0 where each entity has only one file, as no
 * content of such a load is asked for again. To be called before a COPY begins: in one transaction with it Citus would lose rows.
 */
export async function knownContents(
  session: Session,
  wanted: Entity[],
  { arriving, room }: { arriving: number; room: number },
  replaced: string[],
): Promise<Contents> {
  const most = Math.round(Math.min(Math.max(PER_ARRIVING * arriving, FEW), KNOWN))
  const doomed = await session<{ file_id: string }[]>`
    with replaced as (
      select file_id from ops.files where path in ${textsIn(session, replaced)}
    )
    select file_id::text from replaced
    union
    select file_id::text from ops.former_files where exists (select from replaced)`
  const unsafe = new Set(doomed.map(({ file_id }) => file_id))
  const newest = await session<{ entity: Entity; ids: string[]; records: number }[]>`
    select entity, json_agg(file_id::text) as ids, sum(records)::int as records
    from (
      select entity, file_id, records, sum(records) over (order by records_since, file_id) as total
      from (
        select entity, file_id, records, sum(records) over (partition by entity order by file_id desc) as records_since
        from ops.files
        where status = 'loaded' and records > 0 and entity in ${textsIn(session, wanted)}
      ) as files
    ) as files
    where total <= ${most}
    group by entity`
  const known = newest.reduce((sum, { records }) => sum + records, 0)
  const contents = createContents(known + room, known)
  for (const { entity, ids } of newest) {
    const list = ids.join(', ')
    const columns = `landed.content_hash, landed.file_id, landed.position, coalesce(landed.declared = ${declarationOf(entity).hash}, false)`
    // In binary, as a million rows as text would take longer than their file.
    const copied = copyOut(
      session,
      `copy (
          select ${columns}
          from raw.${entity} as landed
          where landed.content_hash is not null and landed.file_id in (${list})
          union all
          select ${columns}
          from raw.${entity}_repeats as repeats
          inner join raw.${entity} as landed on repeats.first_file_id = landed.file_id and repeats.first_position = landed.position
          where landed.content_hash is not null and repeats.file_id in (${list})
        ) to stdout (format binary)`,
    )
    for await (const rows of wholeRows(copied)) {
      for (let at = 0; at < rows.length; at += ROW) {
        const fileId = rows.readBigInt64BE(at + FILE_AT)
        if (unsafe.has(String(fileId))) continue
        contents.add(entity, rows.subarray(at + HASH_AT, at + HASH_AT + HASH), {
          fileId: Number(fileId),
          position: rows.readInt32BE(at + POSITION_AT),
          conforms: rows[at + CONFORMS_AT] === 1,
        })
      }
    }
  }
  return contents
}

/** Rows of ROW bytes, as many as have arrived, from a binary COPY of columns that are never null and have a fixed width. */
async function* wholeRows(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  let skipped = COPY_HEADER
  for await (const chunk of chunks) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    const from = Math.min(skipped, bytes.length)
    skipped -= from
    const end = bytes.length - ((bytes.length - from) % ROW)
    yield bytes.subarray(from, end)
    rest = bytes.subarray(end)
  }
}

// After the signature, the flags and the length of what extends the header, which is 0. At the end two bytes say that no row follows.
const COPY_HEADER = 19
// A row: the number of its columns in two bytes, and before each value its length in four.
const HASH_AT = 6
const FILE_AT = 26
const POSITION_AT = 38
const CONFORMS_AT = 46
const ROW = 47

const HASH = 16
/** The share of its slots that a part fills at most. */
const FULL = 0.8
/** Contents that a part takes while files arrive: with 28 bytes a slot both take 34 MB. */
const ARRIVING = 480_000
/** Contents of earlier loads at most: a million takes 37 MB, and the other part stays as small as above. */
const KNOWN = 2 ** 20
/** For each record that arrives, and at least: the latest snapshots of some days, also where records are larger than usual. */
const PER_ARRIVING = 8
const FEW = 2 ** 16
const LEAST = 1000

// At the start of the memory: which part is being filled, how many of its slots are taken, and how many slots the first part has.
const CURRENT = 0
const COUNT = 1
const FIRST = 2
const HEADER = 3

// A slot: four words of hash, the lower half of the file id, the position; in the last word two bits of state, one that says whether the
// content conforms, and the upper half of the file id.
const FILE = 4
const POSITION = 5
const STATE = 6
const SLOT = 7
const EMPTY = 0
const TAKEN = 1
const GONE = 2
