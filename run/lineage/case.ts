import { evaluate } from './expression.ts'
import type { Scope } from './scope.ts'
import { as, type Body } from './tree.ts'
import { computed, conditional, either, isConstant, type Value, withMore } from './value.ts'

/**
 * The value of a CASE: one of its branches. Its conditions only decide which one; but where a branch is a literal, which carries no more
 * than its condition, the value is computed from them.
 */
export function caseValue({ arg, args = [], defresult }: Body<'CaseExpr'>, scope: Scope): Value {
  const whens = args.flatMap(tree => as(tree, 'CaseWhen') ?? [])
  const conditions = [...(arg ? [evaluate(arg, scope)] : []), ...whens.map(({ expr }) => evaluate(expr, scope))]
  const branches = [...whens.map(({ result }) => evaluate(result, scope)), evaluate(defresult, scope)]
  const isDecided = branches.some(isConstant)
  return withMore(either(branches), isDecided ? computed(conditions) : conditional(conditions))
}
