import type { BesideList } from './envelope.ts'
import type { Bundle } from './judge.ts'
import type { Pool } from './pool.ts'
import { shapeOf } from './record-shape.ts'
import { Refusal, size } from './refusal.ts'
import { createScanner } from './scan.ts'
import type { Source } from './source.ts'
import type { FeedFile } from './survey.ts'

/** No record may be larger: it must fit in memory at once. In bytes. */
const RECORD_LIMIT = 64_000_000

/** Records that are judged together and copied in one COPY; `unterminated`: the file ends after the last one without a line end. */
export type FileBundle = Bundle & { unterminated: boolean }

/** What the document says around its records, once all of them were given. */
export interface Document {
  isBlank: boolean
  beside?: BesideList | undefined
}

/** The memory of a usual bundle, in bytes. */
export const WINDOW = 1 << 20

/**
 * Gives the records of an open file, as many at a time as memory of the pool holds, whatever the file's size; none for an empty file.
 * Each bundle has memory of its own, which the consumer gives back. Throws a Refusal.
 */
export async function* bundles(
  file: FeedFile,
  fileId: bigint,
  source: Pick<Source, 'read'>,
  pool: Pool,
  document: Document = { isBlank: true },
): AsyncGenerator<FileBundle> {
  const scanner = createScanner(shapeOf(file.entity), /\.(ndjson|jsonl)(\.gz)?$/i.test(file.path))
  let window: Buffer = pool.take()
  let end = 0
  let first = 0

  for (let final = false; !final || end > 0; ) {
    while (!final && end < window.length) {
      const bytes = await source.read(window, end)
      end += bytes
      final = bytes === 0
    }

    const bounds: number[] = []
    const done = scanner.scan(window, end, final, bounds)
    const rest = window.subarray(done, end)
    const current = window
    window = nextWindow(rest, done, final)
    end = rest.length

    if (bounds.length > 0) {
      const { kind, unterminated } = scanner
      yield { entity: file.entity, fileId, first, bytes: current.subarray(0, done), bounds: Uint32Array.from(bounds), kind, unterminated }
      first += bounds.length / 2
    } else if (current !== window) pool.give(current)
  }
  pool.give(window)
  document.isBlank = scanner.isBlank
  document.beside = scanner.beside

  /** A window with the remaining bytes; a larger one when the scanner could not use any byte of the last. */
  function nextWindow(rest: Buffer, done: number, final: boolean): Buffer {
    if (done === 0 && !final && window.length >= RECORD_LIMIT)
      throw new Refusal(`has a record larger than ${size(RECORD_LIMIT)}, after ${first} records`)
    if (done === 0 && !final) return grown(window)
    const next = pool.take(rest.length)
    rest.copy(next)
    return next
  }
}

/**
 * The same bytes in a window of twice the size. For large records room for the largest one is allocated at once: memory that is not touched
 * costs nothing.
 */
function grown(window: Buffer): Buffer {
  const length = Math.min(window.length * 2, RECORD_LIMIT)
  if (length <= window.buffer.byteLength) return Buffer.from(window.buffer, 0, length)
  const next = Buffer.allocUnsafeSlow(length > LARGE ? RECORD_LIMIT : length)
  window.copy(next)
  return next.subarray(0, length)
}

/** In bytes: a window that grew beyond this may have to grow to any size. */
const LARGE = 1 << 21
