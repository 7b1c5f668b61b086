import type { FirstPlace } from './contents.ts'

/** The columns of a table of repeats in the order in which they are encoded. */
export const repeatColumns = ['file_id', 'position', 'first_file_id', 'first_position']

/** Rows for records that landed before, being encoded. */
export interface Repeats {
  add(position: number, first: FirstPlace): void
  /** All of them in COPY's binary format, without header and trailer. */
  rows(): Buffer
}

/** Encodes the repeats of a file: at most so many. */
export function createRepeats(fileId: bigint, most: number): Repeats {
  let rows: Buffer | undefined
  let at = 0
  return {
    add(position, { fileId: firstFileId, position: firstPosition }) {
      rows ??= Buffer.allocUnsafeSlow(most * ROW)
      at = rows.writeUInt16BE(repeatColumns.length, at)
      at = rows.writeBigInt64BE(fileId, rows.writeUInt32BE(8, at))
      at = rows.writeInt32BE(position, rows.writeUInt32BE(4, at))
      at = rows.writeBigInt64BE(BigInt(firstFileId), rows.writeUInt32BE(8, at))
      at = rows.writeInt32BE(firstPosition, rows.writeUInt32BE(4, at))
    },
    rows: () => rows?.subarray(0, at) ?? NOTHING,
  }
}

const ROW = 2 + 2 * (4 + 8) + 2 * (4 + 4)
const NOTHING = Buffer.alloc(0)
