import { createHash } from 'node:crypto'
import { constants, gunzipSync, gzipSync } from 'node:zlib'
import type { FeedFile } from './feed.ts'

/** The bytes of a file on disk, including damage. */
export function bytesOf({ path, content, damage, bytes }: FeedFile): Buffer {
  if (bytes) return bytes
  const text = damage === 'utf8' ? Buffer.concat([Buffer.from(content), Buffer.from([0xff, 0xc3])]) : Buffer.from(content)
  const written = isGzip(path) ? gzipSync(text) : text
  return damage === 'gzip' ? written.subarray(0, written.length - 9) : written
}

/** The sha256 of a file's bytes on disk, as in a marker (R5). */
export function sha256Of(file: FeedFile): string {
  return createHash('sha256').update(bytesOf(file)).digest('hex')
}

/** The text of a file without a byte order mark, or the reason for its refusal (R6). */
export function readText({ content, damage }: FeedFile): string | { refused: string } {
  if (damage === 'gzip') return { refused: 'the gzip ends early' }
  if (damage === 'utf8') return { refused: 'invalid UTF-8' }
  return content.replace(/^\ufeff/, '')
}

/** The first bytes of a refused file, kept in an error: unzipped as far as possible, as a text for the database (R6). */
export function refusedText(file: FeedFile): string {
  const bytes = isGzip(file.path) ? gunzipSync(bytesOf(file), { finishFlush: constants.Z_SYNC_FLUSH }) : bytesOf(file)
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, 65_536)).replaceAll('\0', '\ufffd')
}

/** Whether a text is empty or only white space. */
export function isBlank(text: string): boolean {
  return /^[ \t\r\n\f\v]*$/.test(text)
}

function isGzip(path: string): boolean {
  return /\.gz$/i.test(path)
}
