import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { closeSync, constants as fsConstants, fstatSync, openSync, read, readSync } from 'node:fs'
import { finished, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { constants, createGunzip } from 'node:zlib'
import { Refusal } from './refusal.ts'
import { type FeedFile, type Stats, statsOf, unreadable } from './survey.ts'

/** An open feed file. */
export interface Source {
  /** As it was when it was opened. */
  stats: Stats
  /** Fills `into` from `at` on with the document's bytes, unzipped and checked to be UTF-8. 0 at the end. Throws a Refusal. */
  read(into: Buffer, at: number): Promise<number>
  /** After the end: the hash of the bytes on disk, in hexadecimal. Throws a Refusal when the file changed while it was read. */
  finish(): string
  close(): Promise<void>
}

/** Opens a feed file. `onBytes` hears of bytes read from disk. Throws a Refusal. */
export function openSource(file: FeedFile, onBytes: (bytes: number) => void = () => {}): Source {
  const fd = open(file)
  const before = statsOf(fstatSync(fd, { bigint: true }))
  const hash = createHash('sha256')
  const utf8 = utf8Check()
  let position = 0
  const unzipped = /\.gz$/i.test(file.path) && before.bytes > 0n ? unzip(rawChunks()) : undefined

  return {
    stats: before,
    async read(into, at) {
      const bytes = unzipped ? await unzipped.read(into, at) : await readRaw(into, at)
      utf8(into.subarray(at, at + bytes))
      return bytes
    },
    finish() {
      const after = statsOf(fstatSync(fd, { bigint: true }))
      if (!isSame(before, after) || BigInt(position) !== after.bytes) throw new Refusal('changed while it was read')
      return hash.digest('hex')
    },
    async close() {
      await unzipped?.close()
      closeSync(fd)
    },
  }

  /** Reads the first chunk synchronously, which suits small files; later ones while PostgreSQL is at work. */
  async function readRaw(into: Buffer, at: number): Promise<number> {
    if (position > 0 && BigInt(position) >= before.bytes) return 0
    try {
      const bytes = await (position === 0 ? readSync : readSome)(fd, into, at, into.length - at, position)
      hash.update(into.subarray(at, at + bytes))
      position += bytes
      onBytes(bytes)
      return bytes
    } catch (error) {
      throw new Refusal(unreadable(error))
    }
  }

  async function* rawChunks(): AsyncGenerator<Buffer> {
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK)
      const bytes = await readRaw(chunk, 0)
      if (bytes === 0) return
      yield chunk.subarray(0, bytes)
    }
  }
}

/** The hash of a file's bytes, in hexadecimal; undefined when it cannot be read or changes meanwhile. Throws when the signal is aborted. */
export async function hashFile(file: FeedFile, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<string | undefined> {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(CHUNK)
  let fd: number | undefined
  try {
    fd = open(file)
    const before = statsOf(fstatSync(fd, { bigint: true }))
    // Reads no further than the size at the start: a file may grow without end.
    for (let left = Number(before.bytes); left > 0; ) {
      signal?.throwIfAborted()
      const bytes = await readSome(fd, chunk, 0, Math.min(chunk.length, left), null)
      if (bytes === 0) break
      hash.update(chunk.subarray(0, bytes))
      left -= bytes
    }
    return isSame(before, statsOf(fstatSync(fd, { bigint: true }))) ? hash.digest('hex') : undefined
  } catch {
    signal?.throwIfAborted()
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** The first 64 kB of a file as text, unzipped as far as can be; what is no UTF-8, and NUL, as U+FFFD. Undefined when it cannot be read. */
export async function headOf(file: FeedFile): Promise<string | undefined> {
  let fd: number | undefined
  try {
    fd = open(file)
    const raw = Buffer.alloc(HEAD)
    const bytes = raw.subarray(0, readSync(fd, raw, 0, HEAD, 0))
    const isZipped = bytes[0] === 0x1f && bytes[1] === 0x8b
    return (isZipped ? await unzippedHead(bytes) : bytes).toString().replaceAll('\0', '\ufffd')
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** Whether nothing touched the file in between. */
export function isSame(one: Stats, other: Stats): boolean {
  return one.bytes === other.bytes && one.modified === other.modified && one.changed === other.changed
}

const CHUNK = 1 << 18
/** What is kept of a refused file, in bytes. */
const HEAD = 1 << 16

/** The content of a gzip that may be cut off anywhere, as far as it goes and up to HEAD bytes. */
async function unzippedHead(bytes: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: HEAD })
  gunzip.end(bytes)
  try {
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      pieces.push(piece)
      size += piece.length
      if (size >= HEAD) break
    }
  } catch {
    // What came before the fault is what there is.
  }
  return Buffer.concat(pieces).subarray(0, HEAD)
}

async function readSome(fd: number, into: Buffer, at: number, length: number, position: number | null): Promise<number> {
  const { bytesRead } = await promisify(read)(fd, into, at, length, position)
  return bytesRead
}

// Opens without blocking: a pipe that replaced the file after it was examined is refused instead of waited for.
function open(file: FeedFile): number {
  const fd = (() => {
    try {
      return openSync(file.location, fsConstants.O_RDONLY | (fsConstants.O_NONBLOCK ?? 0))
    } catch (error) {
      throw new Refusal(unreadable(error))
    }
  })()
  if (fstatSync(fd).isFile()) return fd
  closeSync(fd)
  throw new Refusal('is not a regular file')
}

function unzip(chunks: AsyncGenerator<Buffer>): Pick<Source, 'read' | 'close'> {
  const raw = Readable.from(chunks, { objectMode: false })
  const gunzip = createGunzip({ chunkSize: CHUNK })
  raw.on('error', error => gunzip.destroy(error))
  const pieces = raw.pipe(gunzip)[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let piece: Buffer = Buffer.alloc(0)

  return {
    async read(into, at) {
      if (piece.length === 0) piece = await nextPiece()
      const bytes = piece.copy(into, at)
      piece = piece.subarray(bytes)
      return bytes
    },
    async close() {
      gunzip.destroy()
      if (raw.closed) return
      await new Promise<void>(resolve => {
        finished(raw, () => resolve())
        raw.destroy()
      })
    },
  }

  async function nextPiece(): Promise<Buffer> {
    try {
      const { done, value } = await pieces.next()
      return done ? Buffer.alloc(0) : value
    } catch (error) {
      if (error instanceof Refusal) throw error
      const { code, message } = error as NodeJS.ErrnoException
      throw new Refusal(code === 'Z_BUF_ERROR' ? 'is a gzip that ends early' : `is not a valid gzip file (${message})`)
    }
  }
}

/** Checks chunks in sequence, the last of them empty: a character may begin in one and end in the next. */
function utf8Check(): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0)
  let isFirst = true

  return chunk => {
    if (isFirst) refuseOther(chunk)
    isFirst = false
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    const end = bytes.length - (chunk.length === 0 ? 0 : unfinished(bytes))
    if (!isUtf8(bytes.subarray(0, end))) throw new Refusal('is not valid UTF-8')
    held = Buffer.from(bytes.subarray(end))
  }
}

function refuseOther(chunk: Buffer): void {
  const [first, second] = chunk
  if (first === 0x1f && second === 0x8b) throw new Refusal('is a gzip: its name must end in .gz')
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) throw new Refusal('is not valid UTF-8 but UTF-16')
}

/** How many bytes at the end are the beginning of a character that continues in the next chunk. */
function unfinished(chunk: Buffer): number {
  for (let back = 1; back <= Math.min(3, chunk.length); back += 1) {
    const byte = chunk[chunk.length - back] as number
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0
  }
  return 0
}
