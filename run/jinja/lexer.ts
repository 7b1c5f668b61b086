import { ProjectError } from '../base/errors.ts'
import { placeAt, type Source } from './source.ts'

export type TokenType = 'data' | 'output' | 'output_end' | 'tag' | 'tag_end' | 'name' | 'string' | 'integer' | 'float' | 'operator' | 'end'

/** A token of a template: its type, text (for a string: its value), and its start and end in the source. */
export interface Token {
  type: TokenType
  text: string
  at: number
  end: number
}

/** The tokens of a whole template; whitespace control is already applied to the data between the tags. */
export function tokenize(source: Source): Token[] {
  const tokens: Token[] = []
  const text = source.text.endsWith('\n') ? source.text.slice(0, -1) : source.text
  let at = 0
  let dataAt = 0
  while (true) {
    opening.lastIndex = at
    const match = opening.exec(text)
    if (!match) {
      pushData(tokens, text, dataAt, text.length)
      tokens.push({ type: 'end', text: '', at: text.length, end: text.length })
      return tokens
    }
    const [mark, kind, control] = match
    pushData(tokens, text, dataAt, control === '-' ? trimmedEnd(text, dataAt, match.index) : match.index)
    at = match.index + mark.length
    if (kind === '{#') at = skipComment(source, text, match.index, at)
    else if (kind === '{%' && isRaw(text, at)) at = readRaw(source, text, match.index, tokens)
    else {
      const type = kind === '{{' ? 'output' : 'tag'
      tokens.push({ type, text: mark, at: match.index, end: at })
      at = readExpression(source, text, at, tokens, type === 'output' ? '}}' : '%}', match.index)
    }
    dataAt = at
  }
}

/** The tokens of a single expression. */
export function tokenizeExpression(source: Source): Token[] {
  const tokens: Token[] = []
  readExpression(source, source.text, 0, tokens, undefined, 0)
  tokens.push({ type: 'end', text: '', at: source.text.length, end: source.text.length })
  return tokens
}

