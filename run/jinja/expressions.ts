import { didYouMean } from '../base/suggest.ts'
import type { Arguments, BinaryOperator, Comparison, Expression } from './ast.ts'
import { filters } from './filters.ts'
import { exact } from './numbers.ts'
import { describe, type Stream } from './stream.ts'
import { tests } from './tests.ts'
import { float, type JinjaFunction, type Value } from './values.ts'

/** One expression, by Jinja's grammar and precedence. */
export function parseExpression(stream: Stream): Expression {
  let expression = parseOr(stream)
  while (stream.takes('if')) {
    const condition = parseOr(stream)
    const otherwise = stream.takes('else') ? parseExpression(stream) : undefined
    expression = { type: 'conditional', condition, value: expression, otherwise, at: expression.at, end: stream.end() }
  }
  return expression
}

/** Parses an expression, or several with commas between them as a tuple: in `{{ }}`, `set` and `for … in`. */
export function parseTuple(stream: Stream, ends: (stream: Stream) => boolean, parse = parseExpression): Expression {
  const at = stream.peek().at
  const items: Expression[] = []
  let isTuple = false
  while (!ends(stream)) {
    items.push(parse(stream))
    if (!stream.takes(',')) break
    isTuple = true
  }
  if (!isTuple && items[0]) return items[0]
  if (!isTuple) throw stream.fail(`expected an expression, found ${describe(stream.peek())}`)
  return { type: 'tuple', items, at, end: stream.end() }
}

/** The arguments of a call, parentheses included. */
export function parseArguments(stream: Stream): Arguments {
  const opened = stream.expect('(')
  const result: Arguments = { positional: [], named: [] }
  const misplaced = (what: string) =>
    stream.fail(`${what} is not allowed here among the arguments`, undefined, 'The order is: values, name=value, *list, **dict.')
  while (!stream.sees(')')) {
    if (stream.takes('*')) {
      if (result.list || result.dict) throw misplaced("'*'")
      result.list = parseExpression(stream)
    } else if (stream.takes('**')) {
      if (result.dict) throw misplaced("'**'")
      result.dict = parseExpression(stream)
    } else if (stream.peek().type === 'name' && stream.peek(1).type === 'operator' && stream.peek(1).text === '=') {
      const name = stream.next().text
      stream.next()
      if (result.dict) throw misplaced(`'${name}='`)
      result.named.push({ name, value: parseExpression(stream) })
    } else {
      if (result.list || result.dict || result.named.length > 0) throw misplaced('a positional value')
      result.positional.push(parseExpression(stream))
    }
    if (!stream.takes(',')) break
  }
  if (!stream.takes(')'))
    throw stream.fail(`expected ',' or ')' among the arguments, found ${describe(stream.peek())}`, undefined, callHint(stream, opened.at))
  return result
}

/** Parses filters applied to an input: after `|`, in a filter block or in a block set. */
export function parseFilters(stream: Stream, input: Expression, first: boolean): Expression {
  let node = input
  let inline = first
  while (inline || stream.takes('|')) {
    inline = false
    const { name, run } = parseBuiltin(stream, filters, 'filter')
    node = {
      type: 'filter',
      input: node,
      name,
      run,
      arguments: stream.sees('(') ? parseArguments(stream) : none(),
      at: input.at,
      end: stream.end(),
    }
  }
  return node
}

/** An expression that is not an inline `if`. */
export function parseOr(stream: Stream): Expression {
  let left = parseAnd(stream)
  while (stream.takes('or')) left = { type: 'or', left, right: parseAnd(stream), at: left.at, end: stream.end() }
  return left
}

function parseAnd(stream: Stream): Expression {
  let left = parseNot(stream)
  while (stream.takes('and')) left = { type: 'and', left, right: parseNot(stream), at: left.at, end: stream.end() }
  return left
}

function parseNot(stream: Stream): Expression {
  const at = stream.peek().at
  return stream.takes('not') ? { type: 'not', operand: parseNot(stream), at, end: stream.end() } : parseCompare(stream)
}

const comparisons = new Set(['==', '!=', '<', '<=', '>', '>=', 'in'])

