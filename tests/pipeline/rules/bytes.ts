import { createHash } from 'node:crypto'
import { constants, gunzipSync, gzipSync } from 'node:zlib'
import type { FeedFile } from './feed.ts'

/** The bytes of a file as they are on disk, damage and all. */
export function bytesOf({ path, content, damage, bytes }: FeedFile): Buffer {
  if (bytes) return bytes
  const text = damage === 'utf8' ? Buffer.concat([Buffer.from(content), Buffer.from([0xff, 0xc3])]) : Buffer.from(content)
  const written = isGzip(path) ? gzipSync(text) : text
  return damage === 'gzip' ? written.subarray(0, written.length - 9) : written
}

/** The sha256 of a file's bytes on disk, as a marker has it (R5). */
export function sha256Of(file: FeedFile): string {
  return createHash('sha256').update(bytesOf(file)).digest('hex')
}

/** The text of a file without a byte order mark, or why it has none (R6). */
export function readText({ content, damage }: FeedFile): string | { refused: string } {
  if (damage === 'gzip') return { refused: 'the gzip ends early' }
  if (damage === 'utf8') return { refused: 'invalid UTF-8' }
  return content.replace(/^\ufeff/, '')
}

/** What an error keeps of a refused file: its first bytes, unzipped as far as can be, as a text that the database takes (R6). */
export function refusedText(file: FeedFile): string {
  const bytes = isGzip(file.path) ? gunzipSync(bytesOf(file), { finishFlush: constants.Z_SYNC_FLUSH }) : bytesOf(file)
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, 65_536)).replaceAll('\0', '\ufffd')
}

/** Whether a text holds nothing but white space. */
export function isBlank(text: string): boolean {
  return /^[ \t\r\n\f\v]*$/.test(text)
}

function isGzip(path: string): boolean {
  return /\.gz$/i.test(path)
}
