import { ProjectError } from '../base/errors.ts'

/** The supported flags of Python's `re`, with its numbers. */
export const FLAGS = { IGNORECASE: 2, I: 2, MULTILINE: 8, M: 8, DOTALL: 16, S: 16, VERBOSE: 64, X: 64 }

/** Converts a pattern of Python's `re` to JavaScript: letters and digits of all scripts, `$` before a last line break, `(?P<name>…)`. */
export function pythonPattern(pattern: string, flags: number, more = ''): RegExp {
  const inline = /^(?:\(\?([aimsux]+)\))*/.exec(pattern)?.[0] ?? ''
  const all = flags | [...inline.replace(/[()?]/g, '')].reduce((sum, letter) => sum | (LETTERS[letter] ?? 0), 0)
  if ((all & ~KNOWN) !== 0) throw new ProjectError(`Unsupported flags of the pattern ${pattern}`, { hint: 'Supported: I, M, S, X.' })
  const letters = `${all & 2 ? 'i' : ''}${all & 8 ? 'm' : ''}${all & 16 ? 's' : ''}`
  try {
    return new RegExp(translated(pattern.slice(inline.length), all), `v${letters}${more}`)
  } catch (error) {
    if (error instanceof ProjectError) throw error
    throw new ProjectError(`The pattern ${pattern} cannot be read: ${(error as Error).message.replace(/^.*: /, '')}`)
  }
}

const LETTERS: Record<string, number> = { i: 2, m: 8, s: 16, x: 64, a: 256, u: 0 }
const KNOWN = 2 | 8 | 16 | 64
const WORD = '\\p{L}\\p{N}_'
const BOUNDARY = `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`
const ESCAPES: Record<string, string> = {
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
  A: '(?<![\\s\\S])',
  Z: '(?![\\s\\S])',
  b: BOUNDARY,
  B: `(?!${BOUNDARY})`,
  a: '\\x07',
}
// The characters that JavaScript requires to be escaped, outside and inside of a character class.
const SYNTAX = /[\^$\\.*+?()[\]{}|/]/
const IN_CLASS = /[\^$\\.*+?()[\]{}|/\-&~,;:=<>@!#%`]/

function translated(pattern: string, flags: number): string {
  let result = ''
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at)
    const [piece, length] = outside(rest, flags)
    result += piece
    at += length
  }
  return result
}

/** The first piece of a pattern, converted, and its length in the original. */
function outside(rest: string, flags: number): [piece: string, length: number] {
  const named = /^\(\?P(?:<|=(\w+)\))/.exec(rest)
  if (named) return [named[1] === undefined ? '(?<' : `\\k<${named[1]}>`, named[0].length]
  const blank = (flags & 64) !== 0 ? /^(?:\s+|#[^\n]*)/.exec(rest) : null
  if (blank) return ['', blank[0].length]
  const [first = ''] = rest
  if (first === '\\') return escaped(rest, false)
  if (first === '[') return characterClass(rest)
  if (first === '$' && (flags & 8) === 0) return ['(?=\\n?(?![\\s\\S]))', 1]
  if (first === '{') {
    const [count = ''] = /^\{\d*(?:,\d*)?\}/.exec(rest) ?? []
    return /\d/.test(count) ? [count.replace('{,', '{0,'), count.length] : ['\\{', 1]
  }
  return [first === '}' || first === ']' ? `\\${first}` : first, 1]
}

function characterClass(rest: string): [piece: string, length: number] {
  let at = rest[1] === '^' ? 2 : 1
  let result = rest.slice(0, at)
  for (let isFirst = true; at < rest.length; isFirst = false) {
    const [character = ''] = rest.slice(at)
    if (character === ']' && !isFirst) return [`${result}]`, at + 1]
    const [piece, length] = character === '\\' ? escaped(rest.slice(at), true) : [inClass(rest, at), 1]
    result += piece
    at += length
  }
  throw new ProjectError('unterminated character set')
}

// A hyphen between two characters is a range; at an end it is literal.
function inClass(rest: string, at: number): string {
  const character = rest[at] as string
  const isRange = character === '-' && !/^\[\^?$/.test(rest.slice(0, at)) && rest[at + 1] !== ']'
  return isRange || !IN_CLASS.test(character) ? character : `\\${character}`
}

function escaped(rest: string, isInClass: boolean): [piece: string, length: number] {
  const letter = rest[1]
  if (letter === undefined) throw new ProjectError('bad escape (end of pattern)')
  const known = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined
  if (known !== undefined && !(isInClass && /[AZbB]/.test(letter))) return [known, 2]
  if (/[1-9fnrtvsSxu]/.test(letter) || (letter === 'b' && isInClass)) return [`\\${letter}`, 2]
  if (/[A-Za-z0]/.test(letter)) throw new ProjectError(`bad escape \\${letter} in a pattern`)
  return [(isInClass ? IN_CLASS : SYNTAX).test(letter) ? `\\${letter}` : letter, 2]
}
