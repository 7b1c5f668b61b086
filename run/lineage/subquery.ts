import { evaluate } from './expression.ts'
import { queryOutput } from './query.ts'
import type { Scope } from './scope.ts'
import type { Body } from './tree.ts'
import { arrayOf, computed, NULL, untraced, type Value } from './value.ts'

/** The value of EXISTS, IN, ANY, ALL, ARRAY and of a scalar subquery. */
export function subqueryValue({ subLinkType, testexpr, subselect }: Body<'SubLink'>, scope: Scope): Value {
  const output = queryOutput(subselect, scope)
  const first =
    output.columns[0]?.value ?? (output.unknown.length > 0 ? untraced(`the columns of ${output.unknown[0]} are not known`) : NULL)
  switch (subLinkType) {
    case 'EXISTS_SUBLINK':
      return computed([output.rows])
    case 'ARRAY_SUBLINK':
      return arrayOf([first])
    case 'EXPR_SUBLINK':
      return first
    default:
      return computed([evaluate(testexpr, scope), first])
  }
}
