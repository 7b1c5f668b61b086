import type { Place } from '../base/errors.ts'
import { isOutput } from '../jinja/output.ts'
import { renderedOf } from '../jinja/render.ts'
import { bindMacro, evaluate, macroOf, parseTemplate, type Rendered, renderValue } from '../jinja/template.ts'
import { fromJs, isFunction, type JinjaFunction, type Value } from '../jinja/values.ts'
import type { Scope } from '../jinja/variables.ts'
import type { Macro, Node } from '../manifest/node.ts'
import { RUNNER_PACKAGE } from '../manifest/node.ts'
import { dispatchedMacro, macroBook } from './macro-book.ts'
import { text } from './node-context.ts'
import type { Rendering, World } from './rendering.ts'
import { piecesOf } from './spliced-sql.ts'

/** The arguments for the macro of a generic test: `model` with its `where`, and strings that call ref() and similar functions evaluated. */
export function testArguments(node: Node, target: Node, rendering: Rendering, scope: Scope, world: World): Record<string, Value> {
  const { file, line = 1, column = 1 } = node.place
  const value = (item: unknown): Value => {
    if (typeof item === 'string') {
      if (/^\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*$/s.test(item)) return evaluate(item, file, line, column, scope)
      return item.includes('{{') || item.includes('{%') ? renderValue(parseTemplate(item, file, line, column), scope) : item
    }
    if (Array.isArray(item)) return item.map(value)
    if (typeof item !== 'object' || item === null) return fromJs(item)
    return new Map(Object.entries(item).map(([key, inner]): [Value, Value] => [key, value(inner)]))
  }
  const kwargs: Record<string, Value> = { model: modelOf(node, target, rendering, scope, world) }
  for (const [key, item] of Object.entries(node.test?.arguments ?? {})) kwargs[key] = key === 'column_name' ? fromJs(item) : value(item)
  return kwargs
}

/** The rendered text of a generic test's macro. */
export function callTest(macro: Macro, kwargs: Record<string, Value>, place: Place, scope: Scope): Rendered {
  const given = macroOf(bindMacro(macro.definition, scope))?.render([], kwargs, place)
  return isOutput(given) ? renderedOf(given) : piecesOf([{ text: text(given), place }])
}

/** The macro of a generic test: of the package that uses it, of the project, then the runner's, or an override of that. */
export function testMacro(world: World, generic: string, namespace: string | undefined, from: string): Macro | undefined {
  for (const pack of namespace === undefined ? [from, world.name, RUNNER_PACKAGE] : [namespace]) {
    const found = world.macros.get(`macro.${pack}.test_${generic}`)
    if (!found) continue
    const form = pack === RUNNER_PACKAGE ? dispatchedMacro(world, from, found.name, 'dbt').found : undefined
    return form ?? found
  }
  return undefined
}
// get_where_subquery(ref(…)); without `where`, and with dbt's own macro, this is the relation itself.

export function modelOf(node: Node, target: Node, rendering: Rendering, scope: Scope, world: World): Value {
  const { place } = node
  const relation =
    target.resourceType === 'source'
      ? rendering.source(target.sourceName ?? '', target.name, place)
      : rendering.ref(target.name, target.packageName === world.name ? undefined : target.packageName, place, target.version)
  const { own } = macroBook(world)
  const plain = !node.config.where && !own.has('get_where_subquery') && !own.has('default__get_where_subquery')
  if (plain) return relation
  const filter = scope.get('get_where_subquery')
  return isFunction(filter ?? null) ? (filter as JinjaFunction)([relation], {}, place) : relation
}
