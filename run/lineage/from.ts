import { evaluate } from './expression.ts'
import { functionItem } from './fromfunction.ts'
import { joinTables } from './join.ts'
import { jsonTableOutput } from './jsontable.ts'
import { queryOutput } from './query.ts'
import { type Output, renamed, tableOutput } from './relation.ts'
import { beside, cteNamed, type Item, itemTables, NO_TABLES, type Scope, type Tables } from './scope.ts'
import { as, type Body, type Tree, tagOf, textsOf } from './tree.ts'
import { computed, NULL, untraced } from './value.ts'

/** The tables of a FROM clause. Each part sees those before it, for LATERAL and functions. */
export function fromTables(trees: readonly Tree[] | undefined, scope: Scope): Tables {
  return (trees ?? []).reduce((before, tree) => beside(before, tablesOf(tree, scope, before)), NO_TABLES)
}

/** The tables of one part of FROM; `before` is what LATERAL sees. */
export function tablesOf(tree: Tree | undefined, scope: Scope, before: Tables): Tables {
  const join = as(tree, 'JoinExpr')
  if (join) return joinTables(join, scope, before)
  const item = itemOf(tree, { world: scope.world, ctes: new Map(), tables: before, outer: scope }, scope)
  return itemTables(item)
}

/** The relation or CTE of a name in FROM. */
export function namedItem({ schemaname, relname = '', alias }: Body<'RangeVar'>, scope: Scope): Item {
  const name = { alias: alias?.aliasname ?? relname, ...(alias ? {} : { schema: schemaname ?? '' }) }
  const names = textsOf(alias?.colnames)
  const cte = schemaname === undefined ? cteNamed(scope, relname) : undefined
  if (cte) return { alias: name.alias, output: renamed(cte, names) }
  const relation = scope.world.relation(schemaname, relname)
  const id = relation?.id ?? `relation:${schemaname === undefined ? relname : `${schemaname}.${relname}`}`
  return { ...name, output: renamed(tableOutput(id, relation?.columns ?? null), names) }
}

function itemOf(tree: Tree | undefined, lateral: Scope, scope: Scope): Item {
  const table = as(tree, 'RangeVar')
  if (table) return namedItem(table, scope)
  const sampled = as(tree, 'RangeTableSample')
  if (sampled) return itemOf(sampled.relation, lateral, scope)
  const subquery = as(tree, 'RangeSubselect')
  if (subquery) {
    const output = queryOutput(subquery.subquery, subquery.lateral ? lateral : scope)
    return aliased(subquery.alias, output)
  }
  const call = as(tree, 'RangeFunction')
  if (call) return functionItem(call, lateral)
  const json = as(tree, 'JsonTable')
  if (json) return aliased(json.alias, jsonTableOutput(json, lateral))
  const xml = as(tree, 'RangeTableFunc')
  if (xml) return aliased(xml.alias, xmlTableOutput(xml, lateral))
  const reason = tree ? `${tagOf(tree)} in FROM is not followed` : 'FROM is not followed'
  return { alias: '', output: { columns: [], unknown: [reason], rows: untraced(reason) } }
}

function aliased(alias: Body<'Alias'> | undefined, output: Output): Item {
  return { alias: alias?.aliasname ?? '', output: renamed(output, textsOf(alias?.colnames)) }
}

function xmlTableOutput({ rowexpr, docexpr, columns = [] }: Body<'RangeTableFunc'>, scope: Scope): Output {
  const value = computed([evaluate(docexpr, scope), rowexpr ? evaluate(rowexpr, scope) : NULL])
  const names = columns.flatMap(tree => as(tree, 'RangeTableFuncCol')?.colname ?? [])
  return { columns: names.map(name => ({ name, value })), unknown: [], rows: value }
}
