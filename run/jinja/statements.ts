import type { Expression, NodeOf, Statement } from './ast.ts'
import { iterate, truth } from './compare.ts'
import { call, evaluate, evaluatePrinted, print } from './evaluate.ts'
import { createLoop } from './loop.ts'
import { closeMacro } from './macros.ts'
import { createOutput, isOutput, type Output, outputText } from './output.ts'
import { blockTextName } from './parser.ts'
import { isUndefined, type Value } from './values.ts'
import { assign, childOf, located, type Variables } from './variables.ts'

/** Runs statements: printed text goes to the output, assignments to the variables. */
export function execute(body: Statement[], variables: Variables, output: Output): void {
  for (const statement of body) {
    try {
      ;(executors[statement.type] as (statement: Statement, variables: Variables, output: Output) => void)(statement, variables, output)
    } catch (error) {
      throw located(error, variables.source, statement.type === 'output' ? statement.expression.at : statement.at)
    }
  }
}

type Executor<Type> = (statement: NodeOf<Statement, Type>, variables: Variables, output: Output) => void

const executors: { [Type in Statement['type']]: Executor<Type> } = {
  data: (statement, _, output) => {
    output.segments.push(statement)
  },
  output: ({ expression }, variables, output) => {
    const value = evaluatePrinted(expression, variables)
    if (expression.type === 'name' && !isOutput(value) && isUndefined(value) && value.isCertain?.())
      variables.scope.tell?.(value.complain())
    print(value, expression.at, output)
  },
  if: ({ branches, otherwise }, variables, output) => {
    const branch = branches.find(({ condition }) => truth(evaluate(condition, variables)))
    execute(branch ? branch.body : otherwise, variables, output)
  },
  for: loop,
  set: ({ target, value }, variables) => assign(target, evaluate(value, variables), variables),
  setBlock: ({ target, filters, body }, variables) => assign(target, blockValue(body, filters, variables), variables),
  with: ({ bindings, body }, variables, output) => {
    const inner = childOf(variables)
    for (const { target, value } of bindings) assign(target, evaluate(value, variables), inner)
    execute(body, inner, output)
  },
  do: ({ expression }, variables) => {
    evaluate(expression, variables)
  },
  break: () => {
    throw leaving
  },
  continue: () => {
    throw nextTurn
  },
  filterBlock: ({ filters, body }, variables, output) => print(blockValue(body, filters, variables), filters.at, output),
  callBlock: ({ caller, call: expression }, variables, output) => {
    if (expression.type === 'call') print(call(expression, variables, closeMacro(caller, variables)), expression.at, output)
  },
  definition: ({ definition }, variables) => {
    if (definition.kind === 'macro') variables.own.set(definition.name, closeMacro(definition, variables))
  },
}

function loop(statement: NodeOf<Statement, 'for'>, variables: Variables, output: Output): void {
  const { target, condition } = statement
  const bind = (item: Value) => {
    const inner = childOf(variables)
    assign(target, item, inner)
    return inner
  }
  const all = iterate(evaluate(statement.items, variables))
  const items = condition ? all.filter(item => truth(evaluate(condition, bind(item)))) : all
  const state = createLoop(items)
  for (const item of items) {
    const inner = bind(item)
    inner.own.set('loop', state.object)
    if (turn(statement.body, inner, output) === leaving) break
    state.advance()
  }
  if (items.length === 0) execute(statement.otherwise, variables, output)
}

// Thrown by {% break %} and {% continue %}; the innermost loop catches it.
const leaving = Object.freeze({ loop: 'break' })
const nextTurn = Object.freeze({ loop: 'continue' })

function turn(body: Statement[], variables: Variables, output: Output): unknown {
  try {
    execute(body, variables, output)
    return undefined
  } catch (signal) {
    if (signal !== leaving && signal !== nextTurn) throw signal
    return signal
  }
}

/** The text of a block, after its filters if it has any. */
function blockValue(body: Statement[], filters: Expression | undefined, variables: Variables): Value {
  const text = createOutput(variables.source)
  execute(body, childOf(variables), text)
  if (!filters) return outputText(text)
  const inner = childOf(variables)
  inner.own.set(blockTextName, outputText(text))
  return evaluate(filters, inner)
}
