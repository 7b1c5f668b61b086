import { type BesideList, findList, type List, readBeside } from './envelope.ts'
import { CLOSE_BRACKET, COMMA, LESS, NEWLINE, OPEN_BRACE, OPEN_BRACKET, skipSpace, trimEnd, valueEnd } from './json-bytes.ts'
import type { RecordShape } from './record-shape.ts'
import { Refusal } from './refusal.ts'

/**
 * Finds where the records of one document begin and end, on bytes and without parsing them: array, envelope, single object, NDJSON by
 * ending or by content. It checks what lies between the records, and the consumer parses the records: together that is a full parse of the
 * document.
 */
export interface Scanner {
  /**
   * Looks at window[0, end), all bytes not yet released, and appends start and end of each complete record to `bounds`. Gives how many
   * bytes are done; the next window begins with the rest. With `final` no bytes follow `end`.
   * Pass the largest window possible: an envelope is recognised by what fits in it. Throws a Refusal.
   */
  scan(window: Buffer, end: number, final: boolean, bounds: number[]): number
  /** `line`: records are lines, each may be broken. `whole`: the document is the record. `element`: of an array or envelope. */
  readonly kind: 'line' | 'whole' | 'element'
  /** The last line had no line end. */
  readonly unterminated: boolean
  /** At the end: whether there was nothing but white space. */
  readonly isBlank: boolean
  /** At the end: what an envelope says beside its list; undefined of all other documents. */
  readonly beside: BesideList | undefined
}

/** A scanner of a new document that holds records of that shape; `lines` says that the ending is NDJSON's. */
export function createScanner(shape: RecordShape, lines: boolean): Scanner {
  let step: Step = start
  let kind: Scanner['kind'] = 'element'
  let unterminated = false
  let count = 0
  let list: List | undefined
  let shell: Buffer[] | undefined
  let shellBytes = 0
  let isBlank = true
  let beside: BesideList | undefined

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
    get isBlank() {
      return isBlank
    },
    get beside() {
      return beside
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
    isBlank = false
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
      const found = findList(bytes, at, shape)
      if (found) return enter(bytes, at, found)
      if (final) throw new Refusal('ends in the middle of its JSON document')
      return at
    }

    const next = skipSpace(bytes, end)
    if (next === bytes.length) {
      if (!final) return at
      const found = findList(bytes, at, shape)
      if (found) return enter(bytes, at, found)
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

  /** Begins to stream the elements of an envelope's array; keeps the object around them as `shell`. */
  function enter(bytes: Buffer, at: number, found: List): number {
    list = found
    shell = [Buffer.from(bytes.subarray(at, found.start)), Buffer.from('null')]
    step = firstElement
    return found.start + 1
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
    if (shell && list) beside = readBeside(Buffer.concat(shell), list, shape)
  }
}

type Step = (bytes: Buffer, at: number, final: boolean, bounds: number[], limit: number) => number

const RECORDS_AT_ONCE = 16_384
const SHELL_LIMIT = 16_000_000
