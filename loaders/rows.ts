import { withoutNul } from './json-repair.ts'

/** What lands besides the bytes of a record, or instead of them. */
export interface Beside {
  /** Only text can hold the record: the text, why, and the record made readable where it is JSON. */
  text?: { raw: string; problem: Problem; detail: string; readable?: string }
  /** It is not a record of the entity. */
  isForeign?: boolean
  /** The stream of a wrapper that is not the entity's. */
  stream?: string
}

/** The error_type of a record that lands as text (R10). */
export type Problem = 'invalid_json' | 'unrepresentable_text'

/** Rows in the making. */
export interface Rows {
  /**
   * `declared` is the hash of the declaration that the record conforms to, null when it does not; `hash` is the 16 bytes that identify the
   * content when it comes again, null where it must land each time.
   */
  add(position: number, record: Buffer, declared: number | null, hash: Uint8Array | null, beside?: Beside): void
  /** All of them, in pieces to be written one after the other. A large record is a piece of its own: the very bytes that were added. */
  pieces(): Buffer[]
}

/** The columns of a landing table in the order in which they are encoded. */
export const columns = [
  'file_id',
  'position',
  'record',
  'raw_text',
  'readable',
  'problem',
  'problem_detail',
  'is_foreign',
  'stream',
  'declared',
  'content_hash',
]

/** What goes before and after the rows in COPY's binary format. */
export const copyHeader = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
export const copyTrailer = Buffer.from([0xff, 0xff])

/** How much memory so many records of so many bytes together can need at most as rows. */
export function roomFor(records: number, bytes: number): number {
  return bytes + records * (HEAD + NULLS + DECLARED + HASH)
}

/** Encodes the rows of a file in COPY's binary format, without header and trailer, into memory that has room for them. */
export function createRows(fileId: bigint, memory: Buffer): Rows {
  const pieces: Buffer[] = []
  const start = Buffer.alloc(HEAD)
  start.writeUInt16BE(columns.length, 0)
  start.writeUInt32BE(8, 2)
  start.writeBigInt64BE(fileId, 6)
  start.writeUInt32BE(4, 14)
  start[26] = JSONB
  let from = 0
  let at = 0

  return {
    add(position, record, declared, hash, beside) {
      if (beside) {
        start.writeUInt32BE(position, 18)
        cut(Buffer.concat([start.subarray(0, ROW_HEAD), ...fieldsOf(record, beside)]))
        return
      }
      head(position, record.length + 1)
      if (record.length > LARGE) cut(record)
      else {
        memory.set(record, at)
        at += record.length
      }
      nulls(NULLS)
      if (declared === null) nulls(NULL.length)
      else at = memory.writeInt32BE(declared, memory.writeUInt32BE(4, at))
      if (hash === null) nulls(NULL.length)
      else {
        at = memory.writeUInt32BE(hash.length, at)
        memory.set(hash, at)
        at += hash.length
      }
    },
    pieces() {
      cut()
      return pieces
    },
  }

  /** Writes byte by byte: this runs for each record, and calls cost more than bytes. */
  function head(position: number, length: number): void {
    for (let index = 0; index < HEAD; index += 1) memory[at + index] = start[index] as number
    memory[at + 18] = position >>> 24
    memory[at + 19] = position >>> 16
    memory[at + 20] = position >>> 8
    memory[at + 21] = position
    memory[at + 22] = length >>> 24
    memory[at + 23] = length >>> 16
    memory[at + 24] = length >>> 8
    memory[at + 25] = length
    at += HEAD
  }

  function nulls(length: number): void {
    for (const end = at + length; at < end; at += 1) memory[at] = 0xff
  }

  function cut(piece?: Buffer): void {
    if (at > from) pieces.push(memory.subarray(from, at))
    from = at
    if (piece) pieces.push(piece)
  }
}

/** Where each of the encoded rows begins, and where the last one ends. */
export function rowStarts(rows: Buffer): number[] {
  const starts = [0]
  for (let at = 0; at < rows.length; starts.push(at)) {
    at += 2
    for (let field = 0; field < columns.length; field += 1) at += 4 + Math.max(rows.readInt32BE(at), 0)
  }
  return starts
}

/** The record of an encoded row that was meant to be jsonb. */
export function decodeRow(row: Buffer): { fileId: bigint; position: number; bytes: Buffer } {
  return {
    fileId: row.readBigInt64BE(6),
    position: row.readUInt32BE(18),
    bytes: row.subarray(27, 26 + row.readInt32BE(22)),
  }
}

const ROW_HEAD = 2 + 4 + 8 + 4 + 4
const HEAD = ROW_HEAD + 4 + 1
const NULL = Buffer.from([0xff, 0xff, 0xff, 0xff])
/** From raw_text to stream. */
const NULLS = 6 * NULL.length
const DECLARED = 4 + 4
const HASH = 4 + 16
/** The version that jsonb's binary format begins with. */
const JSONB = 1

/** In bytes: larger records are referred to, not copied. */
const LARGE = 1 << 18

/** The fields from record on, where they are not just the record and nulls. */
function fieldsOf(record: Buffer, { text, isForeign, stream }: Beside): Buffer[] {
  return [
    text ? NULL : jsonb(record),
    text ? field(Buffer.from(text.raw)) : NULL,
    text?.readable === undefined ? NULL : jsonb(Buffer.from(text.readable)),
    text ? field(Buffer.from(text.problem)) : NULL,
    text ? field(Buffer.from(text.detail)) : NULL,
    isForeign ? field(Buffer.from([1])) : NULL,
    stream === undefined ? NULL : field(Buffer.from(withoutNul(stream))),
    NULL,
    NULL,
  ]
}

function jsonb(json: Buffer): Buffer {
  return field(Buffer.from([JSONB]), json)
}

function field(...parts: Buffer[]): Buffer {
  const length = Buffer.allocUnsafe(4)
  length.writeUInt32BE(parts.reduce((sum, part) => sum + part.length, 0))
  return Buffer.concat([length, ...parts])
}
