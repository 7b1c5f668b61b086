import { ProjectError } from '../base/errors.ts'
import { arithmetic, negative, positive } from './arithmetic.ts'
import type { Arguments, Comparison, Expression, NodeOf } from './ast.ts'
import { attribute, item, slice, undefinedAttribute } from './attributes.ts'
import { brief, compare, contains, equals, iterate, store, truth } from './compare.ts'
import { globals, toDict } from './globals.ts'
import { macroOf } from './macros.ts'
import { createOutput, isOutput, type Output, outputText, trimOutput } from './output.ts'
import { placeAt } from './source.ts'
import { str } from './text.ts'
import { type Dict, isUndefined, type Kwargs, missing, tuple, typeName, type Undefined, type Value } from './values.ts'
import { located, resolve, type Variables } from './variables.ts'

/** Evaluates an expression. Throws a ProjectError at the innermost expression concerned. */
export function evaluate(node: Expression, variables: Variables): Value {
  try {
    return (evaluators[node.type] as (node: Expression, variables: Variables) => Value)(node, variables)
  } catch (error) {
    throw located(error, variables.source, node.at)
  }
}

/** Evaluates an expression to be printed: a macro's text as its output, which keeps the places. */
export function evaluatePrinted(node: Expression, variables: Variables): Value | Output {
  if (node.type === 'call') return call(node, variables)
  if (node.type === 'conditional' && node.otherwise)
    return evaluatePrinted(truth(evaluate(node.condition, variables)) ? node.value : node.otherwise, variables)
  if (node.type === 'filter' && node.name === 'trim' && node.input.type === 'call' && node.arguments.positional.length === 0) {
    const input = call(node.input, variables)
    return isOutput(input) ? trimOutput(input) : node.run([input], noKwargs, placeAt(variables.source, node.at))
  }
  if (node.type !== 'concat') return evaluate(node, variables)
  const output = createOutput(variables.source)
  for (const part of node.items) print(evaluatePrinted(part, variables), part.at, output)
  return output
}

/** Appends the text of a value to an output. */
export function print(value: Value | Output, at: number, output: Output): void {
  if (isOutput(value)) output.segments.push({ type: 'output', output: value, at })
  else output.segments.push({ type: 'value', text: str(value), at })
}

/** Calls the function that the expression names; `caller` is the body of a call block. */
export function call(node: NodeOf<Expression, 'call'>, variables: Variables, caller?: Value): Value | Output {
  try {
    const callee = evaluate(node.callee, variables)
    if (isOpen(callee, variables)) {
      // Evaluates the arguments, so that the names in them are seen.
      positional(node.arguments, variables)
      kwargs(node.arguments, variables)
      return callee
    }
    if (typeof callee !== 'function') throw notCallable(callee, node.callee, variables)
    if (callee === globals.return && node.arguments.positional[0])
      throw { returned: evaluatePrinted(node.arguments.positional[0], variables) }
    const args = positional(node.arguments, variables)
    const named = kwargs(node.arguments, variables)
    const all = caller === undefined ? named : { ...named, caller }
    const macro = macroOf(callee)
    const site = placeAt(variables.source, node.at)
    return macro ? macro.render(args, all, site) : callee(args, all, site)
  } catch (error) {
    throw located(error, variables.source, node.at)
  }
}

type Evaluator<Type> = (node: NodeOf<Expression, Type>, variables: Variables) => Value

