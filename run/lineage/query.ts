import { windowValue } from './call.ts'
import { ctesOf } from './ctes.ts'
import { evaluate, evaluateAll } from './expression.ts'
import { fromTables } from './from.ts'
import { nameOf } from './names.ts'
import { NOTHING, type Output, type OutputColumn } from './relation.ts'
import { NO_TABLES, type Scope, star, type Tables } from './scope.ts'
import { changedOutput } from './statement.ts'
import { as, type Body, type Tree, tagOf, textsOf } from './tree.ts'
import { CONSTANT, computed, conditional, either, sourcesOf, untraced, type Value, withMore } from './value.ts'

/** The output of a query; for INSERT, UPDATE, DELETE and MERGE that of RETURNING. */
export function queryOutput(tree: Tree | undefined, outer: Scope): Output {
  const select = as(tree, 'SelectStmt')
  if (select) return selectOutput(select, outer)
  if (tree) return changedOutput(tree, outer)?.returning ?? unknownOutput(`${tagOf(tree)} is not followed`)
  return NOTHING
}

/** The output of SELECT, VALUES or a set operation. `outer` is the enclosing query, or a bare scope. */
export function selectOutput(select: Body<'SelectStmt'>, outer: Scope): Output {
  const scope: Scope = { world: outer.world, tables: NO_TABLES, ctes: new Map(), outer }
  const withCtes = select.withClause ? { ...scope, ctes: ctesOf(select.withClause, scope) } : scope
  if (select.valuesLists) return valuesOutput(select.valuesLists, withCtes)
  if (select.larg && select.rarg) return combined(select, selectOutput(select.larg, withCtes), selectOutput(select.rarg, withCtes))
  return plainOutput(select, withCtes)
}

/** The columns of a target list, in SELECT or RETURNING. */
export function targetColumns(trees: readonly Tree[] | undefined, scope: Scope): Pick<Output, 'columns' | 'unknown'> {
  const columns: OutputColumn[] = []
  const unknown: string[] = []
  for (const tree of trees ?? []) {
    const target = as(tree, 'ResTarget')
    const starred = starOf(target?.val, scope)
    if (starred) {
      columns.push(...starred.visible)
      unknown.push(...starred.unknown)
    } else columns.push({ name: target?.name ?? nameOf(target?.val), value: evaluate(target?.val, scope) })
  }
  return { columns, unknown: [...new Set(unknown)] }
}

/** The output of a query that could not be traced. */
export function unknownOutput(reason: string): Output {
  return { columns: [], unknown: [reason], rows: untraced(reason) }
}

/** The union of two outputs. */
export function united(left: Output, right: Output): Output {
  return {
    columns: left.columns.map(({ name, value }, i) => ({ name, value: either([value, right.columns[i]?.value ?? unmatched(right)]) })),
    unknown: [...new Set([...left.unknown, ...right.unknown])],
    rows: either([left.rows, right.rows]),
  }
}

function plainOutput(select: Body<'SelectStmt'>, scope: Scope): Output {
  const tables = fromTables(select.fromClause, scope)
  const inside: Scope = { ...scope, tables }
  const windows = new Map<string, Value>()
  for (const tree of select.windowClause ?? []) {
    const window = as(tree, 'WindowDef')
    if (window?.name) windows.set(window.name, windowValue({ ...window, name: '' }, { ...inside, windows }))
  }
  const decides = [select.whereClause, select.havingClause, ...(select.distinctClause ?? [])]
  const conditions = evaluateAll(
    decides.flatMap(tree => (tree && Object.keys(tree).length > 0 ? [tree] : [])),
    inside,
  )
  const rows = tables.items.filter(({ output }) => sourcesOf(output.rows).size > 0).map(({ output }) => output.rows)
  return {
    ...targetColumns(select.targetList, { ...inside, windows }),
    rows: withMore(rows.length > 0 ? either(rows) : CONSTANT, conditional([...tables.decides, ...conditions])),
  }
}

function starOf(tree: Tree | undefined, scope: Scope): Tables | null {
  const reference = as(tree, 'ColumnRef')
  if (reference?.fields?.some(field => as(field, 'A_Star'))) {
    const names = textsOf(reference.fields)
    return star(scope, names.at(-2), names.at(-1)) ?? { ...NO_TABLES, unknown: [`${names.join('.')}.* is not in FROM`] }
  }
  // (row).*
  const indirection = as(tree, 'A_Indirection')
  if (!indirection?.indirection?.some(step => as(step, 'A_Star'))) return null
  const row = evaluate(indirection.arg, scope)
  if (!row.fields) return { ...NO_TABLES, unknown: ['the columns of a row are not known'] }
  return { ...NO_TABLES, visible: [...row.fields].map(([name, value]) => ({ name, value })) }
}

function valuesOutput(lists: readonly Tree[], scope: Scope): Output {
  const rows = lists.map(list => evaluateAll(as(list, 'List')?.items, scope))
  const columns = (rows[0] ?? []).map((_, i) => ({ name: `column${i + 1}`, value: either(rows.map(row => row[i] ?? CONSTANT)) }))
  return { columns, unknown: [], rows: CONSTANT }
}

function combined({ op }: Body<'SelectStmt'>, left: Output, right: Output): Output {
  if (op === 'SETOP_UNION') return united(left, right)
  const rows = withMore(left.rows, conditional([right.rows, ...right.columns.map(({ value }) => value)]))
  // EXCEPT and INTERSECT give rows of the left side.
  return { ...left, rows }
}

function unmatched({ unknown }: Output): Value {
  return untraced(
    unknown.length > 0 ? `the columns of ${unknown.join(' and ')} are not known` : 'the sides of UNION do not have the same columns',
    computed([]),
  )
}
