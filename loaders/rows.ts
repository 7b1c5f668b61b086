/** What lands beside the bytes of a record, or instead of them. */
export interface Beside {
  /** Only text can hold the record: the text, why, and the record made readable where it is JSON. */
  text?: { raw: string; problem: Problem; detail: string; readable?: string }
  /** The verdict of the schema, as JSON. */
  verdict?: string
}

/** The error_type of a record that lands as text (R10). */
export type Problem = 'invalid_json' | 'unrepresentable_text'

/** One record: its bytes, and what lands beside. */
export interface Row {
  bytes: Buffer
  position: number
  beside?: Beside
}

/** The columns of a landing table in the order of encodeRows. */
export const columns = ['file_id', 'position', 'record', 'raw_text', 'readable', 'problem', 'problem_detail', 'verdict']

/** What goes before and after the rows in COPY's binary format. */
export const copyHeader = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
export const copyTrailer = Buffer.from([0xff, 0xff])

/** The rows in COPY's binary format, without header and trailer. */
export function encodeRows(fileId: bigint, rows: Row[]): Buffer {
  const fields = rows.map(fieldsOf)
  let total = 0
  for (const [index, row] of rows.entries()) total += ROW_HEAD + (fields[index]?.length ?? 4 + 1 + row.bytes.length + NULLS.length)

  const out = Buffer.allocUnsafeSlow(total)
  let at = 0
  for (const [index, { bytes, position }] of rows.entries()) {
    at = out.writeUInt16BE(columns.length, at)
    at = out.writeUInt32BE(8, at)
    at = out.writeBigInt64BE(fileId, at)
    at = out.writeUInt32BE(4, at)
    at = out.writeUInt32BE(position, at)
    const special = fields[index]
    if (special) {
      at += special.copy(out, at)
    } else {
      at = out.writeUInt32BE(bytes.length + 1, at)
      at = out.writeUInt8(1, at)
      out.set(bytes, at)
      at += bytes.length
      out.set(NULLS, at)
      at += NULLS.length
    }
  }
  return out
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
const NULL = Buffer.from([0xff, 0xff, 0xff, 0xff])
const NULLS = Buffer.concat([NULL, NULL, NULL, NULL, NULL])

/** The fields from record on, where they are not just the record and nulls. */
function fieldsOf({ bytes, beside }: Row): Buffer | undefined {
  if (!beside) return undefined
  const { text, verdict } = beside
  return Buffer.concat([
    text ? NULL : jsonb(bytes),
    text ? field(Buffer.from(text.raw)) : NULL,
    text?.readable === undefined ? NULL : jsonb(Buffer.from(text.readable)),
    text ? field(Buffer.from(text.problem)) : NULL,
    text ? field(Buffer.from(text.detail)) : NULL,
    verdict === undefined ? NULL : jsonb(Buffer.from(verdict)),
  ])
}

function jsonb(json: Buffer): Buffer {
  return field(Buffer.from([1]), json)
}

function field(...parts: Buffer[]): Buffer {
  const length = Buffer.allocUnsafe(4)
  length.writeUInt32BE(parts.reduce((sum, part) => sum + part.length, 0))
  return Buffer.concat([length, ...parts])
}
