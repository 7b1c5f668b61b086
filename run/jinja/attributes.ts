import { type Place, ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import { brief, length, lookUp } from './compare.ts'
import { dictMethods, listMethods, tupleMethods } from './methods.ts'
import { integer } from './signature.ts'
import { stringMethods } from './strings.ts'
import {
  isDict,
  isObject,
  isTuple,
  isUndefined,
  type JinjaFunction,
  missing,
  tuple,
  typeName,
  type Undefined,
  type Value,
} from './values.ts'

/** `object.name`: a method or attribute, else the item of that name, as in Jinja; undefined without either. */
export function attribute(object: Value, name: string): Value | undefined {
  if (typeof object === 'string') return method(stringMethods, object, name)
  if (Array.isArray(object)) {
    const position = (object as { names?: string[] }).names?.indexOf(name) ?? -1
    return position >= 0 ? object[position] : method(isTuple(object) ? tupleMethods : listMethods, object, name)
  }
  if (isDict(object)) return method(dictMethods, object, name) ?? object.get(name)
  if (typeof object === 'function') return object.get?.(name)
  if (isUndefined(object)) throw object.complain()
  return isObject(object) ? object.get(name) : undefined
}

/** `object[index]`: the item, else for a name the attribute. */
export function item(object: Value, index: Value): Value | undefined {
  if (isUndefined(object)) throw object.complain()
  if (isUndefined(index) && !isDict(object)) return undefined
  if (isDict(object)) {
    const found = lookUp(object, index)
    return found === undefined && typeof index === 'string' ? attribute(object, index) : found
  }
  if (typeof index === 'string') return attribute(object, index)
  const list = typeof object === 'string' ? characters(object) : isObject(object) && object.iterate ? object.iterate() : object
  if (!Array.isArray(list) && typeof list !== 'string') return undefined
  const position = integer(index)
  return list[position < 0 ? list.length + position : position]
}

/** `object[start:stop:step]`, by Python's rules. */
export function slice(object: Value, start: Value, stop: Value, step: Value): Value {
  if (isUndefined(object)) throw object.complain()
  const list = typeof object === 'string' ? characters(object) : object
  if (!Array.isArray(list) && typeof list !== 'string') throw new ProjectError(`${typeName(object)} ${brief(object)} cannot be sliced`)
  const by = step === null ? 1 : integer(step)
  if (by === 0) throw new ProjectError('the step of a slice cannot be 0')
  const [low, high] = by > 0 ? [0, list.length] : [-1, list.length - 1]
  const bound = (value: Value, fallback: number) => {
    if (value === null) return fallback
    const number = integer(value)
    return Math.min(high, Math.max(low, number < 0 ? number + list.length : number))
  }
  const from = bound(start, by > 0 ? low : high)
  const to = bound(stop, by > 0 ? high : low)
  if (by === 1 && typeof list === 'string') return list.slice(from, Math.max(from, to))
  const picked: Value[] = []
  for (let at = from; by > 0 ? at < to : at > to; at += by) picked.push(list[at] as Value)
  return typeof object === 'string' ? picked.join('') : isTuple(object) ? tuple(picked) : picked
}

/** The Undefined for a missing attribute; `written` is the template's text of the object, `place` that of the attribute. */
export function undefinedAttribute(object: Value, name: Value, written: string, place?: () => Place): Undefined {
  const shown = written.length > 60 ? `${written.slice(0, 57)}...` : written
  const count = length(object)
  if (typeof name === 'number' && count !== undefined) return missing(`'${shown}' has no item ${name}: it has ${count}`, undefined, place)
  const what = isDict(object) ? 'key' : 'attribute'
  const of = isDict(object) || isObject(object) || typeof object === 'function' ? '' : ` (${typeName(object)} ${brief(object)})`
  const hint = () => (typeof name === 'string' ? didYouMean(name, namesOf(object)) : undefined)
  return missing(`'${shown}'${of} has no ${what} ${brief(name)}`, hint, place)
}

function namesOf(object: Value): string[] {
  if (typeof object === 'string') return Object.keys(stringMethods)
  if (isDict(object)) return [...object.keys()].filter(key => typeof key === 'string').concat(Object.keys(dictMethods))
  if (Array.isArray(object)) return Object.keys(listMethods)
  return typeof object === 'function' || isObject(object) ? [...(object.keys?.() ?? [])] : []
}

function method(methods: Record<string, JinjaFunction>, object: Value, name: string): JinjaFunction | undefined {
  const run = Object.hasOwn(methods, name) ? methods[name] : undefined
  return run && ((args, kwargs, site) => run([object, ...args], kwargs, site))
}

/** A text as a sequence of whole characters. */
function characters(text: string): string | string[] {
  return /[\ud800-\udbff]/.test(text) ? Array.from(text) : text
}
