import type { Expression, NodeOf, Statement } from './ast.ts'
import { iterate, truth } from './compare.ts'
import { call, evaluate, evaluatePrinted, print } from './evaluate.ts'
import { assign, childOf, type Frame, located } from './frame.ts'
import { createLoop } from './loop.ts'
import { closeMacro } from './macros.ts'
import { createOutput, type Output, outputText } from './output.ts'
import { blockTextName } from './parser.ts'
import type { Value } from './values.ts'

/** Runs statements: what they print goes to the output, what they set to the frame. */
export function execute(body: Statement[], frame: Frame, output: Output): void {
  for (const statement of body) {
    try {
      ;(executors[statement.type] as (statement: Statement, frame: Frame, output: Output) => void)(statement, frame, output)
    } catch (error) {
      throw located(error, frame.source, statement.type === 'output' ? statement.expression.at : statement.at)
    }
  }
}

type Executor<Type> = (statement: NodeOf<Statement, Type>, frame: Frame, output: Output) => void

const executors: { [Type in Statement['type']]: Executor<Type> } = {
  data: (statement, _, output) => {
    output.segments.push(statement)
  },
  output: ({ expression }, frame, output) => print(evaluatePrinted(expression, frame), expression.at, output),
  if: ({ branches, otherwise }, frame, output) => {
    const branch = branches.find(({ condition }) => truth(evaluate(condition, frame)))
    execute(branch ? branch.body : otherwise, frame, output)
  },
  for: loop,
  set: ({ target, value }, frame) => assign(target, evaluate(value, frame), frame),
  setBlock: ({ target, filters, body }, frame) => assign(target, blockValue(body, filters, frame), frame),
  with: ({ bindings, body }, frame, output) => {
    const inner = childOf(frame)
    for (const { target, value } of bindings) assign(target, evaluate(value, frame), inner)
    execute(body, inner, output)
  },
  do: ({ expression }, frame) => {
    evaluate(expression, frame)
  },
  filterBlock: ({ filters, body }, frame, output) => print(blockValue(body, filters, frame), filters.at, output),
  callBlock: ({ caller, call: expression }, frame, output) => {
    if (expression.type === 'call') print(call(expression, frame, closeMacro(caller, frame)), expression.at, output)
  },
  definition: ({ definition }, frame) => {
    if (definition.kind === 'macro') frame.variables.set(definition.name, closeMacro(definition, frame))
  },
}

function loop(statement: NodeOf<Statement, 'for'>, frame: Frame, output: Output): void {
  const { target, condition } = statement
  const bind = (item: Value) => {
    const inner = childOf(frame)
    assign(target, item, inner)
    return inner
  }
  const all = iterate(evaluate(statement.items, frame))
  const items = condition ? all.filter(item => truth(evaluate(condition, bind(item)))) : all
  const state = createLoop(items)
  for (const item of items) {
    const inner = bind(item)
    inner.variables.set('loop', state.object)
    execute(statement.body, inner, output)
    state.advance()
  }
  if (items.length === 0) execute(statement.otherwise, frame, output)
}

/** The text of a block, through its filters where it has some. */
function blockValue(body: Statement[], filters: Expression | undefined, frame: Frame): Value {
  const text = createOutput(frame.source)
  execute(body, childOf(frame), text)
  if (!filters) return outputText(text)
  const inner = childOf(frame)
  inner.variables.set(blockTextName, outputText(text))
  return evaluate(filters, inner)
}
