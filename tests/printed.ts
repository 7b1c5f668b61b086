import type { PassThrough } from 'node:stream'

/** All unread output of a stream: from Node 26 on `read()` gives one piece at a time. */
export function printedOn(stream: PassThrough): string {
  let text = ''
  for (let piece = stream.read(); piece !== null; piece = stream.read()) text += String(piece)
  return text
}
