import { ProjectError } from '../base/errors.ts'
import { arithmetic, negative, positive } from './arithmetic.ts'
import type { Arguments, Comparison, Expression, NodeOf } from './ast.ts'
import { attribute, item, slice, undefinedAttribute } from './attributes.ts'
import { brief, compare, contains, equals, iterate, store, truth } from './compare.ts'
import { type Frame, located, resolve } from './frame.ts'
import { globals, toDict } from './globals.ts'
import { macroOf } from './macros.ts'
import { createOutput, isOutput, type Output, outputText, trimOutput } from './output.ts'
import { placeAt } from './source.ts'
import { str } from './text.ts'
import { type Dict, isUndefined, type Kwargs, missing, tuple, typeName, type Undefined, type Value } from './values.ts'

/** The value of an expression. A mistake in it is a ProjectError at the innermost expression that it concerns. */
export function evaluate(node: Expression, frame: Frame): Value {
  try {
    return (evaluators[node.type] as (node: Expression, frame: Frame) => Value)(node, frame)
  } catch (error) {
    throw located(error, frame.source, node.at)
  }
}

/** The value of an expression that is to be printed: where it is a macro's text, the output, which knows its places. */
export function evaluatePrinted(node: Expression, frame: Frame): Value | Output {
  if (node.type === 'call') return call(node, frame)
  if (node.type === 'conditional' && node.otherwise)
    return evaluatePrinted(truth(evaluate(node.condition, frame)) ? node.value : node.otherwise, frame)
  if (node.type === 'filter' && node.name === 'trim' && node.input.type === 'call' && node.arguments.positional.length === 0) {
    const input = call(node.input, frame)
    return isOutput(input) ? trimOutput(input) : node.run([input], noKwargs, placeAt(frame.source, node.at))
  }
  if (node.type !== 'concat') return evaluate(node, frame)
  const output = createOutput(frame.source)
  for (const part of node.items) print(evaluatePrinted(part, frame), part.at, output)
  return output
}

/** Adds a value to an output as its text. */
export function print(value: Value | Output, at: number, output: Output): void {
  if (isOutput(value)) output.segments.push({ type: 'output', output: value, at })
  else output.segments.push({ type: 'value', text: str(value), at })
}

/** Calls what the expression names; `caller` is the body of a call block. */
export function call(node: NodeOf<Expression, 'call'>, frame: Frame, caller?: Value): Value | Output {
  try {
    const callee = evaluate(node.callee, frame)
    if (typeof callee !== 'function') throw notCallable(callee, node.callee, frame)
    if (callee === globals.return && node.arguments.positional[0]) throw { returned: evaluatePrinted(node.arguments.positional[0], frame) }
    const args = positional(node.arguments, frame)
    const named = kwargs(node.arguments, frame)
    const all = caller === undefined ? named : { ...named, caller }
    const macro = macroOf(callee)
    const site = placeAt(frame.source, node.at)
    return macro ? macro.render(args, all, site) : callee(args, all, site)
  } catch (error) {
    throw located(error, frame.source, node.at)
  }
}

type Evaluator<Type> = (node: NodeOf<Expression, Type>, frame: Frame) => Value

const evaluators: { [Type in Expression['type']]: Evaluator<Type> } = {
  literal: node => node.value,
  name: (node, frame) => resolve(frame, node.name, node.at),
  list: (node, frame) => node.items.map(part => evaluate(part, frame)),
  tuple: (node, frame) => tuple(node.items.map(part => evaluate(part, frame))),
  dict: (node, frame) => {
    const dict: Dict = new Map()
    for (const { key, value } of node.entries) store(dict, evaluate(key, frame), evaluate(value, frame))
    return dict
  },
  concat: (node, frame) => node.items.map(part => str(evaluate(part, frame))).join(''),
  attribute: (node, frame) => {
    const object = evaluate(node.object, frame)
    const value = attribute(object, node.name)
    return value === undefined ? absent(object, node.name, node.object, node.end - node.name.length, frame) : value
  },
  subscript: (node, frame) => {
    const object = evaluate(node.object, frame)
    const index = evaluate(node.index, frame)
    const value = item(object, index)
    return value === undefined ? absent(object, index, node.object, node.index.at, frame) : value
  },
  slice: (node, frame) => {
    const [start, stop, step] = [node.start, node.stop, node.step].map(part => (part ? evaluate(part, frame) : null))
    return slice(evaluate(node.object, frame), start as Value, stop as Value, step as Value)
  },
  call: (node, frame) => {
    const value = call(node, frame)
    return isOutput(value) ? outputText(value) : value
  },
  filter: (node, frame) => {
    const input = evaluate(node.input, frame)
    return node.run([input, ...positional(node.arguments, frame)], kwargs(node.arguments, frame), placeAt(frame.source, node.at))
  },
  test: (node, frame) => {
    const input = evaluate(node.input, frame)
    return node.run([input, ...positional(node.arguments, frame)], kwargs(node.arguments, frame), placeAt(frame.source, node.at))
  },
  not: (node, frame) => !truth(evaluate(node.operand, frame)),
  negative: (node, frame) => negative(evaluate(node.operand, frame)),
  positive: (node, frame) => positive(evaluate(node.operand, frame)),
  binary: (node, frame) => arithmetic[node.operator](evaluate(node.left, frame), evaluate(node.right, frame)),
  and: (node, frame) => {
    const left = evaluate(node.left, frame)
    return truth(left) ? evaluate(node.right, frame) : left
  },
  or: (node, frame) => {
    const left = evaluate(node.left, frame)
    return truth(left) ? left : evaluate(node.right, frame)
  },
  compare: (node, frame) => {
    let left = evaluate(node.first, frame)
    for (const { operator, operand } of node.rest) {
      const right = evaluate(operand, frame)
      if (!comparisons[operator](left, right)) return false
      left = right
    }
    return true
  },
  conditional: (node, frame) => {
    if (truth(evaluate(node.condition, frame))) return evaluate(node.value, frame)
    return node.otherwise ? evaluate(node.otherwise, frame) : noElse
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

const noElse: Undefined = {
  ...missing("an inline 'if' without 'else' whose condition is false has no value"),
  quiet: true,
}

const noKwargs: Kwargs = Object.freeze({})

function positional(given: Arguments, frame: Frame): Value[] {
  const values = given.positional.map(part => evaluate(part, frame))
  return given.list ? [...values, ...iterate(evaluate(given.list, frame))] : values
}

function kwargs(given: Arguments, frame: Frame): Kwargs {
  if (given.named.length === 0 && !given.dict) return noKwargs
  const values: Record<string, Value> = {}
  for (const { name, value } of given.named) values[name] = evaluate(value, frame)
  if (given.dict) for (const [name, value] of toDict(evaluate(given.dict, frame))) values[str(name)] = value
  return values
}

function absent(object: Value, name: Value, node: Expression, at: number, frame: Frame): Undefined {
  return undefinedAttribute(object, name, written(node, frame), () => placeAt(frame.source, at))
}

/** How the template writes an expression. */
function written(node: Expression, frame: Frame): string {
  return frame.source.text.slice(node.at, node.end).replace(/\s+/g, ' ')
}

function notCallable(callee: Value, node: Expression, frame: Frame): ProjectError {
  if (isUndefined(callee)) {
    const { message, hint, place } = callee.complain()
    return new ProjectError(node.type === 'name' ? `there is no macro or function '${node.name}'` : message, { hint, place })
  }
  return new ProjectError(`'${written(node, frame)}' is ${typeName(callee)} ${brief(callee)}: it cannot be called`)
}