const opening = /(\{\{|\{%|\{#)([-+]?)/g
const commentEnd = /-#\}\s*|\+?#\}/g
const rawTag = /\s*raw\s*(?:-%\}\s*|\+?%\})/y
const rawEnd = /\{%([-+])?\s*endraw\s*(?:-%\}\s*|\+?%\})/g
const space = /\s+/y
const word = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*/uy
const number =
  /(0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+)|((?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?[eE][+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+))|([1-9](?:_?\d)*|0(?:_?0)*)/y
const string = /'([^'\\]*(?:\\[\s\S][^'\\]*)*)'|"([^"\\]*(?:\\[\s\S][^"\\]*)*)"/y
const operator = /\*\*|\/\/|==|!=|>=|<=|[-+*/%~()[\]{}<>=.:|,;]/y
const closers: Record<string, string> = { '(': ')', '[': ']', '{': '}' }

function readExpression(source: Source, text: string, from: number, tokens: Token[], ender: string | undefined, openedAt: number): number {
  const open: { text: string; at: number }[] = []
  let at = from
  while (true) {
    at = skip(space, text, at)
    if (at >= text.length) {
      if (ender === undefined && open.length === 0) return at
      const unclosed = open.at(-1) ?? { text: text.slice(openedAt, openedAt + 2), at: openedAt }
      throw problem(source, unclosed.at, `'${unclosed.text}' is never closed`, `Close it with '${closers[unclosed.text] ?? ender}'.`)
    }
    if (ender !== undefined && open.length === 0) {
      const control = text[at] === '-' || (text[at] === '+' && ender === '%}') ? 1 : 0
      if (text.startsWith(ender, at + control)) {
        const end = at + control + 2
        tokens.push({ type: ender === '}}' ? 'output_end' : 'tag_end', text: text.slice(at, end), at, end })
        return text[at] === '-' ? skip(space, text, end) : end
      }
    }
    const token = readToken(source, text, at, tokens.at(-1))
    if (token.type === 'operator') balance(source, token, open, ender)
    tokens.push(token)
    at = token.end
  }
}

function readToken(source: Source, text: string, at: number, previous: Token | undefined): Token {
  const code = text.charCodeAt(at)
  if (code === 39 || code === 34) {
    const match = matchAt(string, text, at)
    if (!match) throw problem(source, at, 'the text that starts here is never closed', `Close it with ${text[at]}.`)
    return { type: 'string', text: decode(match[1] ?? match[2] ?? ''), at, end: string.lastIndex }
  }
  if (code >= 48 && code <= 57) {
    const match = matchAt(number, text, at)
    const afterDot = previous?.type === 'operator' && previous.text === '.' && previous.end === at
    if (match?.[2] !== undefined && afterDot) {
      const digits = /^\d+/.exec(match[2])?.[0] ?? ''
      return { type: 'integer', text: digits, at, end: at + digits.length }
    }
    if (match) return { type: match[2] === undefined ? 'integer' : 'float', text: match[0].replaceAll('_', ''), at, end: number.lastIndex }
  }
  const name = matchAt(word, text, at)
  if (name) return { type: 'name', text: name[0], at, end: word.lastIndex }
  const sign = matchAt(operator, text, at)
  if (sign) return { type: 'operator', text: sign[0], at, end: operator.lastIndex }
  throw problem(source, at, `unexpected character '${String.fromCodePoint(text.codePointAt(at) ?? 0)}' in an expression`)
}

function balance(source: Source, token: Token, open: { text: string; at: number }[], ender: string | undefined): void {
  if (closers[token.text]) open.push(token)
  else if (token.text === ')' || token.text === ']' || token.text === '}') {
    const last = open.pop()
    if (!last) throw problem(source, token.at, `unexpected '${token.text}'`, ender && `The expression ends with '${ender}'.`)
    const wanted = closers[last.text]
    if (wanted !== token.text) {
      const { line, column } = placeAt(source, last.at)
      throw problem(
        source,
        token.at,
        `unexpected '${token.text}': '${last.text}' of line ${line}, column ${column} must be closed with '${wanted}' first`,
      )
    }
  }
}

function skipComment(source: Source, text: string, openedAt: number, from: number): number {
  commentEnd.lastIndex = from
  if (!commentEnd.test(text)) throw problem(source, openedAt, "the comment '{#' is never closed", "Close it with '#}'.")
  return commentEnd.lastIndex
}

function isRaw(text: string, at: number): boolean {
  return matchAt(rawTag, text, at) !== null
}

function readRaw(source: Source, text: string, openedAt: number, tokens: Token[]): number {
  const start = rawTag.lastIndex
  rawEnd.lastIndex = start
  const match = rawEnd.exec(text)
  if (!match) throw problem(source, openedAt, "'{% raw %}' is never closed", "Close it with '{% endraw %}'.")
  pushData(tokens, text, start, match[1] === '-' ? trimmedEnd(text, start, match.index) : match.index)
  return rawEnd.lastIndex
}

function pushData(tokens: Token[], text: string, at: number, end: number): void {
  if (end > at) tokens.push({ type: 'data', text: text.slice(at, end), at, end })
}

function trimmedEnd(text: string, from: number, to: number): number {
  return from + text.slice(from, to).trimEnd().length
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

function problem(source: Source, at: number, message: string, hint?: string): ProjectError {
  return new ProjectError(message, { place: placeAt(source, at), hint })
}

const escapes = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g
const letters: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', a: '\x07', '\n': '' }

/** Decodes Python's escapes; unknown ones stay as written, with the backslash. */
function decode(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(escapes, (whole, x, u, U, octal, letter) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8))
    const code = x ?? u ?? U
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16))
    return letters[letter] ?? (letter === '\\' || letter === "'" || letter === '"' ? letter : whole)
  })
}
