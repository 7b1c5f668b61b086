import { ProjectError } from '../base/errors.ts'
import { equals } from './compare.ts'
import { type JinjaFunction, type JinjaObject, missing, type Value } from './values.ts'

/** The `loop` object of a `for`, and the function that advances it. */
export function createLoop(items: Value[]): { object: JinjaObject; advance(): void } {
  let index = 0
  let before: Value[] | undefined
  const cycle: JinjaFunction = args => {
    if (args.length === 0) throw new ProjectError('loop.cycle() needs values to cycle through')
    return args[index % args.length] as Value
  }
  const changed: JinjaFunction = args => {
    const same = before !== undefined && equals(before, args)
    before = args
    return !same
  }
  const attributes: Record<string, () => Value> = {
    index: () => index + 1,
    index0: () => index,
    revindex: () => items.length - index,
    revindex0: () => items.length - index - 1,
    first: () => index === 0,
    last: () => index === items.length - 1,
    length: () => items.length,
    previtem: () => (index > 0 ? (items[index - 1] as Value) : missing('the first turn of the loop has no loop.previtem')),
    nextitem: () => (index + 1 < items.length ? (items[index + 1] as Value) : missing('the last turn of the loop has no loop.nextitem')),
    depth: () => 1,
    depth0: () => 0,
    cycle: () => cycle,
    changed: () => changed,
  }
  return {
    object: {
      get: name => (Object.hasOwn(attributes, name) ? attributes[name]?.() : undefined),
      keys: () => Object.keys(attributes),
      toString: () => `<loop ${index + 1}/${items.length}>`,
    },
    advance: () => {
      index++
    },
  }
}
