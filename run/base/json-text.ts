import { ProjectError } from './errors.ts'

/**
 * Parses JSON as JSON.parse does; throws as it does, and `jsonFault` gives the reason.
 *
 * Node 24.0 to 26.5 may confuse an escaped name in an object with another known name that begins with a backslash (nodejs/node#63785): a
 * text with such names is parsed with replacements for them.
 */
export function parseJson(text: string): unknown {
  return MISREADS_NAMES && hasEscapedName(text) ? parseRenamed(text) : JSON.parse(text)
}

/** Parses JSON, or throws a ProjectError: "Invalid JSON in target/manifest.json: unexpected end, expected a value". */
export function readJson(text: string, what: string, hint?: string): unknown {
  try {
    return parseJson(text)
  } catch {
    throw new ProjectError(`Invalid JSON in ${what}: ${jsonFault(text)}`, { hint })
  }
}

/** JSON.parse for a text with escapes in the names of its objects. */
export function parseRenamed(text: string): unknown {
  const root = { '': JSON.parse(text.replace(STRINGS, (string, colon) => (colon ? unescapedName(string, colon) : string))) }
  // Without recursion, as a text may be nested deeper than the stack.
  const places: Record<string, unknown>[] = [root]
  for (let place = places.pop(); place; place = places.pop())
    for (const [key, value] of Object.entries(place)) {
      if (typeof value !== 'object' || value === null) continue
      const named = Array.isArray(value) ? value : Object.fromEntries(Object.entries(value).map(([name, of]) => [nameOf(name), of]))
      place[key] = named
      places.push(named as Record<string, unknown>)
    }
  return root['']
}

/** The fault in a text that JSON.parse refuses, the same on every version of Node: `unexpected "}" at character 8, expected a value`. */
export function jsonFault(text: string): string {
  const open: string[] = []
  let expected: Expected = 'a value'
  for (let at = 0; ; ) {
    while (at < text.length && ' \t\n\r'.includes(text[at] as string)) at += 1
    const token = tokenAt(text, at)
    if (token.fault) return token.fault
    const next = following(expected, text.slice(at, token.end), open)
    if (!next) return at < text.length ? `unexpected ${shown(text, at)}, expected ${expected}` : `unexpected end, expected ${expected}`
    expected = next
    at = token.end
  }
}

type Expected =
  | 'a value'
  | 'a value or "]"'
  | 'a name in quotes'
  | 'a name in quotes or "}"'
  | '":"'
  | '"," or "}"'
  | '"," or "]"'
  | 'the end'

/** What must follow a token where `expected` was; undefined where the token does not fit. `open` are the brackets around it. */
function following(expected: Expected, token: string, open: string[]): Expected | undefined {
  const afterValue = () => (open.length === 0 ? 'the end' : open.at(-1) === '{' ? '"," or "}"' : '"," or "]"')
  if (expected === 'the end' || token === '') return undefined
  if (expected === '":"') return token === ':' ? 'a value' : undefined
  if (expected.endsWith(`"${token}"`)) {
    open.pop()
    return afterValue()
  }
  if (expected.startsWith('a name')) return token[0] === '"' ? '":"' : undefined
  if (expected.startsWith('"')) return token !== ',' ? undefined : open.at(-1) === '{' ? 'a name in quotes' : 'a value'
  if (token === '{' || token === '[') {
    open.push(token)
    return token === '{' ? 'a name in quotes or "}"' : 'a value or "]"'
  }
  return '}],:'.includes(token) ? undefined : afterValue()
}

/** The end of the token at `at`; `at` itself where no token begins. */
function tokenAt(text: string, at: number): { end: number; fault?: string } {
  if (text[at] === '"') return stringAt(text, at)
  if (at < text.length && '{}[],:'.includes(text[at] as string)) return { end: at + 1 }
  SCALAR.lastIndex = at
  return { end: at + (SCALAR.exec(text)?.[0].length ?? 0) }
}

function stringAt(text: string, start: number): { end: number; fault?: string } {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at] as string
    if (character === '"') return { end: at + 1 }
    if (character < ' ') return { end: at, fault: `unescaped control character ${shown(text, at)} in a string` }
    if (character !== '\\') continue
    if (!ESCAPE.test(text.slice(at, at + 6)))
      return at + 1 < text.length ? { end: at, fault: `invalid escape \\ at character ${at + 1}` } : unclosed(text, start)
    at += text[at + 1] === 'u' ? 5 : 1
  }
  return unclosed(text, start)
}

function unclosed(text: string, start: number): { end: number; fault: string } {
  return { end: text.length, fault: `unexpected end, the string of character ${start + 1} is not closed` }
}

/** A character and its place, counted from 1. */
function shown(text: string, at: number): string {
  return `${JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))} at character ${at + 1}`
}

function hasEscapedName(text: string): boolean {
  if (!text.includes('\\')) return false
  for (const [string, colon] of text.matchAll(STRINGS)) if (colon && string.includes('\\')) return true
  return false
}

// Prefixes each name with a letter: `n` for the name itself, `h` for its UTF-16 in hexadecimal where JSON must escape it.
function unescapedName(string: string, colon: string): string {
  const quoted = string.slice(0, -colon.length)
  if (!quoted.includes('\\')) return `"n${quoted.slice(1)}${colon}`
  const name = JSON.parse(quoted) as string
  const again = JSON.stringify(name)
  return `"${again.includes('\\') ? `h${Buffer.from(name, 'utf16le').toString('hex')}"` : `n${again.slice(1)}`}${colon}`
}

function nameOf(unescaped: string): string {
  const rest = unescaped.slice(1)
  return unescaped[0] === 'h' ? Buffer.from(rest, 'hex').toString('utf16le') : rest
}

const STRINGS = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/gs
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y
const ESCAPE = /^\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/

const MISREADS_NAMES = (() => {
  JSON.parse('{"before":[],"\\\\":0}')
  return !Object.hasOwn(JSON.parse('{"before":1,"\\"":2}'), '"')
})()
