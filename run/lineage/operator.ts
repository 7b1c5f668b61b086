import { evaluate } from './expression.ts'
import { pathStep, textArrayPath } from './jsonpath.ts'
import type { Scope } from './scope.ts'
import { as, type Body, constantOf, type Tree, textOf } from './tree.ts'
import { along, arrayOf, at, computed, conditional, converted, either, isBuilt, type Step, type Value, withMore } from './value.ts'

/** The value of an operator, NULLIF, IN, LIKE, BETWEEN, IS DISTINCT FROM … */
export function operatorValue({ kind, name, lexpr, rexpr }: Body<'A_Expr'>, scope: Scope): Value {
  const left = evaluate(lexpr, scope)
  if (kind === 'AEXPR_NULLIF') return withMore(left, conditional([evaluate(rexpr, scope)]))
  const operator = kind === 'AEXPR_OP' ? textOf(name?.at(-1)) : undefined
  const looksUp = operator === undefined ? undefined : LOOKUPS[operator]
  if (looksUp && lexpr) {
    const steps = looksUp.isPath ? pathOf(rexpr) : keyOf(rexpr)
    const found = steps ? along(left, steps) : computedKey(left, evaluate(rexpr, scope))
    return looksUp.isText ? converted(found) : found
  }
  const right = evaluate(rexpr, scope)
  return operator === '||' ? joined(left, right) : computed([left, right])
}

/** Concatenated arrays, or merged JSON values; texts are computed. */
export function joined(left: Value, right: Value): Value {
  if (!isBuilt(left) && !isBuilt(right)) return computed([left, right])
  const elements = (value: Value): Value => (value.elements || value.fields ? (value.elements ?? value) : value)
  if (left.elements || right.elements) return arrayOf([elements(left), elements(right)])
  return either([left, right])
}

const LOOKUPS: Record<string, { isPath: boolean; isText: boolean }> = {
  '->': { isPath: false, isText: false },
  '->>': { isPath: false, isText: true },
  '#>': { isPath: true, isText: false },
  '#>>': { isPath: true, isText: true },
}

function keyOf(tree: Tree | undefined): Step[] | null {
  const key = constantOf(tree)
  return typeof key === 'string' || typeof key === 'number' ? [key] : null
}

function pathOf(tree: Tree | undefined): Step[] | null {
  const text = constantOf(tree)
  if (typeof text === 'string') return textArrayPath(text)
  const array = as(as(tree, 'TypeCast')?.arg ?? tree, 'A_ArrayExpr')
  const keys = array?.elements?.map(constantOf)
  if (!keys?.every(key => typeof key === 'string' || typeof key === 'number')) return null
  return keys.map(key => (typeof key === 'string' ? pathStep(key) : key))
}

// May be any of its parts, at any depth.
function computedKey(value: Value, key: Value): Value {
  return computed([at(value, null), key])
}
