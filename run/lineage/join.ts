import { evaluate } from './expression.ts'
import { tablesOf } from './from.ts'
import type { OutputColumn } from './relation.ts'
import { beside, type Item, type Scope, type Tables } from './scope.ts'
import { as, type Body, type Tree, textOf, textsOf } from './tree.ts'
import { CONSTANT, computed, conditional, either, sourceValue, untraced, type Value, withMore } from './value.ts'

/**
 * The tables of a join: columns of USING and NATURAL once, first; an alias hides the tables in it. Keys that the join equates come from
 * both sides: after `left join parents on children.parent_id = parents.id` parents.id is the child's parent_id, or null.
 */
export function joinTables(join: Body<'JoinExpr'>, scope: Scope, before: Tables): Tables {
  const left = tablesOf(join.larg, scope, before)
  const right = tablesOf(join.rarg, scope, beside(before, left))
  const names = join.isNatural ? sharedNames(left, right) : textsOf(join.usingClause)
  const merged = names.map((name): OutputColumn => ({ name, value: mergedValue(join.jointype, valueIn(left, name), valueIn(right, name)) }))
  const inside: Scope = { world: scope.world, ctes: new Map(), tables: beside(before, beside(left, right)), outer: scope }
  const compared = computed([
    ...names.flatMap(name => [valueIn(left, name), valueIn(right, name)]),
    ...(join.quals ? [evaluate(join.quals, inside)] : []),
  ])
  const sides = beside(...matched(join, left, right, compared))
  const isMerged = new Set(names)
  const rest = sides.visible.filter(({ name }) => !isMerged.has(name))
  const joined: Tables = { ...sides, visible: merged.length > 0 ? [...merged, ...rest] : rest, decides: [...sides.decides, compared] }
  return named(join, joined, merged)
}

function named({ alias, join_using_alias: usingAlias }: Body<'JoinExpr'>, joined: Tables, merged: OutputColumn[]): Tables {
  const rows = withMore(either(joined.items.map(({ output }) => output.rows)), conditional(joined.decides))
  if (usingAlias?.aliasname) joined.items.push({ alias: usingAlias.aliasname, output: { columns: merged, unknown: [], rows } })
  if (!alias) return joined
  const names = textsOf(alias.colnames)
  const columns = joined.visible.map((column, i) => ({ ...column, name: names[i] ?? column.name }))
  const item: Item = { alias: alias.aliasname ?? '', output: { columns, unknown: joined.unknown, rows } }
  return { items: [item], visible: columns, unknown: joined.unknown, decides: [] }
}

// Both sides; equated keys also get the other side's, and columns of an outer side the condition of its presence.
function matched({ jointype, quals }: Body<'JoinExpr'>, left: Tables, right: Tables, compared: Value): [Tables, Tables] {
  const pairs = equalities(quals)
  const isMissing = (side: 'JOIN_LEFT' | 'JOIN_RIGHT'): boolean => jointype === side || jointype === 'JOIN_FULL'
  return [
    changed(left, right, isMissing('JOIN_LEFT') ? [] : pairs, isMissing('JOIN_RIGHT') ? compared : undefined),
    changed(right, left, isMissing('JOIN_RIGHT') ? [] : pairs, isMissing('JOIN_LEFT') ? compared : undefined),
  ]
}

function changed(side: Tables, other: Tables, pairs: [string[], string[]][], presence: Value | undefined): Tables {
  const equal = new Map<OutputColumn, Value>()
  for (const [a, b] of [...pairs, ...pairs.map(([a, b]) => [b, a] as const)]) {
    const [column, more] = [columnIn(side, a), columnIn(other, b)]
    if (column && more) equal.set(column, computed([equal.get(column) ?? CONSTANT, more.value]))
  }
  if (equal.size === 0 && !presence) return side
  const done = new Map<OutputColumn, OutputColumn>()
  const through = (column: OutputColumn): OutputColumn => {
    const known = done.get(column)
    if (known) return known
    const value = withMore(column.value, equal.get(column) ?? CONSTANT)
    const result = { ...column, value: presence ? { ...value, presence } : value }
    done.set(column, result)
    return result
  }
  // The rows of an optional side make no rows of the join: they are only a condition.
  const rowsOf = ({ output: { rows } }: Item): Value => (presence ? conditional([rows]) : rows)
  const items = side.items.map(item => ({
    ...item,
    output: { ...item.output, columns: item.output.columns.map(through), rows: rowsOf(item) },
  }))
  return { ...side, items, visible: side.visible.map(through) }
}

// a.x = b.y, one or several of them.
function equalities(tree: Tree | undefined): [string[], string[]][] {
  const all = as(tree, 'BoolExpr')
  if (all?.boolop === 'AND_EXPR') return (all.args ?? []).flatMap(equalities)
  const { kind, name, lexpr, rexpr } = as(tree, 'A_Expr') ?? {}
  const [a, b] = [as(lexpr, 'ColumnRef')?.fields, as(rexpr, 'ColumnRef')?.fields]
  return kind === 'AEXPR_OP' && textOf(name?.[0]) === '=' && a && b ? [[textsOf(a), textsOf(b)]] : []
}

// Only `table.column`: the side of a bare name cannot be found from one side alone.
function columnIn({ items }: Tables, names: readonly string[]): OutputColumn | undefined {
  const [name, table] = names.toReversed()
  return items.find(({ alias }) => alias === table)?.output.columns.find(column => column.name === name)
}

function sharedNames(left: Tables, right: Tables): string[] {
  const theirs = new Set(right.visible.map(({ name }) => name))
  return [...new Set(left.visible.map(({ name }) => name).filter(name => theirs.has(name)))]
}

function valueIn({ visible, unknown }: Tables, name: string): Value {
  const found = visible.filter(column => column.name === name)
  if (found.length > 0 || unknown.length === 0) return either(found.map(({ value }) => value))
  return unknown.length === 1
    ? sourceValue(unknown[0]!, name)
    : untraced(`${name} may be of ${unknown.join(' or ')}, whose columns are not known`)
}

function mergedValue(type: Body<'JoinExpr'>['jointype'], left: Value, right: Value): Value {
  if (type === 'JOIN_FULL') return either([left, right])
  return type === 'JOIN_RIGHT' ? right : left
}
