import { ProjectError } from '../base/errors.ts'
import type { Definition, Statement } from './ast.ts'
import type { Token, TokenType } from './lexer.ts'
import { placeAt, type Source } from './source.ts'

/** The token stream of the parser. */
export interface Stream {
  readonly source: Source
  /** The next token; at the end always the last one. */
  peek(ahead?: number): Token
  next(): Token
  /** The end of the previous token. */
  end(): number
  /** True when the next token is this operator, or this name. */
  sees(text: string): boolean
  /** Consumes the next token if it is this operator or name. */
  takes(text: string): boolean
  /** Consumes the operator or name, or throws an error that shows the actual token. */
  expect(text: string, why?: string): Token
  expectName(what: string): Token
  expectType(type: TokenType, what: string): Token
  fail(message: string, at?: number, hint?: string): ProjectError
  /** Which of `caller`, `varargs` and `kwargs` the bodies of the open macros read. */
  readonly uses: Definition['uses'][]
  /** The number of open loops in the current macro. */
  loops: number
  /** The `set`s at the top of the file, complete at its end. */
  readonly module: Statement[]
}

export function createStream(source: Source, tokens: Token[]): Stream {
  let index = 0
  const last = tokens[tokens.length - 1] as Token
  const peek = (ahead = 0) => tokens[index + ahead] ?? last
  const next = () => tokens[index++] ?? last
  const sees = (text: string) => {
    const token = peek()
    return token.text === text && (token.type === 'operator' || token.type === 'name')
  }
  const fail = (message: string, at = peek().at, hint?: string) => new ProjectError(message, { place: placeAt(source, at), hint })
  const expected = (what: string) => fail(`expected ${what}, found ${describe(peek())}`)
  return {
    source,
    peek,
    next,
    sees,
    fail,
    uses: [],
    loops: 0,
    module: [],
    end: () => tokens[index - 1]?.end ?? 0,
    takes: text => sees(text) && next() !== undefined,
    expect: (text, why = '') => {
      if (!sees(text)) throw expected(`'${text}'${why}`)
      return next()
    },
    expectName: what => {
      if (peek().type !== 'name') throw expected(what)
      return next()
    },
    expectType: (type, what) => {
      if (peek().type !== type) throw expected(what)
      return next()
    },
  }
}

/** Describes a token for a message. */
export function describe(token: Token): string {
  if (token.type === 'end') return 'the end'
  if (token.type === 'string') return `the text '${token.text}'`
  return `'${token.text}'`
}
