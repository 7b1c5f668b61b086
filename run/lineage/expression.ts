import { callValue } from './call.ts'
import { caseValue } from './case.ts'
import { jsonValues } from './json.ts'
import { operatorValue } from './operator.ts'
import { columnValue, fieldsAt } from './reference.ts'
import type { Scope } from './scope.ts'
import { subqueryValue } from './subquery.ts'
import { type Body, type Tag, type Tree, tagOf, typeNameOf } from './tree.ts'
import { arrayOf, CONSTANT, computed, converted, either, isBuilt, NULL, objectOf, untraced, type Value } from './value.ts'

/** The sources of an expression's value. */
export function evaluate(tree: Tree | undefined, scope: Scope): Value {
  if (!tree) return NULL
  const tag = tagOf(tree)
  kinds ??= allKinds()
  const kind = kinds[tag] as ((body: unknown, scope: Scope) => Value) | undefined
  return kind ? kind((tree as Record<string, unknown>)[tag], scope) : untraced(`${tag} is not followed`)
}

/** The values of several expressions. */
export function evaluateAll(trees: readonly Tree[] | undefined, scope: Scope): Value[] {
  return (trees ?? []).map(tree => evaluate(tree, scope))
}

/** The value after a cast: to jsonb it stays the value, for another type it is computed from it. */
export function castTo(type: string, value: Value): Value {
  return /^jsonb?(\[\])?$/.test(type) || (isBuilt(value) && type.endsWith('[]')) ? value : converted(value)
}

type Kinds = { [T in Tag]?: (body: Body<T>, scope: Scope) => Value }

const constant = (): Value => CONSTANT

// Created at first use: the modules of the kinds import this one.
let kinds: Kinds | undefined

const allKinds = (): Kinds => ({
  A_Const: body => (body.isnull ? NULL : CONSTANT),
  ParamRef: constant,
  SetToDefault: constant,
  SQLValueFunction: constant,
  GroupingFunc: constant,
  MergeSupportFunc: constant,
  ColumnRef: columnValue,
  A_Indirection: ({ arg, indirection }, scope) => fieldsAt(evaluate(arg, scope), indirection ?? [], scope),
  A_Expr: operatorValue,
  TypeCast: ({ arg, typeName }, scope) => castTo(typeNameOf(typeName), evaluate(arg, scope)),
  CollateClause: ({ arg }, scope) => evaluate(arg, scope),
  FuncCall: callValue,
  NamedArgExpr: ({ arg }, scope) => evaluate(arg, scope),
  CoalesceExpr: ({ args }, scope) => either(evaluateAll(args, scope)),
  MinMaxExpr: ({ args }, scope) => either(evaluateAll(args, scope)),
  CaseExpr: caseValue,
  NullTest: ({ arg }, scope) => isThere(evaluate(arg, scope)),
  BooleanTest: ({ arg }, scope) => computed([evaluate(arg, scope)]),
  BoolExpr: ({ args }, scope) => computed(evaluateAll(args, scope)),
  A_ArrayExpr: ({ elements }, scope) => arrayOf(evaluateAll(elements, scope)),
  RowExpr: ({ args }, scope) => objectOf(evaluateAll(args, scope).map((value, i) => [`f${i + 1}`, value])),
  List: ({ items }, scope) => computed(evaluateAll(items, scope)),
  SubLink: subqueryValue,
  XmlExpr: ({ args, named_args }, scope) => computed([...evaluateAll(args, scope), ...evaluateAll(named_args, scope)]),
  XmlSerialize: ({ expr }, scope) => computed([evaluate(expr, scope)]),
  ResTarget: ({ val }, scope) => evaluate(val, scope),
  ...jsonValues,
})

function isThere(value: Value): Value {
  return computed([value, value.presence ?? NULL])
}
