import { didYouMean } from '../base/suggest.ts'
import type { Definition, Expression, Parameter, Statement, Target } from './ast.ts'
import { parseExpression, parseFilters, parseOr, parseTuple } from './expressions.ts'
import type { Token } from './lexer.ts'
import { placeAt, type Source } from './source.ts'
import { createStream, describe, type Stream } from './stream.ts'

/** The statements of a template. */
export function parseStatements(source: Source, tokens: Token[]): Statement[] {
  const stream = createStream(source, tokens)
  const body = parseBody(stream)
  stream.module.push(...body.filter(statement => statement.type === 'set' || statement.type === 'setBlock'))
  if (stream.peek().type === 'end') return body
  const { text, at } = stream.peek(1)
  throw stream.fail(`'{% ${text} %}' has no opening tag`, at)
}

/** Parses a single expression. */
export function parseAlone(source: Source, tokens: Token[]): Expression {
  const stream = createStream(source, tokens)
  const expression = parseTuple(stream, inside => inside.peek().type === 'end')
  if (stream.peek().type !== 'end') throw stream.fail(`unexpected ${describe(stream.peek())} after the expression`)
  return expression
}

type Opened = { tag: Token; at: number }

/** Parses statements up to a tag that opens none: the closing tag, `else`, or the end. */
function parseBody(stream: Stream): Statement[] {
  const body: Statement[] = []
  while (true) {
    const token = stream.peek()
    if (token.type === 'data') {
      stream.next()
      body.push({ type: 'data', text: token.text, at: token.at, end: token.end })
    } else if (token.type === 'output') {
      stream.next()
      const expression = parseTuple(stream, inside => inside.peek().type === 'output_end')
      stream.expectType('output_end', "'}}'")
      body.push({ type: 'output', expression, at: token.at, end: stream.end() })
    } else if (token.type === 'end' || closing.has(stream.peek(1).text)) return body
    else {
      stream.next()
      const tag = stream.expectName('the name of a tag')
      const parse = Object.hasOwn(tags, tag.text) ? tags[tag.text] : undefined
      if (!parse) throw unknownTag(stream, tag)
      body.push(parse(stream, { tag, at: token.at }))
    }
  }
}

const tags: Record<string, (stream: Stream, opened: Opened) => Statement> = {
  if: parseIf,
  for: parseFor,
  set: parseSet,
  with: parseWith,
  do: (stream, { at }) => {
    const expression = parseTuple(stream, atTagEnd)
    return { type: 'do', expression, at, end: endTag(stream) }
  },
  break: parseLoopControl,
  continue: parseLoopControl,
  filter: (stream, opened) => {
    const filters = parseFilters(stream, blockText(stream), true)
    const body = parseBlock(stream, opened)
    return { type: 'filterBlock', filters, body, at: opened.at, end: stream.end() }
  },
  call: (stream, opened) => {
    const definition = startDefinition(stream, 'macro', 'caller', opened)
    if (stream.sees('(')) definition.parameters = parseParameters(stream)
    const call = parseExpression(stream)
    if (call.type !== 'call') throw stream.fail("'{% call %}' needs a call: '{% call name() %}'", call.at)
    parseDefinitionBody(stream, opened, definition)
    return { type: 'callBlock', caller: definition, call, at: opened.at, end: stream.end() }
  },
  macro: (stream, opened) => parseDefinition(stream, opened, 'macro'),
  test: (stream, opened) => parseDefinition(stream, opened, 'test'),
  data_test: (stream, opened) => parseDefinition(stream, opened, 'test'),
  snapshot: (stream, opened) => parseDefinition(stream, opened, 'snapshot'),
  docs: (stream, opened) => parseDefinition(stream, opened, 'docs'),
  materialization: (stream, opened) => parseDefinition(stream, opened, 'materialization'),
}

const refused = new Map([
  ['include', 'Call a macro instead.'],
  ['import', 'Remove it: every macro of the project is available by its name.'],
  ['from', 'Remove it: every macro of the project is available by its name.'],
  ['extends', 'Call a macro, or use {% call %} to give it a body.'],
  ['block', 'Use a macro, or {% call %} to give one a body.'],
  ['autoescape', 'SQL is never escaped.'],
])

const closing = new Set(['elif', 'else', ...[...Object.keys(tags), 'raw'].map(name => `end${name}`)])

