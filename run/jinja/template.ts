/**
 * Jinja as SQL projects write it: an interpreter of Jinja2's language with dbt's tags (`test`, `materialization`, `snapshot`,
 * `docs`), `do`, and `return()`.
 *
 *     const template = parseTemplate('select {{ cents("amount") }} from t', 'models/t.sql')
 *     const scope = new Map<string, Value>([['cents', bindMacro(definition, macros)]])
 *     const rendered = render(template, scope)      // { text, placeAt(offset), callersAt(offset) }
 *
 * `parseTemplate` is worth keeping, rendering never changes it. Everything is synchronous. A mistake is a ProjectError with
 * file, line and column, in macros also with `callers`; whatever else a function of the scope throws passes through untouched.
 * Values are those of values.ts: strings, numbers, booleans, null for None, arrays, Maps for dicts, functions
 * `(args, kwargs, site) => value`, and objects with `get(name)`. `fromJs` and `toJs` translate plain JavaScript data.
 */

import type { Rendered } from '../base/codeframe.ts'
import { type Place, ProjectError } from '../base/errors.ts'
import type { Definition, Statement } from './ast.ts'
import { evaluate as evaluateNode } from './evaluate.ts'
import { tokenize, tokenizeExpression } from './lexer.ts'
import { bindMacro } from './macros.ts'
import { asNative } from './native.ts'
import { createOutput } from './output.ts'
import { parseAlone, parseStatements } from './parser.ts'
import { renderedOf } from './render.ts'
import { createSource, placeAt, type Source } from './source.ts'
import { execute } from './statements.ts'
import type { Kwargs, Value } from './values.ts'
import { createVariables, isReturn, type Scope } from './variables.ts'

export type { Rendered } from '../base/codeframe.ts'
export type { Definition, Parameter } from './ast.ts'
export { bindMacro, type Macro, macroOf } from './macros.ts'
export { repr, str } from './text.ts'
export { type Dict, fromJs, type JinjaFunction, type JinjaObject, type Kwargs, toJs, type Undefined, type Value } from './values.ts'
export type { Scope } from './variables.ts'

/** A parsed file or text. */
export interface Template {
  readonly source: Source
  readonly body: Statement[]
  /** The macros, tests, materializations, snapshots and docs blocks at its top level. */
  readonly definitions: Definition[]
}

/** Parses a template; `line` and `column` are the start of its text in the file. */
export function parseTemplate(text: string, file: string, line = 1, column = 1): Template {
  const source = createSource(text, file, line, column)
  const body = parseStatements(source, tokenize(source))
  return { source, body, definitions: body.flatMap(statement => (statement.type === 'definition' ? [statement.definition] : [])) }
}

/** Renders a template to text, with the source of each character. */
export function render(template: Template, scope: Scope): Rendered {
  const output = createOutput(template.source)
  outsideMacros(template.source, () => execute(template.body, createVariables(scope, template.source), output))
  return renderedOf(output)
}

/** A template's value, as dbt reads YAML: the expression's value for a single `{{ expression }}`, else the text. */
export function renderValue(template: Template, scope: Scope): Value {
  const [only, ...others] = template.body
  if (only?.type !== 'output' || others.length > 0) return render(template, scope).text
  return outsideMacros(template.source, () => asNative(() => evaluateNode(only.expression, createVariables(scope, template.source))))
}

/** Evaluates one expression without braces, at a place in a file. */
export function evaluate(expression: string, file: string, line: number, column: number, scope: Scope): Value {
  const source = createSource(expression, file, line, column)
  const node = parseAlone(source, tokenizeExpression(source))
  return outsideMacros(source, () => evaluateNode(node, createVariables(scope, source)))
}

/** Calls a macro from outside of any template: gives its text, or the value of `return()`. */
export function callMacro(
  definition: Definition,
  scope: Scope,
  args: Value[] = [],
  kwargs: Kwargs = {},
  site: Place = definition.place,
): Value {
  return bindMacro(definition, scope)(args, kwargs, site)
}

/** The source text of a definition, including its tags. */
export function definitionText({ source, at, end }: Definition): string {
  return source.text.slice(at, end)
}

function outsideMacros<T>(source: Source, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (isReturn(error)) throw new ProjectError('return() is outside of a macro', { place: placeAt(source, 0) })
    throw error
  }
}
