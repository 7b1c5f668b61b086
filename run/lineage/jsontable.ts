import { castTo, evaluate } from './expression.ts'
import { atJsonPath } from './json.ts'
import type { Output, OutputColumn } from './relation.ts'
import type { Scope } from './scope.ts'
import { as, type Body, type Tree, typeNameOf } from './tree.ts'
import { at, computed, type Value } from './value.ts'

/** The output of JSON_TABLE: each column is at its path below the row's. */
export function jsonTableOutput({ context_item, pathspec, columns }: Body<'JsonTable'>, scope: Scope): Output {
  const row = atJsonPath(evaluate(context_item?.raw_expr, scope), pathspec?.string)
  return { columns: columnsOf(columns ?? [], row), unknown: [], rows: computed([row]) }
}

function columnsOf(trees: readonly Tree[], row: Value): OutputColumn[] {
  return trees.flatMap(tree => {
    const { coltype, name = '', pathspec, columns, typeName } = as(tree, 'JsonTableColumn') ?? {}
    const value = pathspec?.string ? atJsonPath(row, pathspec.string) : at(row, name)
    if (coltype === 'JTC_NESTED') return columnsOf(columns ?? [], value)
    if (coltype === 'JTC_FOR_ORDINALITY') return [{ name, value: computed([row]) }]
    return [{ name, value: coltype === 'JTC_EXISTS' ? computed([value]) : castTo(typeNameOf(typeName), value) }]
  })
}
