/** Finds where JSON values begin and end in bytes, without parsing them. Positions are offsets in the buffer; -1 is beyond its bytes. */

/** A member of an object: where its value begins and ends. */
export interface Member {
  key: string
  start: number
  end: number
}

/** The members of the object that begins at `at`, as far as the bytes go. */
export function* members(bytes: Buffer, at: number): Generator<Member> {
  at = skipSpace(bytes, at + 1)
  while (bytes[at] === QUOTE) {
    const keyEnd = valueEnd(bytes, at)
    if (keyEnd < 0) return
    const colon = skipSpace(bytes, keyEnd)
    if (bytes[colon] !== COLON) return
    const start = skipSpace(bytes, colon + 1)
    if (start === bytes.length) return
    const end = valueEnd(bytes, start)
    yield { key: text(bytes.toString('utf8', at, keyEnd)), start, end }
    if (end < 0) return
    at = skipSpace(bytes, end)
    if (bytes[at] !== COMMA) return
    at = skipSpace(bytes, at + 1)
  }
}

/** The elements of the array that begins at `at` that end within the bytes. */
export function* elements(bytes: Buffer, at: number): Generator<{ start: number; end: number }> {
  for (;;) {
    const start = skipSpace(bytes, at + 1)
    const end = valueEnd(bytes, start)
    if (end <= start) return
    yield { start, end }
    at = skipSpace(bytes, end)
    if (bytes[at] !== COMMA) return
  }
}

/** The end of the JSON value that begins at `at`. A bare token ends where anything else begins. */
export function valueEnd(bytes: Buffer, at: number): number {
  let depth = 0
  const length = bytes.length
  for (; at < length; at += 1) {
    switch (bytes[at]) {
      case QUOTE:
        at = stringEnd(bytes, at)
        if (at < 0) return -1
        if (depth === 0) return at + 1
        break
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (depth === 0) return at
        depth -= 1
        if (depth === 0) return at + 1
        break
      default:
        if (depth === 0) return tokenEnd(bytes, at)
    }
  }
  return depth === 0 ? at : -1
}

/** The closing quote of the string whose opening one is at `at`. */
export function stringEnd(bytes: Buffer, at: number): number {
  for (let quote = bytes.indexOf(QUOTE, at + 1); quote >= 0; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let first = quote
    while (bytes[first - 1] === BACKSLASH) first -= 1
    if ((quote - first) % 2 === 0) return quote
  }
  return -1
}

/** The first byte from `at` on that is not JSON white space. */
export function skipSpace(bytes: Buffer, at: number): number {
  while (at < bytes.length && isSpace(bytes[at] as number)) at += 1
  return at
}

/** The end of the bytes before `end` without trailing white space. */
export function trimEnd(bytes: Buffer, end: number): number {
  while (isSpace(bytes[end - 1] as number)) end -= 1
  return end
}

export const NEWLINE = 10
export const QUOTE = 34
export const COMMA = 44
export const COLON = 58
export const LESS = 60
export const OPEN_BRACKET = 91
export const BACKSLASH = 92
export const CLOSE_BRACKET = 93
export const OPEN_BRACE = 123
export const CLOSE_BRACE = 125

/** The end of a number, true, NaN, or anything that is not JSON: the parser reports that. */
function tokenEnd(bytes: Buffer, at: number): number {
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] as number
    if (isSpace(byte) || byte === COMMA || byte === COLON || byte === QUOTE) return at
    if (byte === OPEN_BRACE || byte === CLOSE_BRACE || byte === OPEN_BRACKET || byte === CLOSE_BRACKET) return at
  }
  return at
}

function isSpace(byte: number): boolean {
  return byte === 32 || byte === NEWLINE || byte === 13 || byte === 9
}

function text(json: string): string {
  try {
    return JSON.parse(json) as string
  } catch {
    return json
  }
}
