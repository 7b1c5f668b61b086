import { parseJson } from '../run/base/json-text.ts'
import { stringEnd } from './json-bytes.ts'

/** jsonb accepts more on most servers, but functions on jsonb run out of stack before its parser does. */
export const NESTING_LIMIT = 2000

/**
 * The value of a text that does not parse for its NaN and Infinity alone (R6), with 0 or null in their place; undefined for any other text.
 */
export function spoiledValue(json: string, instead: '0' | 'null' = '0'): unknown {
  if (!/NaN|Infinity/.test(json)) return undefined
  try {
    return parseJson(outsideStrings(json, part => part.replace(/(?<![\w.+-])-?(?:NaN|Infinity)(?![\w.])/g, instead)))
  } catch {
    return undefined
  }
}

/** Why jsonb refuses the escapes of a valid JSON text, or undefined when it does not. */
export function unrepresentable(json: string): string | undefined {
  for (let at = json.indexOf('\\'); at >= 0; at = json.indexOf('\\', at)) {
    const { length, fault } = escapeAt(json, at)
    if (fault) return fault
    at += length
  }
  return undefined
}

/** Whether arrays and objects go deeper than NESTING_LIMIT. */
export function isTooDeep(json: string): boolean {
  let depth = 0
  let deepest = 0
  if (json.length < 2 * NESTING_LIMIT || brackets(json) <= NESTING_LIMIT) return false
  outsideStrings(json, part => {
    for (const [bracket] of part.matchAll(/[[\]{}]/g)) {
      depth += bracket === '[' || bracket === '{' ? 1 : -1
      if (depth > deepest) deepest = depth
    }
    return part
  })
  return deepest > NESTING_LIMIT
}

/** A valid JSON text with U+FFFD for the escapes that jsonb refuses, null for its numbers out of range and for what is nested too deep. */
export function readableJson(json: string): string {
  const shallow = isTooDeep(json) ? flatten(json) : json
  return outsideStrings(shallow, part => part.replace(/-?\d[\d.eE+-]*/g, number => (isNumeric(number) ? number : 'null')), replaceEscapes)
}

/**
 * Replaces the long faultless strings of a large record by ... (ASCII, as the rest may be). The shorter record parses where the whole does
 * and lacks the same fields, in less memory.
 */
export function shortened(record: Buffer): Buffer {
  const pieces: Buffer[] = []
  let done = 0
  for (let open = record.indexOf(QUOTE); open >= 0; ) {
    const close = stringEnd(record, open)
    if (close < 0) break
    if (close - open > LONG && isFaultless(record, open + 1, close)) {
      pieces.push(record.subarray(done, open + 1), Buffer.from('...'))
      done = close
    }
    open = record.indexOf(QUOTE, close + 1)
  }
  return pieces.length === 0 ? record : Buffer.concat([...pieces, record.subarray(done)])
}

/** A text that PostgreSQL can hold: a NUL byte becomes the sign for it. */
export function withoutNul(value: string): string {
  return value.replaceAll('\0', '\u2400')
}

const QUOTE = 34
const LONG = 1 << 16

/** Whether JSON allows and jsonb accepts the content of this string; false for surrogates, which need a closer look. */
function isFaultless(bytes: Buffer, at: number, end: number): boolean {
  for (; at < end; at += 1) {
    const byte = bytes[at] as number
    if (byte < 32) return false
    if (byte !== 92) continue
    const sequence = bytes.toString('latin1', at + 1, at + 6)
    if (!/^(?:["\\/bfnrt]|u(?!0000|[dD][89a-fA-F])[\da-fA-F]{4})/.test(sequence)) return false
    at += sequence[0] === 'u' ? 5 : 1
  }
  return true
}

/** Counts opening brackets, in strings too: an upper bound of the depth. */
function brackets(json: string): number {
  let count = 0
  for (const bracket of '[{') for (let at = json.indexOf(bracket); at >= 0; at = json.indexOf(bracket, at + 1)) count += 1
  return count
}

/** The length of the escape at `at`, and what is wrong with it; the two halves of a surrogate pair are one escape. */
function escapeAt(json: string, at: number): { length: number; fault?: string } {
  if (json[at + 1] !== 'u') return { length: 2 }
  const unit = hex(json, at)
  if (unit === 0) return { length: 6, fault: 'jsonb cannot hold \\u0000' }
  if (unit < 0xd800 || unit > 0xdfff) return { length: 6 }
  const low = unit < 0xdc00 && json.startsWith('\\u', at + 6) ? hex(json, at + 6) : 0
  if (low >= 0xdc00 && low <= 0xdfff) return { length: 12 }
  return { length: 6, fault: `jsonb cannot hold a lone surrogate: ${json.slice(at, at + 6)}` }
}

function hex(json: string, at: number): number {
  return Number.parseInt(json.slice(at + 2, at + 6), 16)
}

function replaceEscapes(string: string): string {
  let result = ''
  let done = 0
  for (let at = string.indexOf('\\'); at >= 0; at = string.indexOf('\\', at)) {
    const { length, fault } = escapeAt(string, at)
    if (fault) {
      result += `${string.slice(done, at)}\\ufffd`
      done = at + length
    }
    at += length
  }
  return result + string.slice(done)
}

/** The text with each part between strings, and each string with its quotes, replaced. */
function outsideStrings(json: string, part: (text: string) => string, string = (text: string) => text): string {
  const pieces: string[] = []
  let at = 0
  while (at < json.length) {
    const open = json.indexOf('"', at)
    if (open < 0) break
    let close = json.indexOf('"', open + 1)
    while (close >= 0 && isEscaped(json, close)) close = json.indexOf('"', close + 1)
    const end = close < 0 ? json.length : close + 1
    pieces.push(part(json.slice(at, open)), string(json.slice(open, end)))
    at = end
  }
  pieces.push(part(json.slice(at)))
  return pieces.join('')
}

function isEscaped(json: string, quote: number): boolean {
  let at = quote
  while (json[at - 1] === '\\') at -= 1
  return (quote - at) % 2 === 1
}

/** Whether PostgreSQL's numeric holds it: up to 131072 digits before the point and 16383 after it. */
function isNumeric(number: string): boolean {
  const [, whole = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? []
  const shift = Number(exponent)
  const leading = /^0*$/.test(whole) ? -(/^0*/.exec(fraction)?.[0].length ?? 0) : whole.replace(/^0+/, '').length
  return leading + shift <= 131_072 && fraction.length - shift <= 16_383 && Math.abs(shift) < 1_000_000
}

/** Null in the place of each array and object that begins below NESTING_LIMIT. */
function flatten(json: string): string {
  let depth = 0
  return outsideStrings(
    json,
    part => {
      let kept = ''
      for (const character of part) {
        const opens = character === '[' || character === '{'
        if (opens && depth === NESTING_LIMIT) kept += 'null'
        if (opens) depth += 1
        if (depth <= NESTING_LIMIT) kept += character
        if (character === ']' || character === '}') depth -= 1
      }
      return kept
    },
    string => (depth <= NESTING_LIMIT ? string : ''),
  )
}
