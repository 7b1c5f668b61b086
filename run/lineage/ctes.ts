import { queryOutput, selectOutput, united } from './query.ts'
import { type Output, type OutputColumn, renamed, tableOutput } from './relation.ts'
import { NO_TABLES, type Scope } from './scope.ts'
import { as, type Body, constantOf, textsOf } from './tree.ts'
import { CONSTANT, computed, type Source, sourcesOf, type Value } from './value.ts'

/** The outputs of the CTEs of a WITH clause, by name; each sees those before it, and with RECURSIVE itself and those after it. */
export function ctesOf({ ctes = [], recursive }: Body<'WithClause'>, scope: Scope): Map<string, Output> {
  const known = new Map<string, Output>()
  const inside: Scope = { ...scope, ctes: known }
  const definitions = ctes.flatMap(tree => as(tree, 'CommonTableExpr') ?? [])
  for (const cte of recursive ? ordered(definitions) : definitions) {
    const name = cte.ctename ?? ''
    const node = scope.world.cte?.(name)
    known.set(name, node ? tableOutput(node.id, node.columns) : cteOutput(cte, inside, recursive ?? false))
  }
  return known
}

function cteOutput(cte: Body<'CommonTableExpr'>, scope: Scope, isRecursive: boolean): Output {
  const names = textsOf(cte.aliascolnames)
  const select = as(cte.ctequery, 'SelectStmt')
  const output =
    isRecursive && select?.larg && select.rarg && select.op === 'SETOP_UNION'
      ? recursiveOutput(cte.ctename ?? '', select, names, scope)
      : renamed(queryOutput(cte.ctequery, { ...scope, tables: NO_TABLES }), names)
  return { ...output, columns: [...output.columns, ...clauseColumns(cte, output)] }
}

// Evaluates the recursive term repeatedly with its output so far, until nothing changes.
function recursiveOutput(name: string, select: Body<'SelectStmt'>, names: readonly string[], outer: Scope): Output {
  const withClause = select.withClause ? ctesOf(select.withClause, outer) : new Map<string, Output>()
  const scope: Scope = { world: outer.world, tables: NO_TABLES, ctes: withClause, outer }
  let output = renamed(selectOutput(select.larg!, scope), names)
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const own: Scope = { ...scope, ctes: new Map([...withClause, [name, output]]) }
    const next = united(output, selectOutput(select.rarg!, own))
    const isDone = sizeOf(next) === sizeOf(output)
    output = round === WIDENED_FROM ? { ...next, columns: next.columns.map(widened) } : next
    if (isDone) break
  }
  return output
}

const MOST_ROUNDS = 12
// A path into JSON that grows with each round is widened to any depth.
const WIDENED_FROM = 4

function widened({ name, value }: OutputColumn): OutputColumn {
  const all = [...sourcesOf(value).values()]
  const tops = all.filter(source => !all.some(other => isAbove(other, source)))
  return {
    name,
    value: {
      ...computed([value]),
      own: new Map(tops.map(source => [source.key, { ...source, role: source.role === 'condition' ? source.role : 'value' }])),
    },
  }
}

function isAbove(a: Source, b: Source): boolean {
  return (
    a.relation === b.relation && a.column === b.column && a.path.length < b.path.length && a.path.every((step, i) => step === b.path[i])
  )
}

function sizeOf({ columns, rows }: Output): number {
  return [...columns.map(({ value }) => value), rows].reduce((sum, value) => sum + sourcesOf(value).size, 0)
}

// The columns that SEARCH and CYCLE add.
function clauseColumns({ search_clause: search, cycle_clause: cycle }: Body<'CommonTableExpr'>, { columns }: Output): OutputColumn[] {
  const made = (names: readonly string[]): Value => computed(columns.filter(({ name }) => names.includes(name)).map(({ value }) => value))
  const added: OutputColumn[] = []
  if (search) added.push({ name: search.search_seq_column ?? '', value: made(textsOf(search.search_col_list)) })
  if (cycle) {
    const value = made(textsOf(cycle.cycle_col_list))
    const isMarked = constantOf(cycle.cycle_mark_value) !== null
    added.push({ name: cycle.cycle_mark_column ?? '', value: isMarked ? value : CONSTANT }, { name: cycle.cycle_path_column ?? '', value })
  }
  return added
}

// With RECURSIVE a CTE may read a later one.
function ordered(ctes: Body<'CommonTableExpr'>[]): Body<'CommonTableExpr'>[] {
  const names = new Set(ctes.map(({ ctename = '' }) => ctename))
  const reads = new Map(ctes.map(cte => [cte, tablesIn(cte.ctequery).filter(name => names.has(name))]))
  const done: Body<'CommonTableExpr'>[] = []
  const visit = (cte: Body<'CommonTableExpr'>, above: readonly string[]): void => {
    if (done.includes(cte) || above.includes(cte.ctename ?? '')) return
    for (const name of reads.get(cte) ?? []) {
      const read = ctes.find(({ ctename }) => ctename === name)
      if (read) visit(read, [...above, cte.ctename ?? ''])
    }
    done.push(cte)
  }
  for (const cte of ctes) visit(cte, [])
  return done
}

function tablesIn(tree: unknown): string[] {
  if (typeof tree !== 'object' || tree === null) return []
  if (Array.isArray(tree)) return tree.flatMap(tablesIn)
  return Object.entries(tree).flatMap(([key, value]) =>
    key === 'RangeVar' && value.schemaname === undefined ? [String(value.relname)] : tablesIn(value),
  )
}