function parseCompare(stream: Stream): Expression {
  const first = parseSum(stream)
  const rest: { operator: Comparison; operand: Expression }[] = []
  while (true) {
    const token = stream.peek()
    const symbol = token.type === 'operator' || token.type === 'name'
    if (symbol && comparisons.has(token.text)) {
      stream.next()
      rest.push({ operator: token.text as Comparison, operand: parseSum(stream) })
    } else if (symbol && token.text === 'not' && stream.peek(1).type === 'name' && stream.peek(1).text === 'in') {
      stream.next()
      stream.next()
      rest.push({ operator: 'not in', operand: parseSum(stream) })
    } else break
  }
  return rest.length === 0 ? first : { type: 'compare', first, rest, at: first.at, end: stream.end() }
}

const parsePower = binary(stream => parseUnary(stream, true), new Set(['**']))
const parseProduct = binary(parsePower, new Set(['*', '/', '//', '%']))
const parseSum = binary(parseConcat, new Set(['+', '-']))

function parseConcat(stream: Stream): Expression {
  const first = parseProduct(stream)
  if (!stream.sees('~')) return first
  const items = [first]
  while (stream.takes('~')) items.push(parseProduct(stream))
  return { type: 'concat', items, at: first.at, end: stream.end() }
}

function binary(operand: (stream: Stream) => Expression, operators: Set<string>): (stream: Stream) => Expression {
  return stream => {
    let left = operand(stream)
    while (stream.peek().type === 'operator' && operators.has(stream.peek().text)) {
      const operator = stream.next().text as BinaryOperator
      left = { type: 'binary', operator, left, right: operand(stream), at: left.at, end: stream.end() }
    }
    return left
  }
}

function parseUnary(stream: Stream, withFilters: boolean): Expression {
  const at = stream.peek().at
  let node: Expression
  if (stream.peek().type === 'operator' && stream.takes('-'))
    node = { type: 'negative', operand: parseUnary(stream, false), at, end: stream.end() }
  else if (stream.peek().type === 'operator' && stream.takes('+'))
    node = { type: 'positive', operand: parseUnary(stream, false), at, end: stream.end() }
  else node = parsePrimary(stream)
  node = parsePostfix(stream, node)
  return withFilters ? parseFiltersAndTests(stream, node) : node
}

const constants = new Map<string, Value>(Object.entries({ true: true, True: true, false: false, False: false, none: null, None: null }))

function parsePrimary(stream: Stream): Expression {
  const token = stream.next()
  const { at, end, text, type } = token
  if (type === 'name') {
    const constant = constants.get(text)
    if (constant !== undefined) return { type: 'literal', value: constant, at, end }
    for (const uses of stream.uses) if (Object.hasOwn(uses, text)) uses[text as keyof typeof uses] = true
    return { type: 'name', name: text, at, end }
  }
  if (type === 'string') {
    let value = text
    while (stream.peek().type === 'string') value += stream.next().text
    return { type: 'literal', value, at, end: stream.end() }
  }
  if (type === 'integer') return { type: 'literal', value: exact(BigInt(text)), at, end }
  if (type === 'float') return { type: 'literal', value: float(Number(text)), at, end }
  if (type === 'operator' && text === '(') return parseParenthesis(stream, at)
  if (type === 'operator' && text === '[') return { type: 'list', items: parseItems(stream, ']', parseExpression), at, end: stream.end() }
  if (type === 'operator' && text === '{') return { type: 'dict', entries: parseItems(stream, '}', parseEntry), at, end: stream.end() }
  throw stream.fail(`expected an expression, found ${describe(token)}`, at)
}

function parseParenthesis(stream: Stream, at: number): Expression {
  if (stream.takes(')')) return { type: 'tuple', items: [], at, end: stream.end() }
  const inner = parseTuple(stream, inside => inside.sees(')'))
  stream.expect(')')
  inner.at = at
  inner.end = stream.end()
  return inner
}

function parseItems<T>(stream: Stream, closer: string, parse: (stream: Stream) => T): T[] {
  const items: T[] = []
  while (!stream.sees(closer)) {
    items.push(parse(stream))
    if (!stream.takes(',')) break
  }
  stream.expect(closer)
  return items
}

