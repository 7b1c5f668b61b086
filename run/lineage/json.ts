import { castTo, evaluate, evaluateAll } from './expression.ts'
import { jsonPath } from './jsonpath.ts'
import type { Scope } from './scope.ts'
import { subqueryValue } from './subquery.ts'
import { as, type Body, constantOf, type Tree, typeNameOf } from './tree.ts'
import { along, arrayOf, CONSTANT, computed, objectOf, untraced, type Value } from './value.ts'

/** The SQL/JSON functions with their own grammar: JSON_OBJECT, JSON_VALUE, JSON_ARRAYAGG … */
export const jsonValues = {
  JsonValueExpr: ({ raw_expr }: Body<'JsonValueExpr'>, scope: Scope): Value => evaluate(raw_expr, scope),
  JsonIsPredicate: ({ expr }: Body<'JsonIsPredicate'>, scope: Scope): Value => computed([evaluate(expr, scope)]),
  JsonParseExpr: ({ expr }: Body<'JsonParseExpr'>, scope: Scope): Value => evaluate(expr?.raw_expr, scope),
  JsonScalarExpr: ({ expr }: Body<'JsonScalarExpr'>, scope: Scope): Value => evaluate(expr, scope),
  JsonSerializeExpr: ({ expr }: Body<'JsonSerializeExpr'>, scope: Scope): Value => computed([evaluate(expr?.raw_expr, scope)]),
  JsonArrayConstructor: ({ exprs }: Body<'JsonArrayConstructor'>, scope: Scope): Value => arrayOf(evaluateAll(exprs, scope)),
  JsonArrayQueryConstructor: ({ query }: Body<'JsonArrayQueryConstructor'>, scope: Scope): Value =>
    subqueryValue({ subLinkType: 'ARRAY_SUBLINK', ...(query ? { subselect: query } : {}) }, scope),
  JsonArrayAgg: ({ arg }: Body<'JsonArrayAgg'>, scope: Scope): Value => arrayOf([evaluate(arg?.raw_expr, scope)]),
  JsonObjectAgg: ({ arg }: Body<'JsonObjectAgg'>, scope: Scope): Value => ({
    ...arrayOf([evaluate(arg?.value?.raw_expr, scope)]),
    own: computed([evaluate(arg?.key, scope)]).own,
  }),
  JsonObjectConstructor: ({ exprs = [] }: Body<'JsonObjectConstructor'>, scope: Scope): Value => {
    const pairs = exprs.flatMap(tree => as(tree, 'JsonKeyValue') ?? [])
    return objectFrom(pairs.map(({ key, value }) => [key, evaluate(value?.raw_expr, scope)]))
  },
  JsonFuncExpr: ({ op, context_item, pathspec, output }: Body<'JsonFuncExpr'>, scope: Scope): Value => {
    const found = atJsonPath(evaluate(context_item?.raw_expr, scope), pathspec)
    if (op === 'JSON_EXISTS_OP') return computed([found])
    return castTo(output?.typeName ? typeNameOf(output.typeName) : op === 'JSON_QUERY_OP' ? 'jsonb' : 'text', found)
  },
}

/** A JSON object of keys and values. A computed key can be any key. */
export function objectFrom(pairs: [key: Tree | undefined, value: Value][]): Value {
  const keys = pairs.map(([key]) => constantOf(key))
  const fixed = pairs.flatMap(([, value], i): [string, Value][] => {
    const key = keys[i]
    return key === undefined || key === null ? [] : [[String(key), value]]
  })
  const any = pairs.flatMap(([, value], i) => (keys[i] === undefined || keys[i] === null ? [value] : []))
  return { ...objectOf(fixed), ...(any.length > 0 ? { elements: arrayOf(any).elements ?? CONSTANT } : {}) }
}

/** The value at a constant SQL/JSON path; a filter or method after it makes the result computed. */
export function atJsonPath(value: Value, path: Tree | undefined): Value {
  const text = constantOf(path)
  const steps = typeof text === 'string' ? jsonPath(text) : null
  if (!steps) return untraced('a JSON path is computed', computed([value]))
  const found = along(value, steps.steps)
  return steps.rest ? computed([found]) : found
}
