import { envelopeKeys } from './entities.ts'
import type { Bundle } from './judge.ts'
import { Refusal, size } from './refusal.ts'
import { createScanner } from './scan.ts'
import type { Source } from './source.ts'
import type { FeedFile } from './survey.ts'

/** No record may be larger: it must fit in memory at once. In bytes. */
export const RECORD_LIMIT = 64_000_000

/** Records that go together through the judge and into one COPY, and whether they end the file. */
export type FileBundle = Bundle & { unterminated: boolean }

/**
 * The records of an open file, some MB at a time, whatever its size; none for an empty file. Each bundle has memory of its own.
 * Throws a Refusal.
 */
export async function* bundles(
  file: FeedFile,
  fileId: bigint,
  source: Pick<Source, 'read'>,
  windowSize = WINDOW,
): AsyncGenerator<FileBundle> {
  const scanner = createScanner(envelopeKeys[file.entity], /\.(ndjson|jsonl)(\.gz)?$/.test(file.path))
  let window: Buffer = Buffer.allocUnsafeSlow(startSize(file, windowSize))
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
    }
  }

  /** A window with what is left: a larger one when the scanner could not do anything with all of the last. */
  function nextWindow(rest: Buffer, done: number, final: boolean): Buffer {
    if (done === 0 && !final && window.length >= RECORD_LIMIT)
      throw new Refusal(`has a record larger than ${size(RECORD_LIMIT)}, after ${first} records`)
    if (done === 0 && !final) return grown(window)
    const next = Buffer.allocUnsafeSlow(Math.max(final ? 0 : windowSize, rest.length))
    rest.copy(next)
    return next
  }
}

const WINDOW = 1 << 21

/** The same bytes in twice the room. Room for the largest record is taken at once, once records are large: what is not touched costs nothing. */
function grown(window: Buffer): Buffer {
  const length = Math.min(window.length * 2, RECORD_LIMIT)
  if (length <= window.buffer.byteLength) return Buffer.from(window.buffer, 0, length)
  const next = Buffer.allocUnsafeSlow(length > WINDOW ? RECORD_LIMIT : length)
  window.copy(next)
  return next.subarray(0, length)
}

/** Small files need no large window; one byte more tells that the end was reached. */
function startSize(file: FeedFile, windowSize: number): number {
  const bytes = Number(file.stats?.bytes ?? windowSize)
  return file.path.endsWith('.gz') ? windowSize : Math.min(windowSize, bytes + 1)
}
