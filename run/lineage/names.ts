import { as, type Tree, tagOf, textOf, textsOf, typeNameOf } from './tree.ts'

/** The name that PostgreSQL gives to an output column without AS. */
export function nameOf(tree: Tree | undefined): string {
  return figured(tree)?.name ?? '?column?'
}

// A weak name gives way to that of an enclosing CASE or cast.
function figured(tree: Tree | undefined): { name: string; isWeak?: boolean } | undefined {
  if (!tree) return undefined
  const column = as(tree, 'ColumnRef')
  if (column) return strong(textsOf(column.fields).at(-1))
  const part = as(tree, 'A_Indirection')
  if (part) {
    const field = part.indirection?.map(textOf).findLast(text => text !== undefined)
    return field === undefined ? figured(part.arg) : strong(field)
  }
  const call = as(tree, 'FuncCall')
  if (call) return strong(textsOf(call.funcname).at(-1))
  const cast = as(tree, 'TypeCast')
  if (cast) {
    const inner = figured(cast.arg)
    if (inner && !inner.isWeak) return inner
    return { name: typeNameOf(cast.typeName).replace('[]', ''), isWeak: true }
  }
  const collated = as(tree, 'CollateClause')
  if (collated) return figured(collated.arg)
  const cased = as(tree, 'CaseExpr')
  if (cased) {
    const inner = figured(cased.defresult)
    return inner && !inner.isWeak ? inner : { name: 'case', isWeak: true }
  }
  const subquery = as(tree, 'SubLink')
  if (subquery) {
    if (subquery.subLinkType === 'EXISTS_SUBLINK') return strong('exists')
    if (subquery.subLinkType === 'ARRAY_SUBLINK') return strong('array')
    if (subquery.subLinkType !== 'EXPR_SUBLINK') return undefined
    const target = as(as(subquery.subselect, 'SelectStmt')?.targetList?.[0], 'ResTarget')
    return target?.name ? strong(target.name) : figured(target?.val)
  }
  const least = as(tree, 'MinMaxExpr')
  if (least) return strong(least.op === 'IS_LEAST' ? 'least' : 'greatest')
  const expression = as(tree, 'A_Expr')
  if (expression) return expression.kind === 'AEXPR_NULLIF' ? strong('nullif') : undefined
  const clock = as(tree, 'SQLValueFunction')
  if (clock)
    return strong(
      (clock.op ?? '')
        .replace(/^SVFOP_/, '')
        .replace(/_N$/, '')
        .toLowerCase(),
    )
  const xml = as(tree, 'XmlExpr')
  if (xml) return xml.op === 'IS_DOCUMENT' ? undefined : strong((xml.op ?? '').replace(/^IS_/, '').toLowerCase())
  const json = as(tree, 'JsonFuncExpr')
  if (json) return strong((json.op ?? '').replace(/_OP$/, '').toLowerCase())
  return strong(FIXED[tagOf(tree)])
}

const FIXED: Record<string, string> = {
  CoalesceExpr: 'coalesce',
  A_ArrayExpr: 'array',
  RowExpr: 'row',
  GroupingFunc: 'grouping',
  MergeSupportFunc: 'merge_action',
  XmlSerialize: 'xmlserialize',
  JsonParseExpr: 'json',
  JsonScalarExpr: 'json_scalar',
  JsonSerializeExpr: 'json_serialize',
  JsonObjectConstructor: 'json_object',
  JsonArrayConstructor: 'json_array',
  JsonArrayQueryConstructor: 'json_array',
  JsonObjectAgg: 'json_objectagg',
  JsonArrayAgg: 'json_arrayagg',
}

function strong(name: string | undefined): { name: string } | undefined {
  return name === undefined ? undefined : { name }
}
