import { evaluateAll } from './expression.ts'
import { CALLS, FUNCTIONS_OF_OWN_TABLES } from './functions.ts'
import type { Scope } from './scope.ts'
import { as, type Body, type Tree, textsOf } from './tree.ts'
import { CONSTANT, computed, conditional, sourcesOf, untraced, type Value, withMore } from './value.ts'

/** The arguments of a function call. */
export interface Call {
  name: string
  /** The arguments as written, and their values. */
  trees: readonly Tree[]
  args: readonly Value[]
  /** The value of ORDER BY in or after the call. */
  order: Value
}

/**
 * The value of a call: of a plain function, an aggregate or a window function. FILTER and the window are conditions, unless there is no
 * argument.
 */
export function callValue(body: Body<'FuncCall'>, scope: Scope): Value {
  const { funcname, args: trees = [], agg_filter, agg_order, agg_star, over } = body
  const names = textsOf(funcname)
  const order = computed(evaluateAll(sortedBy(agg_order), scope))
  const decides = [...(agg_filter ? evaluateAll([agg_filter], scope) : []), order, ...(over ? [windowValue(over, scope)] : [])]
  const call = { name: names.at(-1) ?? '', trees, args: evaluateAll(trees, scope), order }
  if (agg_star) return computed([rowsOf(scope), ...(agg_filter ? evaluateAll([agg_filter], scope) : []), conditional(decides)])
  const result = resultOf(names, call, scope)
  const isFromArguments = sourcesOf(result).size > 0 || call.args.some(arg => sourcesOf(arg).size > 0)
  return withMore(result, isFromArguments ? conditional(decides) : computed(decides))
}

/** The result of a call, without FILTER and OVER. */
export function resultOf(names: readonly string[], call: Call, scope: Scope): Value {
  const schema = names.length > 1 ? names.at(-2) : undefined
  const isBuiltIn = schema === undefined || schema === 'pg_catalog'
  const isPure = schema === 'pg_catalog' ? true : scope.world.isPure?.(schema, call.name)
  if (isPure === false || (isPure === undefined && !isBuiltIn))
    return untraced(`the function ${names.join('.')} may read tables itself`, computed(call.args))
  if (isBuiltIn && FUNCTIONS_OF_OWN_TABLES.test(call.name))
    return untraced(`${call.name}() runs SQL that is built at run time`, computed(call.args))
  return (isBuiltIn && Object.hasOwn(CALLS, call.name) ? CALLS[call.name] : undefined)?.(call) ?? computed(call.args)
}

/** The expressions of ORDER BY. */
function sortedBy(trees: readonly Tree[] | undefined): Tree[] {
  return (trees ?? []).flatMap(tree => as(tree, 'SortBy')?.node ?? [])
}

/** The conditions of a window: its partition and order, with those of the window that it names. */
export function windowValue({ refname, name, partitionClause, orderClause }: Body<'WindowDef'>, scope: Scope): Value {
  const named = scope.windows?.get(refname ?? name ?? '') ?? CONSTANT
  return computed([named, ...evaluateAll(partitionClause, scope), ...evaluateAll(sortedBy(orderClause), scope)])
}

function rowsOf(scope: Scope): Value {
  return computed(scope.tables.items.map(({ output }) => output.rows))
}
