import { ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Target } from './ast.ts'
import { iterate } from './compare.ts'
import { globals } from './globals.ts'
import type { Output } from './output.ts'
import { placeAt, type Source } from './source.ts'
import { isObject, isUndefined, missing, typeName, type Undefined, type Value } from './values.ts'

/** The names that a template sees from outside, such as a `Map<string, Value>`. */
export interface Scope {
  get(name: string): Value | undefined
  /** The names that `get` knows, for "did you mean". */
  keys?(): Iterable<string>
  /** While dbt parses, an undefined value may be defined later: its attributes, items and calls are undefined, too. */
  readonly isParsing?: boolean
  /** Gets the error of an undefined name that is printed nevertheless. */
  tell?(problem: ProjectError): void
}

/** The variables of a template, macro or loop; the enclosing ones follow, and finally the outer scope. */
export interface Variables {
  readonly own: Map<string, Value>
  readonly parent: Variables | undefined
  readonly scope: Scope
  readonly source: Source
}

/** Thrown by `return(value)`, caught at the macro's call. */
export interface ReturnSignal {
  readonly returned: Value | Output
}

export function createVariables(scope: Scope, source: Source, parent?: Variables): Variables {
  return { own: new Map(), parent, scope, source }
}

export function childOf(variables: Variables): Variables {
  return { own: new Map(), parent: variables, scope: variables.scope, source: variables.source }
}

/** Resolves a name at an offset: the innermost variable, else the scope's value, else a global of Jinja, else Undefined. */
export function resolve(variables: Variables, name: string, at: number): Value {
  for (let inner: Variables | undefined = variables; inner; inner = inner.parent) {
    const value = inner.own.get(name)
    if (value !== undefined) return value
  }
  const outside = variables.scope.get(name)
  if (outside !== undefined) return outside
  return Object.hasOwn(globals, name) ? (globals[name] as Value) : undefinedName(variables, name, at)
}

export function assign(target: Target, value: Value, variables: Variables): void {
  if (target.type === 'name') variables.own.set(target.name, value)
  else if (target.type === 'tuple') {
    const values = iterate(value)
    if (values.length !== target.items.length) {
      throw new ProjectError(`${typeName(value)} of ${values.length} cannot be unpacked into ${target.items.length} names`, {
        place: placeAt(variables.source, target.at),
      })
    }
    for (const [index, item] of target.items.entries()) assign(item, values[index] as Value, variables)
  } else {
    const object = resolve(variables, target.object, target.at)
    if (isUndefined(object)) throw object.complain()
    if (!isObject(object) || !object.set) {
      throw new ProjectError(`cannot set '${target.name}' of '${target.object}': only a namespace() can be changed so`, {
        place: placeAt(variables.source, target.at),
        hint: `{% set ${target.object} = namespace(${target.name}=…) %}`,
      })
    }
    object.set(target.name, value)
  }
}

/** Adds a place to a ProjectError without one; any other value stays as it is. */
export function located(error: unknown, source: Source, at: number): unknown {
  if (!(error instanceof ProjectError) || error.place) return error
  return new ProjectError(error.message, { place: placeAt(source, at), hint: error.hint, callers: error.callers })
}

export function isReturn(error: unknown): error is ReturnSignal {
  return typeof error === 'object' && error !== null && 'returned' in error && !(error instanceof Error)
}

function undefinedName(variables: Variables, name: string, at: number): Undefined {
  return missing(
    `'${name}' is undefined`,
    () => didYouMean(name, namesInSight(variables)),
    () => placeAt(variables.source, at),
    () => !isSetIn(variables.source.text, name),
  )
}

// Whether any `set` or `for` of the template assigns the name, even in a branch that was not taken.
function isSetIn(text: string, name: string): boolean {
  return new RegExp(`\\{%[-+]?\\s*(?:set|for)\\b[^%=]*?(?<![\\w.])${name}(?![\\w.])`).test(text)
}

function namesInSight(variables: Variables): Set<string> {
  const names = [...(variables.scope.keys?.() ?? []), ...Object.keys(globals)]
  for (let inner: Variables | undefined = variables; inner; inner = inner.parent) names.push(...inner.own.keys())
  return new Set(names)
}