function parseIf(stream: Stream, opened: Opened): Statement {
  const branches: { condition: Expression; body: Statement[] }[] = []
  do {
    const condition = parseTuple(stream, atTagEnd)
    endTag(stream)
    branches.push({ condition, body: parseBody(stream) })
  } while (takesTag(stream, 'elif'))
  const otherwise = parseElse(stream)
  closeTag(stream, opened)
  return { type: 'if', branches, otherwise, at: opened.at, end: stream.end() }
}

function parseFor(stream: Stream, opened: Opened): Statement {
  const target = parseTarget(stream, inside => inside.sees('in'))
  stream.expect('in', ` in '{% for … in … %}'`)
  const items = parseTuple(stream, atTagEnd, parseOr) // an `if` here is the loop's own
  const condition = stream.takes('if') ? parseExpression(stream) : undefined
  if (stream.sees('recursive')) throw stream.fail("'recursive' loops are not supported", undefined, 'Use a macro that calls itself.')
  endTag(stream)
  stream.loops++
  const body = parseBody(stream)
  stream.loops--
  const otherwise = parseElse(stream)
  closeTag(stream, opened)
  return { type: 'for', target, items, condition, body, otherwise, at: opened.at, end: stream.end() }
}

function parseLoopControl(stream: Stream, { tag, at }: Opened): Statement {
  if (stream.loops === 0) throw stream.fail(`'{% ${tag.text} %}' is outside of a loop`, tag.at)
  return { type: tag.text as 'break' | 'continue', at, end: endTag(stream) }
}

function parseSet(stream: Stream, opened: Opened): Statement {
  const target = parseTarget(stream, inside => inside.sees('='), true)
  if (stream.takes('=')) {
    const value = parseTuple(stream, atTagEnd)
    return { type: 'set', target, value, at: opened.at, end: endTag(stream) }
  }
  const filters = stream.takes('|') ? parseFilters(stream, blockText(stream), true) : undefined
  if (!filters && !atTagEnd(stream)) throw stream.fail(`expected '=', '|' or '%}' in '{% set %}', found ${describe(stream.peek())}`)
  const body = parseBlock(stream, opened)
  return { type: 'setBlock', target, filters, body, at: opened.at, end: stream.end() }
}

function parseWith(stream: Stream, opened: Opened): Statement {
  const bindings: { target: Target; value: Expression }[] = []
  while (!atTagEnd(stream)) {
    const target = parseTarget(stream, () => true)
    stream.expect('=')
    bindings.push({ target, value: parseExpression(stream) })
    if (!stream.takes(',')) break
  }
  const body = parseBlock(stream, opened)
  return { type: 'with', bindings, body, at: opened.at, end: stream.end() }
}

/** Parses a name, `namespace.name`, or several in parentheses or with commas between them. */
function parseTarget(stream: Stream, ends: (stream: Stream) => boolean, members = false): Target {
  const at = stream.peek().at
  const items: Target[] = []
  let isTuple = false
  do {
    if (isTuple && ends(stream)) break
    items.push(parseOneTarget(stream, members))
    isTuple ||= stream.sees(',')
  } while (stream.takes(','))
  return isTuple ? { type: 'tuple', items, at, end: stream.end() } : (items[0] as Target)
}

function parseOneTarget(stream: Stream, members: boolean): Target {
  const at = stream.peek().at
  if (stream.takes('(')) {
    const inner = parseTarget(stream, inside => inside.sees(')'), members)
    stream.expect(')')
    return inner
  }
  const { text: name, end } = stream.expectName('a name to assign to')
  if (constants.has(name)) throw stream.fail(`'${name}' cannot be assigned to`, at)
  if (!members || !stream.takes('.')) return { type: 'name', name, at, end }
  return { type: 'member', object: name, name: stream.expectName('the name of an attribute').text, at, end: stream.end() }
}

const constants = new Set(['true', 'false', 'none', 'True', 'False', 'None'])

function parseDefinition(stream: Stream, opened: Opened, kind: Definition['kind']): Statement {
  const name = stream.expectName(`the name of the ${kind}`).text
  const definition = startDefinition(stream, kind, name, opened)
  if (kind === 'macro' || kind === 'test') definition.parameters = parseParameters(stream)
  if (kind === 'materialization') definition.adapter = parseAdapter(stream)
  parseDefinitionBody(stream, opened, definition)
  return { type: 'definition', definition, at: definition.at, end: definition.end }
}

