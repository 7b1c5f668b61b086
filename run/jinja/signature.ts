import { ProjectError } from '../base/errors.ts'
import { brief } from './compare.ts'
import { isInteger } from './numbers.ts'
import { isUndefined, type JinjaFunction, typeName, type Value } from './values.ts'

/**
 * Built-in functions from a table whose keys are Python signatures: `"join(value, d='', attribute=None)"`. Each gets its arguments in that
 * order, with defaults; `*args` is a list, `**kwargs` a dict. Wrong arguments throw an error that quotes the signature.
 */
export function builtins(table: Record<string, (...values: Value[]) => Value>): Record<string, JinjaFunction> {
  return Object.fromEntries(
    Object.entries(table).map(([signature, run]) => [signature.slice(0, signature.indexOf('(')), bind(signature, run)]),
  )
}

/** An argument that must be an integer. */
export function integer(value: Value): number {
  if (isInteger(value)) return Number(value)
  if (isUndefined(value)) throw value.complain()
  throw new ProjectError(`expected an integer, not ${typeName(value)} ${brief(value)}`)
}

const constants: Record<string, Value> = { None: null, True: true, False: false }

interface Parameter {
  name: string
  default?: Value
}

function bind(signature: string, run: (...values: Value[]) => Value): JinjaFunction {
  const list = signature.slice(signature.indexOf('(') + 1, -1)
  const names = list === '' ? [] : list.split(/, (?=[*\w])/)
  const parameters = names.filter(name => !name.startsWith('*')).map(parseParameter)
  const takesRest = names.some(name => /^\*\w/.test(name))
  const takesNamed = names.some(name => name.startsWith('**'))
  const known = new Set(parameters.map(parameter => parameter.name))
  return (args, kwargs) => {
    if (args.length > parameters.length && !takesRest) {
      throw new ProjectError(`${signature} takes at most ${parameters.length} values, but ${args.length} are given`)
    }
    const values = parameters.map((parameter, index) => {
      const given = index < args.length ? args[index] : kwargs[parameter.name]
      const value = given === undefined ? parameter.default : given
      if (value === undefined) throw new ProjectError(`${signature} needs a value for '${parameter.name}'`)
      return value
    })
    if (takesRest) values.push(args.slice(parameters.length))
    if (takesNamed) values.push(new Map(Object.entries(kwargs).filter(([name]) => !known.has(name))))
    else for (const name in kwargs) checkName(signature, name, known, args.length, parameters)
    return run(...values)
  }
}

function parseParameter(text: string): Parameter {
  const [name = '', literal] = text.split(/=(.*)/s)
  if (literal === undefined) return { name }
  if (literal.startsWith("'")) return { name, default: literal.slice(1, -1) }
  return { name, default: literal in constants ? constants[literal] : Number(literal) }
}

function checkName(signature: string, name: string, known: Set<string>, given: number, parameters: Parameter[]): void {
  if (!known.has(name)) throw new ProjectError(`${signature} takes no argument '${name}'`)
  if (parameters.findIndex(parameter => parameter.name === name) < given) throw new ProjectError(`${signature} gets '${name}' twice`)
}
