import { Refusal } from './refusal.ts'

/**
 * Finds where the records of one document begin and end, on bytes and without parsing them: array, envelope, single object,
 * NDJSON by ending or by content. What lies between the records is checked here, the records themselves by whoever parses them:
 * together that is a full parse of the document.
 */
export interface Scanner {
  /**
   * Looks at window[0, end), all bytes not yet released, and appends start and end of each complete record to `bounds`.
   * Gives how many bytes are done with; the next window begins with the rest. With `final` nothing comes after `end`.
   * Call it with the largest window there can be: an envelope is recognised by what fits. Throws a Refusal.
   */
  scan(window: Buffer, end: number, final: boolean, bounds: number[]): number
  /** `line`: records are lines, each may be broken. `whole`: the document is the record. `element`: of an array or envelope. */
  readonly kind: 'line' | 'whole' | 'element'
  /** The last line had no line end. */
  readonly unterminated: boolean
}

/** A scanner of a new document. `keys` are those under which an envelope may hold its records; `lines` says that the ending is NDJSON's. */
export function createScanner(keys: readonly string[], lines: boolean): Scanner {
  let step: Step = start
  let kind: Scanner['kind'] = 'element'
  let unterminated = false
  let count = 0
  let shell: Buffer[] | undefined
  let shellBytes = 0

  return {
    scan(window, end, final, bounds) {
      const bytes = window.subarray(0, end)
      const limit = bounds.length + 2 * RECORDS_AT_ONCE
      let at = 0
      for (let moved = true; moved && bounds.length < limit; ) {
        const before = step
        const next = step(bytes, at, final, bounds, limit)
        moved = next > at || step !== before
        at = next
      }
      if (final && at === end) finish()
      return at
    },
    get kind() {
      return kind
    },
    get unterminated() {
      return unterminated
    },
  }

  function start(bytes: Buffer, at: number, final: boolean): number {
    if (bytes.length - at < 3 && !final) return at
    if (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3
    step = begin
    return at
  }

  function begin(bytes: Buffer, at: number): number {
    at = skipSpace(bytes, at)
    const byte = bytes[at]
    if (byte === undefined) return at
    if (byte === LESS) throw new Refusal('is HTML or XML, not JSON: it begins with <')
    if (lines) {
      kind = 'line'
      step = line
    } else if (byte === OPEN_BRACKET) {
      step = firstElement
      at += 1
    } else step = byte === OPEN_BRACE ? document : scalar
    return at
  }

  function line(bytes: Buffer, at: number, final: boolean, bounds: number[], limit: number): number {
    while (bounds.length < limit) {
      at = skipSpace(bytes, at)
      const newline = bytes.indexOf(NEWLINE, at)
      if (at === bytes.length || (newline < 0 && !final)) return at
      const end = newline < 0 ? bytes.length : newline
      bounds.push(at, trimEnd(bytes, end))
      count += 1
      unterminated = newline < 0
      at = newline < 0 ? end : newline + 1
    }
    return at
  }

  function scalar(bytes: Buffer, at: number, final: boolean, bounds: number[]): number {
    const first = bytes.toString('latin1', at, at + 1)
    if (!/["\-0-9tfnNI]/.test(first)) throw new Refusal(`does not parse: it begins with ${JSON.stringify(first)}`)
    if (!final) return at
    kind = 'whole'
    bounds.push(at, trimEnd(bytes, bytes.length))
    count = 1
    step = over
    return bytes.length
  }

  /** An object at the top: an envelope, the only record, or the first line of NDJSON. */
  function document(bytes: Buffer, at: number, final: boolean, bounds: number[]): number {
    const end = valueEnd(bytes, at)
    if (end < 0) {
      const array = envelope(bytes, at)
      if (array >= 0) return enter(bytes, at, array)
      if (final) throw new Refusal('ends in the middle of its JSON document')
      return at
    }

    const next = skipSpace(bytes, end)
    if (next === bytes.length) {
      if (!final) return at
      const array = envelope(bytes, at)
      if (array >= 0) return enter(bytes, at, array)
      kind = 'whole'
      bounds.push(at, end)
      count = 1
      step = over
      return bytes.length
    }

    const newline = bytes.indexOf(NEWLINE, at)
    const isLine = bytes[next] === OPEN_BRACE && newline >= end && newline < next
    if (!isLine) throw new Refusal('does not parse: more follows after the end of its JSON document')
    kind = 'line'
    step = line
    return at
  }

  /** From here on the elements of an envelope's array stream by; the object around them is put aside as `shell`. */
  function enter(bytes: Buffer, at: number, array: number): number {
    shell = [Buffer.from(bytes.subarray(at, array)), Buffer.from('null')]
    step = firstElement
    return array + 1
  }

  /** Where the array of records of an envelope begins, or -1: an object with an id is a record, whatever arrays it has. */
  function envelope(bytes: Buffer, at: number): number {
    let array = -1
    for (const member of members(bytes, at)) {
      if (member.key === 'id') return -1
      if (array < 0 && keys.includes(member.key) && bytes[member.start] === OPEN_BRACKET) array = member.start
    }
    return array
  }

  function firstElement(bytes: Buffer, at: number, final: boolean, bounds: number[], limit: number): number {
    at = skipSpace(bytes, at)
    if (bytes[at] === CLOSE_BRACKET) return leave(at)
    return at === bytes.length ? more(at, final) : element(bytes, at, final, bounds, limit)
  }

  function element(bytes: Buffer, at: number, final: boolean, bounds: number[], limit: number): number {
    while (bounds.length < limit) {
      const from = skipSpace(bytes, at)
      const end = valueEnd(bytes, from)
      if (end < 0 || (end === bytes.length && !final)) return more(at, final)

      const next = skipSpace(bytes, end)
      if (next === bytes.length) return more(at, final)
      const separator = bytes[next]
      if (end === from || (separator !== COMMA && separator !== CLOSE_BRACKET))
        throw new Refusal(`does not parse: ${end === from ? 'a value is missing' : 'no comma or bracket follows'} after ${count} records`)

      bounds.push(from, end)
      count += 1
      if (separator === CLOSE_BRACKET) return leave(next)
      step = element
      at = next + 1
    }
    return at
  }

  function more(at: number, final: boolean): number {
    if (final) throw new Refusal(`ends in the middle of its JSON document, after ${count} records`)
    return at
  }

  function leave(at: number): number {
    step = shell ? tail : over
    return at + 1
  }

  /** What follows the array in its envelope. */
  function tail(bytes: Buffer, at: number): number {
    if (at === bytes.length) return at
    shell?.push(Buffer.from(bytes.subarray(at)))
    shellBytes += bytes.length - at
    if (shellBytes > SHELL_LIMIT) throw new Refusal('is an envelope with too much beside its records')
    return bytes.length
  }

  function over(bytes: Buffer, at: number): number {
    at = skipSpace(bytes, at)
    if (at < bytes.length) throw new Refusal('does not parse: more follows after the end of its JSON document')
    return at
  }

  function finish(): void {
    if (step === firstElement || step === element) more(0, true)
    if (!shell) return
    const around = Buffer.concat(shell)
    try {
      JSON.parse(around.toString())
    } catch (error) {
      throw new Refusal(`does not parse around its records: ${(error as Error).message}`)
    }
    // Which of two lists would be the records? Neither may be lost.
    for (const { key, start } of members(around, 0))
      if (keys.includes(key) && around[start] === OPEN_BRACKET && around[skipSpace(around, start + 1)] !== CLOSE_BRACKET)
        throw new Refusal(`is an envelope with two lists of records, one more under '${key}'`)
  }
}

/** The members of the object that begins at `at`, as far as the bytes go: where each value begins and ends (-1: beyond the bytes). */
export function* members(bytes: Buffer, at: number): Generator<{ key: string; start: number; end: number }> {
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

/** The end of the JSON value that begins at `at`; -1 when it lies beyond the bytes. A bare token ends where anything else begins. */
function valueEnd(bytes: Buffer, at: number): number {
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

/** The closing quote of the string whose opening one is at `at`, or -1. */
export function stringEnd(bytes: Buffer, at: number): number {
  for (let quote = bytes.indexOf(QUOTE, at + 1); quote >= 0; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let first = quote
    while (bytes[first - 1] === BACKSLASH) first -= 1
    if ((quote - first) % 2 === 0) return quote
  }
  return -1
}

type Step = (bytes: Buffer, at: number, final: boolean, bounds: number[], limit: number) => number

const RECORDS_AT_ONCE = 16_384
const SHELL_LIMIT = 16_000_000

const NEWLINE = 10
const QUOTE = 34
const COMMA = 44
const COLON = 58
const LESS = 60
const OPEN_BRACKET = 91
const BACKSLASH = 92
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125

/** Numbers, true, NaN, or anything that is no JSON at all: whoever parses it will say. */
function tokenEnd(bytes: Buffer, at: number): number {
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] as number
    if (isSpace(byte) || byte === COMMA || byte === COLON || byte === QUOTE) return at
    if (byte === OPEN_BRACE || byte === CLOSE_BRACE || byte === OPEN_BRACKET || byte === CLOSE_BRACKET) return at
  }
  return at
}

function skipSpace(bytes: Buffer, at: number): number {
  while (at < bytes.length && isSpace(bytes[at] as number)) at += 1
  return at
}

function trimEnd(bytes: Buffer, end: number): number {
  while (isSpace(bytes[end - 1] as number)) end -= 1
  return end
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