function parseEntry(stream: Stream): { key: Expression; value: Expression } {
  const key = parseExpression(stream)
  stream.expect(':', ' between key and value of a dict')
  return { key, value: parseExpression(stream) }
}

function parsePostfix(stream: Stream, start: Expression): Expression {
  let node = start
  while (stream.peek().type === 'operator') {
    const at = node.at
    if (stream.takes('.')) node = parseAttribute(stream, node)
    else if (stream.takes('[')) node = parseSubscript(stream, node)
    else if (stream.sees('(')) node = { type: 'call', callee: node, arguments: parseArguments(stream), at, end: stream.end() }
    else break
  }
  return node
}

function parseAttribute(stream: Stream, object: Expression): Expression {
  const token = stream.next()
  if (token.type === 'name') return { type: 'attribute', object, name: token.text, at: object.at, end: token.end }
  if (token.type !== 'integer') throw stream.fail(`expected a name after '.', found ${describe(token)}`, token.at)
  const index: Expression = { type: 'literal', value: Number(token.text), at: token.at, end: token.end }
  return { type: 'subscript', object, index, at: object.at, end: token.end }
}

function parseSubscript(stream: Stream, object: Expression): Expression {
  const at = object.at
  const start = stream.sees(':') ? undefined : parseTuple(stream, inside => inside.sees(']'))
  if (start && stream.takes(']')) return { type: 'subscript', object, index: start, at, end: stream.end() }
  stream.expect(':')
  const ends = () => stream.sees(']') || stream.sees(':')
  const stop = ends() ? undefined : parseExpression(stream)
  const step = stream.takes(':') && !stream.sees(']') ? parseExpression(stream) : undefined
  stream.expect(']')
  return { type: 'slice', object, start, stop, step, at, end: stream.end() }
}

function parseFiltersAndTests(stream: Stream, start: Expression): Expression {
  let node = start
  while (true) {
    if (stream.sees('|')) node = parseFilters(stream, node, false)
    else if (stream.sees('is')) node = parseTest(stream, node)
    else if (stream.peek().type === 'operator' && stream.sees('(')) {
      node = { type: 'call', callee: node, arguments: parseArguments(stream), at: node.at, end: stream.end() }
    } else return node
  }
}

const startsArgument = new Set(['name', 'string', 'integer', 'float'])
const endsTest = new Set(['else', 'or', 'and'])

function parseTest(stream: Stream, input: Expression): Expression {
  stream.next()
  const negated = stream.takes('not')
  const { name, run } = parseBuiltin(stream, tests, 'test')
  const next = stream.peek()
  let given = none()
  if (next.type === 'operator' && next.text === '(') given = parseArguments(stream)
  else if (
    startsArgument.has(next.type)
      ? !endsTest.has(next.text) || next.type === 'string'
      : next.type === 'operator' && '[{'.includes(next.text)
  ) {
    if (stream.sees('is')) throw stream.fail("a test cannot follow a test: 'is … is'", undefined, "Join them with 'and'.")
    if (!stream.sees('if')) given = { positional: [parsePostfix(stream, parsePrimary(stream))], named: [] }
  }
  const span = { at: input.at, end: stream.end() }
  const test: Expression = { type: 'test', input, name, run, arguments: given, ...span }
  return negated ? { type: 'not', operand: test, ...span } : test
}

function parseBuiltin(stream: Stream, table: Record<string, JinjaFunction>, what: string): { name: string; run: JinjaFunction } {
  const token = stream.expectName(`the name of a ${what}`)
  let name = token.text
  while (stream.takes('.')) name += `.${stream.expectName(`the name of a ${what}`).text}`
  const run = Object.hasOwn(table, name) ? table[name] : undefined
  if (!run) throw stream.fail(`there is no ${what} '${name}'`, token.at, didYouMean(name, Object.keys(table)))
  return { name, run }
}

const none = (): Arguments => ({ positional: [], named: [] })

function callHint(stream: Stream, at: number): string | undefined {
  return stream.peek().type === 'name' || stream.peek().type === 'string'
    ? `Perhaps a ',' is missing in '${stream.source.text.slice(at, stream.end())}'.`
    : undefined
}