function startDefinition(stream: Stream, kind: Definition['kind'], name: string, { tag, at }: Opened): Definition {
  const uses = { caller: false, varargs: false, kwargs: false }
  const { source, module } = stream
  const span = { at, end: at, bodyAt: at, bodyEnd: at }
  return { kind, name, parameters: [], place: placeAt(source, at), source, body: [], ...span, module, isCaller: tag.text === 'call', uses }
}

function parseDefinitionBody(stream: Stream, opened: Opened, definition: Definition): void {
  stream.uses.push(definition.uses)
  const { loops } = stream
  stream.loops = 0
  definition.bodyAt = endTag(stream)
  definition.body = parseBody(stream)
  stream.loops = loops
  definition.bodyEnd = stream.peek().at
  stream.uses.pop()
  closeTag(stream, opened)
  definition.end = stream.end()
}

function parseParameters(stream: Stream): Parameter[] {
  stream.expect('(', ' and the parameters')
  const parameters: Parameter[] = []
  while (!stream.sees(')')) {
    const { text: name, at } = stream.expectName('the name of a parameter')
    if (parameters.some(parameter => parameter.name === name)) throw stream.fail(`the parameter '${name}' is named twice`, at)
    const parameter: Parameter = { name, place: placeAt(stream.source, at) }
    if (stream.takes('=')) parameter.default = parseExpression(stream)
    else if (parameters.at(-1)?.default) throw stream.fail(`the parameter '${name}' needs a default, as the one before it has one`, at)
    parameters.push(parameter)
    if (!stream.takes(',')) break
  }
  stream.expect(')', ' after the parameters')
  return parameters
}

function parseAdapter(stream: Stream): string {
  let adapter = 'default'
  while (stream.takes(',')) {
    if (stream.takes('default')) continue
    const { text: name, at } = stream.expectName("'default' or 'adapter='")
    stream.expect('=')
    const value = parseExpression(stream)
    if (name === 'supported_languages') continue
    if (name !== 'adapter' || value.type !== 'literal') throw stream.fail("a materialization is 'default' or has adapter='name'", at)
    adapter = String(value.value)
  }
  return adapter
}

function parseBlock(stream: Stream, opened: Opened): Statement[] {
  endTag(stream)
  const body = parseBody(stream)
  closeTag(stream, opened)
  return body
}

function parseElse(stream: Stream): Statement[] {
  if (!takesTag(stream, 'else')) return []
  endTag(stream)
  return parseBody(stream)
}

function takesTag(stream: Stream, name: string): boolean {
  if (stream.peek().type !== 'tag' || stream.peek(1).text !== name) return false
  stream.next()
  stream.next()
  return true
}

function closeTag(stream: Stream, { tag, at }: Opened): void {
  if (takesTag(stream, `end${tag.text}`)) {
    endTag(stream)
    return
  }
  if (stream.peek().type === 'end') throw stream.fail(`'{% ${tag.text} %}' is never closed`, at, `Close it with '{% end${tag.text} %}'.`)
  const { line, column } = placeAt(stream.source, at)
  throw stream.fail(
    `'{% ${stream.peek(1).text} %}' while '{% ${tag.text} %}' of line ${line}, column ${column} is open`,
    undefined,
    `Close it with '{% end${tag.text} %}' first.`,
  )
}

function endTag(stream: Stream): number {
  return stream.expectType('tag_end', "'%}'").end
}

function atTagEnd(stream: Stream): boolean {
  return stream.peek().type === 'tag_end'
}

/** The text of a block, as the input of its filters. */
function blockText(stream: Stream): Expression {
  return { type: 'name', name: blockTextName, at: stream.peek().at, end: stream.peek().at }
}

/** No template can contain this name. */
export const blockTextName = '{block}'

function unknownTag(stream: Stream, tag: Token): Error {
  const hint = refused.get(tag.text)
  if (hint) return stream.fail(`'{% ${tag.text} %}' is not supported`, tag.at, hint)
  return stream.fail(`there is no tag '${tag.text}'`, tag.at, didYouMean(tag.text, [...Object.keys(tags), ...closing]))
}
