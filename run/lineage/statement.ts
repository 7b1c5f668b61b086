import { ctesOf } from './ctes.ts'
import { evaluate, evaluateAll } from './expression.ts'
import { fromTables, namedItem } from './from.ts'
import { queryOutput, selectOutput, targetColumns, united } from './query.ts'
import { NOTHING, type Output, type OutputColumn } from './relation.ts'
import { beside, itemTables, NO_TABLES, type Scope } from './scope.ts'
import { as, type Body, type Tree } from './tree.ts'
import { CONSTANT, computed, either, untraced, type Value } from './value.ts'

/** What a statement writes into a table, and the output of its RETURNING. */
export interface Changed {
  /** Id of the table. */
  target: string
  written: Output
  returning: Output
}

/** The output of INSERT, UPDATE, DELETE, MERGE, CREATE TABLE AS and CREATE VIEW; undefined for other statements. */
export function changedOutput(tree: Tree, outer: Scope): Changed | undefined {
  const insert = as(tree, 'InsertStmt')
  if (insert) return inserted(insert, outer)
  const update = as(tree, 'UpdateStmt')
  if (update) return updated(update, outer)
  const deleted = as(tree, 'DeleteStmt')
  if (deleted) return removed(deleted, outer)
  const merge = as(tree, 'MergeStmt')
  if (merge) return merged(merge, outer)
  const created = as(tree, 'CreateTableAsStmt')
  if (created?.into?.rel) return { target: idOf(created.into.rel, outer), written: queryOutput(created.query, outer), returning: NOTHING }
  const view = as(tree, 'ViewStmt')
  if (view?.view) return { target: idOf(view.view, outer), written: queryOutput(view.query, outer), returning: NOTHING }
  return undefined
}

function inserted(
  { relation, cols, selectStmt, withClause, onConflictClause, returningClause }: Body<'InsertStmt'>,
  outer: Scope,
): Changed {
  const scope = scopeOf(withClause, outer)
  const item = namedItem(relation ?? {}, scope)
  const names = cols?.flatMap(tree => as(tree, 'ResTarget')?.name ?? []) ?? item.output.columns.map(({ name }) => name)
  const select = as(selectStmt, 'SelectStmt')
  const given = select ? selectOutput(select, scope) : NOTHING
  const isUnnamed = names.length === 0
  const columns = given.columns.map(({ name, value }, i) => ({ name: isUnnamed ? name : (names[i] ?? name), value }))
  const excluded = { alias: 'excluded', output: { ...given, columns } }
  const inside: Scope = { ...scope, tables: beside(itemTables(item), { ...NO_TABLES, items: [excluded] }) }
  const written = { ...given, columns: bothOf(columns, assigned(onConflictClause?.targetList, inside)) }
  return changed(relation, item.output, written, returningClause, inside)
}

function updated({ relation, targetList, fromClause, withClause, returningClause }: Body<'UpdateStmt'>, outer: Scope): Changed {
  const scope = scopeOf(withClause, outer)
  const item = namedItem(relation ?? {}, scope)
  const inside: Scope = { ...scope, tables: beside(itemTables(item), fromTables(fromClause, scope)) }
  return changed(relation, item.output, { ...NOTHING, columns: assigned(targetList, inside) }, returningClause, inside)
}

function removed({ relation, usingClause, withClause, returningClause }: Body<'DeleteStmt'>, outer: Scope): Changed {
  const scope = scopeOf(withClause, outer)
  const item = namedItem(relation ?? {}, scope)
  const inside: Scope = { ...scope, tables: beside(itemTables(item), fromTables(usingClause, scope)) }
  return changed(relation, item.output, NOTHING, returningClause, inside)
}

function merged(
  { relation, sourceRelation, mergeWhenClauses = [], withClause, returningClause }: Body<'MergeStmt'>,
  outer: Scope,
): Changed {
  const scope = scopeOf(withClause, outer)
  const item = namedItem(relation ?? {}, scope)
  const source = fromTables(sourceRelation ? [sourceRelation] : [], scope)
  const inside: Scope = { ...scope, tables: beside(source, itemTables(item)) }
  const clauses = mergeWhenClauses.flatMap(tree => as(tree, 'MergeWhenClause') ?? [])
  const columns = clauses.reduce<OutputColumn[]>((known, { commandType, targetList = [], values }) => {
    if (commandType === 'CMD_UPDATE') return bothOf(known, assigned(targetList, inside))
    if (commandType !== 'CMD_INSERT') return known
    const names = targetList.flatMap(tree => as(tree, 'ResTarget')?.name ?? [])
    const all = names.length > 0 ? names : item.output.columns.map(({ name }) => name)
    return bothOf(
      known,
      evaluateAll(values, inside).map((value, i) => ({ name: all[i] ?? `column${i + 1}`, value })),
    )
  }, [])
  const rows = either(source.items.map(({ output }) => output.rows))
  return changed(relation, item.output, { columns, unknown: [], rows }, returningClause, inside)
}

function changed(
  relation: Body<'RangeVar'> | undefined,
  table: Output,
  written: Output,
  returning: Body<'ReturningClause'> | undefined,
  scope: Scope,
): Changed {
  const rows = united({ ...NOTHING, rows: table.rows }, { ...NOTHING, rows: written.rows }).rows
  return { target: idOf(relation, scope), written, returning: { ...targetColumns(returning?.exprs, scope), rows } }
}

function scopeOf(withClause: Body<'WithClause'> | undefined, outer: Scope): Scope {
  const scope: Scope = { world: outer.world, tables: NO_TABLES, ctes: new Map(), outer }
  return withClause ? { ...scope, ctes: ctesOf(withClause, scope) } : scope
}

function assigned(trees: readonly Tree[] | undefined, scope: Scope): OutputColumn[] {
  return (trees ?? []).flatMap(tree => {
    const { name = '', val } = as(tree, 'ResTarget') ?? {}
    const multiple = as(val, 'MultiAssignRef')
    return [{ name, value: multiple ? assignedPart(multiple, scope) : evaluate(val, scope) }]
  })
}

// (a, b) = (x, y) or (a, b) = (select …)
function assignedPart({ source, colno = 1 }: Body<'MultiAssignRef'>, scope: Scope): Value {
  const row = as(source, 'RowExpr')
  if (row) return evaluate(row.args?.[colno - 1], scope)
  const subquery = as(source, 'SubLink')
  if (subquery) return queryOutput(subquery.subselect, scope).columns[colno - 1]?.value ?? CONSTANT
  return untraced('an assignment of a row is not followed', computed([evaluate(source, scope)]))
}

function bothOf(a: readonly OutputColumn[], b: readonly OutputColumn[]): OutputColumn[] {
  const values = new Map(a.map(({ name, value }) => [name, value]))
  for (const { name, value } of b) {
    const known = values.get(name)
    values.set(name, known ? either([known, value]) : value)
  }
  return [...values].map(([name, value]) => ({ name, value }))
}

function idOf(relation: Body<'RangeVar'> | undefined, { world }: Scope): string {
  const { schemaname, relname = '' } = relation ?? {}
  return world.relation(schemaname, relname)?.id ?? `relation:${schemaname === undefined ? relname : `${schemaname}.${relname}`}`
}