const evaluators: { [Type in Expression['type']]: Evaluator<Type> } = {
  literal: node => node.value,
  name: (node, variables) => resolve(variables, node.name, node.at),
  list: (node, variables) => node.items.map(part => evaluate(part, variables)),
  tuple: (node, variables) => tuple(node.items.map(part => evaluate(part, variables))),
  dict: (node, variables) => {
    const dict: Dict = new Map()
    for (const { key, value } of node.entries) store(dict, evaluate(key, variables), evaluate(value, variables))
    return dict
  },
  concat: (node, variables) => node.items.map(part => str(evaluate(part, variables))).join(''),
  attribute: (node, variables) => {
    const object = evaluate(node.object, variables)
    if (isOpen(object, variables)) return object
    const value = attribute(object, node.name)
    return value === undefined ? absent(object, node.name, node.object, node.end - node.name.length, variables) : value
  },
  subscript: (node, variables) => {
    const object = evaluate(node.object, variables)
    const index = evaluate(node.index, variables)
    if (isOpen(object, variables)) return object
    const value = item(object, index)
    return value === undefined ? absent(object, index, node.object, node.index.at, variables) : value
  },
  slice: (node, variables) => {
    const [start, stop, step] = [node.start, node.stop, node.step].map(part => (part ? evaluate(part, variables) : null))
    const object = evaluate(node.object, variables)
    return isOpen(object, variables) ? object : slice(object, start as Value, stop as Value, step as Value)
  },
  call: (node, variables) => {
    const value = call(node, variables)
    return isOutput(value) ? outputText(value) : value
  },
  filter: (node, variables) => {
    const input = evaluate(node.input, variables)
    return node.run(
      [input, ...positional(node.arguments, variables)],
      kwargs(node.arguments, variables),
      placeAt(variables.source, node.at),
    )
  },
  test: (node, variables) => {
    const input = evaluate(node.input, variables)
    return node.run(
      [input, ...positional(node.arguments, variables)],
      kwargs(node.arguments, variables),
      placeAt(variables.source, node.at),
    )
  },
  not: (node, variables) => !truth(evaluate(node.operand, variables)),
  negative: (node, variables) => negative(evaluate(node.operand, variables)),
  positive: (node, variables) => positive(evaluate(node.operand, variables)),
  binary: (node, variables) => arithmetic[node.operator](evaluate(node.left, variables), evaluate(node.right, variables)),
  and: (node, variables) => {
    const left = evaluate(node.left, variables)
    return truth(left) ? evaluate(node.right, variables) : left
  },
  or: (node, variables) => {
    const left = evaluate(node.left, variables)
    return truth(left) ? left : evaluate(node.right, variables)
  },
  compare: (node, variables) => {
    let left = evaluate(node.first, variables)
    for (const { operator, operand } of node.rest) {
      const right = evaluate(operand, variables)
      if (!comparisons[operator](left, right)) return false
      left = right
    }
    return true
  },
  conditional: (node, variables) => {
    if (truth(evaluate(node.condition, variables))) return evaluate(node.value, variables)
    return node.otherwise ? evaluate(node.otherwise, variables) : noElse
  },
}

const comparisons: Record<Comparison, (left: Value, right: Value) => boolean> = {
  '==': equals,
  '!=': (left, right) => !equals(left, right),
  '<': (left, right) => compare(left, right, '<') < 0,
  '<=': (left, right) => compare(left, right, '<=') <= 0,
  '>': (left, right) => compare(left, right, '>') > 0,
  '>=': (left, right) => compare(left, right, '>=') >= 0,
  in: (left, right) => contains(right, left),
  'not in': (left, right) => !contains(right, left),
}

const noElse: Undefined = missing("an inline 'if' without 'else' whose condition is false has no value")

const noKwargs: Kwargs = Object.freeze({})

function positional(given: Arguments, variables: Variables): Value[] {
  const values = given.positional.map(part => evaluate(part, variables))
  return given.list ? [...values, ...iterate(evaluate(given.list, variables))] : values
}

function kwargs(given: Arguments, variables: Variables): Kwargs {
  if (given.named.length === 0 && !given.dict) return noKwargs
  const values: Record<string, Value> = {}
  for (const { name, value } of given.named) values[name] = evaluate(value, variables)
  if (given.dict) for (const [name, value] of toDict(evaluate(given.dict, variables))) values[str(name)] = value
  return values
}

// Undefined only while parsing, such as a query's result: its attributes, items and calls are undefined, too.
function isOpen(value: Value, { scope }: Variables): value is Undefined {
  return scope.isParsing === true && isUndefined(value) && !value.isCertain?.()
}

function absent(object: Value, name: Value, node: Expression, at: number, variables: Variables): Undefined {
  return undefinedAttribute(object, name, written(node, variables), () => placeAt(variables.source, at))
}

/** The template's text of an expression. */
function written(node: Expression, variables: Variables): string {
  return variables.source.text.slice(node.at, node.end).replace(/\s+/g, ' ')
}

function notCallable(callee: Value, node: Expression, variables: Variables): ProjectError {
  if (isUndefined(callee)) {
    const { message, hint, place } = callee.complain()
    return new ProjectError(node.type === 'name' ? `there is no macro or function '${node.name}'` : message, { hint, place })
  }
  return new ProjectError(`'${written(node, variables)}' is ${typeName(callee)} ${brief(callee)}: it cannot be called`)
}
