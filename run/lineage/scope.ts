import type { Output, OutputColumn, World } from './relation.ts'
import { objectOf, sourceValue, untraced, type Value } from './value.ts'

/** A named item in FROM. */
export interface Item {
  alias: string
  /** The schema of a table without an alias; '' where the search path found it. */
  schema?: string
  output: Output
  /** A function in FROM with one plain value: its alias means that value, not a row. */
  isScalar?: boolean
}

/** The tables of FROM or of a part of it: items by name, and the columns that can be named alone (those of USING once). */
export interface Tables {
  items: Item[]
  visible: OutputColumn[]
  unknown: string[]
  /** The comparisons of ON and USING, which decide which rows exist. */
  decides: Value[]
}

/** The meaning of names at one place of a query. */
export interface Scope {
  world: World
  tables: Tables
  /** Visible CTEs, by name. */
  ctes: ReadonlyMap<string, Output>
  /** The scope of the enclosing query. */
  outer?: Scope
  /** The conditions of WINDOW definitions, by name. */
  windows?: ReadonlyMap<string, Value>
}

export const NO_TABLES: Tables = { items: [], visible: [], unknown: [], decides: [] }

/** Tables beside each other. */
export function beside(a: Tables, b: Tables): Tables {
  return {
    items: [...a.items, ...b.items],
    visible: [...a.visible, ...b.visible],
    unknown: [...a.unknown, ...b.unknown],
    decides: [...a.decides, ...b.decides],
  }
}

/** One item as tables. */
export function itemTables(item: Item): Tables {
  return { items: [item], visible: item.output.columns, unknown: item.output.unknown, decides: [] }
}

/** The value of a name without a dot: a column, else the whole row of a table. */
export function lookUp(scope: Scope, name: string): Value {
  for (let level: Scope | undefined = scope; level; level = level.outer) {
    const found = columnsNamed(level.tables.visible, name)
    if (found.length > 1 && found.some(({ value }) => value !== found[0]!.value)) return untraced(`${name} is ambiguous`)
    if (found[0]) return found[0].value
    const { unknown } = level.tables
    if (unknown.length === 0) continue
    const isElsewhere = tablesAround(level.outer).some(
      ({ visible, unknown: more }) => more.length > 0 || columnsNamed(visible, name).length > 0,
    )
    if (unknown.length === 1 && !isElsewhere && !rowOf(scope, name)) return sourceValue(unknown[0]!, name)
    return untraced(`${name} may be of ${unknown.join(' or ')}, whose columns are not known`)
  }
  return rowOf(scope, name) ?? untraced(`unknown column ${name}`)
}

/** The value of `table.column`. */
export function lookUpIn(scope: Scope, schema: string | undefined, table: string, name: string): Value {
  const item = itemNamed(scope, schema, table)
  if (!item) return untraced(`${table} is not in FROM`)
  const found = columnsNamed(item.output.columns, name)
  if (found.length > 1) return untraced(`${table}.${name} is ambiguous`)
  if (found[0]) return found[0].value
  if (item.output.unknown.length === 1) return sourceValue(item.output.unknown[0]!, name)
  if (SYSTEM_COLUMNS.has(name)) return { ...item.output.rows }
  return untraced(`${table}.${name} is not known`)
}

/** The columns of `*` or `table.*`. */
export function star(scope: Scope, schema?: string, table?: string): Tables | null {
  if (table === undefined) return scope.tables
  const item = itemNamed(scope, schema, table)
  return item ? itemTables(item) : null
}

/** The item of a name, here or in an enclosing query. */
function itemNamed(scope: Scope, schema: string | undefined, table: string): Item | undefined {
  for (let level: Scope | undefined = scope; level; level = level.outer) {
    const item = level.tables.items.find(
      ({ alias, schema: own }) => alias === table && (schema === undefined || schema === own || own === ''),
    )
    if (item) return item
  }
  return undefined
}

/** The CTE of a name. */
export function cteNamed(scope: Scope, name: string): Output | undefined {
  for (let level: Scope | undefined = scope; level; level = level.outer) {
    const found = level.ctes.get(name)
    if (found) return found
  }
  return undefined
}

const SYSTEM_COLUMNS = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid'])
const byName = new WeakMap<readonly OutputColumn[], Map<string, OutputColumn[]>>()

function columnsNamed(columns: readonly OutputColumn[], name: string): OutputColumn[] {
  let names = byName.get(columns)
  if (!names) {
    names = new Map()
    for (const column of columns) {
      const same = names.get(column.name)
      if (same) same.push(column)
      else names.set(column.name, [column])
    }
    byName.set(columns, names)
  }
  return names.get(name) ?? []
}

function tablesAround(scope: Scope | undefined): Tables[] {
  return scope ? [scope.tables, ...tablesAround(scope.outer)] : []
}

function rowOf(scope: Scope, name: string): Value | undefined {
  const item = itemNamed(scope, undefined, name)
  if (!item) return undefined
  const { columns, unknown } = item.output
  if (item.isScalar && columns[0]) return columns[0].value
  const row = objectOf(columns.map(column => [column.name, column.value]))
  return unknown.length > 0 ? untraced(`the columns of ${unknown.join(' and ')} are not known`, row) : row
}
