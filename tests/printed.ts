import type { PassThrough } from 'node:stream'

/** All that was written to a stream and not yet read: from Node 26 on `read()` gives one piece at a time. */
export function printedOn(stream: PassThrough): string {
  let text = ''
  for (let piece = stream.read(); piece !== null; piece = stream.read()) text += String(piece)
  return text
}
