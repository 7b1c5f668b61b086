import { type Place, ProjectError } from '../base/errors.ts'
import type { Definition } from './ast.ts'
import { brief } from './compare.ts'
import { evaluate } from './evaluate.ts'
import { createOutput, isOutput, type Output, outputText } from './output.ts'
import { execute } from './statements.ts'
import { type JinjaFunction, type Kwargs, missing, tuple, type Value } from './values.ts'
import { createVariables, isReturn, type Scope, type Variables } from './variables.ts'

/** A function that is a macro: can give its text with the places of its parts. */
export interface Macro {
  definition: Definition
  render(args: Value[], kwargs: Kwargs, site: Place): Value | Output
}

/** Binds a definition to a scope. The function gives the rendered text, or the value of `return()`. */
export function bindMacro(definition: Definition, scope: Scope): JinjaFunction {
  let module: Variables | undefined
  return createMacro(definition, () => {
    if (!module) {
      module = createVariables(scope, definition.source)
      execute(definition.module, module, createOutput(definition.source))
    }
    return module
  })
}

/** Binds a definition inside a template: its body sees the variables around it. */
export function closeMacro(definition: Definition, around: Variables): JinjaFunction {
  return createMacro(definition, () => around)
}

/** The macro of a function; undefined for other functions. */
export function macroOf(callee: Value): Macro | undefined {
  return typeof callee === 'function' ? (callee as Bound).macro : undefined
}

interface Bound extends JinjaFunction {
  macro?: Macro
}

function createMacro(definition: Definition, around: () => Variables): JinjaFunction {
  const render: Macro['render'] = (args, kwargs, site) => invoke(definition, around(), args, kwargs, site)
  const bound: Bound = (args, kwargs, site) => {
    const value = render(args, kwargs, site)
    return isOutput(value) ? outputText(value) : value
  }
  bound.macro = { definition, render }
  return Object.defineProperty(bound, 'name', { value: definition.name })
}

const deepest = 200
let depth = 0

function invoke(definition: Definition, around: Variables, args: Value[], kwargs: Kwargs, site: Place): Value | Output {
  if (depth >= deepest)
    throw new ProjectError(`macro '${definition.name}' calls itself without end: ${deepest} calls deep`, { place: site })
  const variables = createVariables(around.scope, definition.source, around)
  const output = createOutput(definition.source)
  bindArguments(definition, variables, args, kwargs, site)
  depth++
  try {
    execute(definition.body, variables, output)
    return output
  } catch (error) {
    if (isReturn(error) && !definition.isCaller) return error.returned
    if (error instanceof ProjectError) error.callers.push({ ...site, macro: definition.name })
    throw error
  } finally {
    depth--
  }
}

function bindArguments(definition: Definition, variables: Variables, args: Value[], kwargs: Kwargs, site: Place): void {
  const { parameters, uses } = definition
  const refuse = (problem: string) => wrongArguments(definition, problem, args, kwargs, site)
  if (args.length > parameters.length && !uses.varargs) throw refuse(`takes ${plural(parameters.length)}, but ${args.length} are given`)
  let unused = kwargs
  for (const [index, { name, default: fallback }] of parameters.entries()) {
    let value = args[index]
    if (Object.hasOwn(kwargs, name)) {
      if (value !== undefined) throw refuse(`gets '${name}' twice`)
      value = kwargs[name]
      const { [name]: _, ...others } = unused
      unused = others
    }
    if (value === undefined) value = fallback ? evaluate(fallback, variables) : notGiven(definition, name, site)
    variables.own.set(name, value)
  }
  if (uses.caller && !variables.own.has('caller')) {
    const { caller, ...others } = unused
    variables.own.set('caller', caller ?? missing(`caller() has no body: '${definition.name}' is not called by {% call %}`))
    unused = others
  }
  if (uses.varargs) variables.own.set('varargs', tuple(args.slice(parameters.length)))
  if (uses.kwargs) variables.own.set('kwargs', new Map(Object.entries(unused)))
  else {
    for (const name in unused) {
      throw refuse(name === 'caller' ? 'takes no body: it does not use caller()' : `has no parameter '${name}'`)
    }
  }
}

function notGiven(definition: Definition, name: string, site: Place): Value {
  return missing(
    `the parameter '${name}' of macro '${definition.name}' is not given`,
    () => `The macro is ${signatureOf(definition)}.`,
    () => site,
  )
}

function wrongArguments(definition: Definition, problem: string, args: Value[], kwargs: Kwargs, site: Place): ProjectError {
  const given = [...args.map(brief), ...Object.entries(kwargs).map(([name, value]) => `${name}=${brief(value)}`)].join(', ')
  return new ProjectError(`macro '${definition.name}' ${problem}`, {
    place: site,
    hint: `Given: (${given}). The macro is ${signatureOf(definition)}.`,
  })
}

/** A macro's name, parameters and place. */
function signatureOf({ name, parameters, source, place }: Definition): string {
  const list = parameters.map(parameter => {
    const { default: fallback } = parameter
    return fallback ? `${parameter.name}=${source.text.slice(fallback.at, fallback.end)}` : parameter.name
  })
  return `${name}(${list.join(', ')}) at ${place.file}:${place.line}:${place.column}`
}

function plural(count: number): string {
  return count === 1 ? '1 argument' : `${count || 'no'} arguments`
}
