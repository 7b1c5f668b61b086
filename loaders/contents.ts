import { hash } from 'node:crypto'
import type { Sql } from '../run/database/driver.ts'
import { declarationOf } from './declaration.ts'
import { type Entity, entities } from './entities.ts'
import { idsIn, textsIn } from './sql-lists.ts'

/** Where a content landed first, and whether it conforms to the declaration of its entity as that is now. */
export interface FirstPlace {
  fileId: number
  position: number
  conforms: boolean
}

/** The contents that landed lately, by entity and hash: what comes again need not land again. Threads that share the memory take turns. */
export interface Contents {
  memory: SharedArrayBuffer
  find(entity: Entity, hash: Uint8Array): FirstPlace | undefined
  add(entity: Entity, hash: Uint8Array, place: FirstPlace): void
  /** Takes out what a file gave that does not land after all. */
  forget(fileId: number): void
}

/**
 * What names a content: the first 128 bits of the SHA-256 of its bytes. That any two of 10^12 contents share them has odds of 1 to 10^14,
 * unless somebody sets out to make two such records: that takes 2^64 attempts.
 */
export function contentHash(record: Uint8Array): Uint8Array {
  return hash('sha256', record, 'buffer').subarray(0, HASH)
}

/** An empty table for so many contents, of which the latest are kept when there are more than it can hold. */
export function createContents(expected: number): Contents {
  const slots = Math.min(2 ** Math.ceil(Math.log2(Math.max(expected, LEAST) * 1.5)), SLOTS)
  return openContents(new SharedArrayBuffer(4 * (HEADER + 2 * slots * SLOT)))
}

/**
 * The table that lies in the memory. It has two halves: the one that is filled, and the one that was filled before. When a half is full the
 * older one is emptied and filled next, so that what is met often stays, and memory has a bound.
 */
export function openContents(memory: SharedArrayBuffer): Contents {
  const words = new Uint32Array(memory)
  const half = (words.length - HEADER) / 2
  const slots = half / SLOT
  const key = new Uint32Array(HASH / 4)
  const bytes = new Uint8Array(key.buffer)

  return {
    memory,
    find(entity, hash) {
      setKey(entity, hash)
      const current = words[CURRENT] as number
      const at = slotOf(current)
      if (isTaken(at)) return placeAt(at)
      const older = slotOf(1 - current)
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
      for (let at = HEADER; at < words.length; at += SLOT) if (isTaken(at) && placeAt(at).fileId === fileId) words[at + STATE] = GONE
    },
  }

  function setKey(entity: Entity, hash: Uint8Array): void {
    bytes.set(hash)
    // Equal bytes of two entities are two contents.
    key[0] = ((key[0] as number) ^ entities.indexOf(entity)) >>> 0
  }

  /** The slot of the key in a half, or the empty one where it would be. */
  function slotOf(which: number): number {
    const start = HEADER + which * half
    for (let slot = (key[3] as number) & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const at = start + slot * SLOT
      if (words[at + STATE] === EMPTY) return at
      if (words[at] === key[0] && words[at + 1] === key[1] && words[at + 2] === key[2] && words[at + 3] === key[3]) return at
    }
  }

  function isTaken(at: number): boolean {
    return words[at + STATE] === TAKEN
  }

  function put({ fileId, position, conforms }: FirstPlace): void {
    if ((words[COUNT] as number) * 3 >= slots * 2) turn()
    const at = slotOf(words[CURRENT] as number)
    if (words[at + STATE] === EMPTY) words[COUNT] = (words[COUNT] as number) + 1
    words.set(key, at)
    words[at + FILE] = fileId
    words[at + HIGH] = Math.floor(fileId / 2 ** 32) * 2 + (conforms ? 1 : 0)
    words[at + POSITION] = position
    words[at + STATE] = TAKEN
  }

  function turn(): void {
    const next = 1 - (words[CURRENT] as number)
    words.fill(EMPTY, HEADER + next * half, HEADER + (next + 1) * half)
    words[CURRENT] = next
    words[COUNT] = 0
  }

  function placeAt(at: number): FirstPlace {
    const high = words[at + HIGH] as number
    return {
      fileId: (high >>> 1) * 2 ** 32 + (words[at + FILE] as number),
      position: words[at + POSITION] as number,
      conforms: (high & 1) === 1,
    }
  }
}

/**
 * The contents that the newest files of some entities hold, as many as a table of them takes, for so many records to come: of an entity the
 * newest first, and of entities the small before the large, so that a file of a million transactions pushes nobody else out. Contents that
 * landed first in a file that the load replaces or prunes are not among them: they may go before they are named. To be asked before a COPY
 * begins: in one transaction with it Citus would lose rows.
 */
export async function knownContents(sql: Sql, wanted: Entity[], arriving: number, replaced: string[]): Promise<Contents> {
  const doomed = await sql<{ file_id: string }[]>`
    with replaced as (
      select file_id from ops.files where path in ${textsIn(sql, replaced)}
    )
    select file_id::text from replaced
    union
    select file_id::text from ops.former_files where exists (select from replaced)`
  const unsafe = new Set(doomed.map(({ file_id }) => file_id))
  const newest = await sql<{ entity: Entity; ids: string[]; records: number }[]>`
    select entity, json_agg(file_id::text) as ids, sum(records)::int as records
    from (
      select entity, file_id, records, sum(records) over (order by records_since, file_id) as total
      from (
        select entity, file_id, records, sum(records) over (partition by entity order by file_id desc) as records_since
        from ops.files
        where status = 'loaded' and records > 0 and entity in ${textsIn(sql, wanted)}
      ) as files
    ) as files
    where total <= ${MOST}
    group by entity`
  const contents = createContents(newest.reduce((sum, { records }) => sum + records, arriving))
  for (const { entity, ids } of newest) {
    const declared = declarationOf(entity).hash
    const [table, repeats] = [sql(`raw.${entity}`), sql(`raw.${entity}_repeats`)]
    const found = sql<{ hash: Uint8Array; file_id: string; position: number; declared: number | null }[]>`
      select uuid_send(content_hash) as hash, file_id::text, position, declared
      from ${table}
      where content_hash is not null and file_id in ${idsIn(sql, ids)}
      union all
      select uuid_send(landed.content_hash), landed.file_id::text, landed.position, landed.declared
      from ${repeats} as repeats
      inner join ${table} as landed on repeats.first_file_id = landed.file_id and repeats.first_position = landed.position
      where landed.content_hash is not null and repeats.file_id in ${idsIn(sql, ids)}`
    await found.cursor(5000, rows => {
      for (const { hash, file_id, position, declared: by } of rows)
        if (!unsafe.has(file_id)) contents.add(entity, hash, { fileId: Number(file_id), position, conforms: by === declared })
    })
  }
  return contents
}

const HASH = 16
/** Of a half at most: a slot has 32 bytes, so that both take 34 MB. */
const SLOTS = 2 ** 19
/** Contents in a half of that many slots, of which two of three are filled. */
const MOST = Math.floor((SLOTS * 2) / 3)
const LEAST = 1000

// At the start of the memory: which half is being filled, and how many of its slots are taken.
const CURRENT = 0
const COUNT = 1
const HEADER = 2

// A slot: four words of hash, the file id in two with whether the content conforms in the lowest bit of the upper one, the position, the
// state.
const FILE = 4
const HIGH = 5
const POSITION = 6
const STATE = 7
const SLOT = 8
const EMPTY = 0
const TAKEN = 1
const GONE = 2
