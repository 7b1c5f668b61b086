import type { Sql } from './database.ts'
import { ProjectError } from './errors.ts'
import type { Node } from './node.ts'
import { quote } from './relation.ts'

/** A column as a contract promises it: quoted, with the type as PostgreSQL takes it. */
export interface ContractColumn {
  name: string
  type: string
}

/** Whether `contract: {enforced: true}` holds for a node. */
export function hasContract({ config }: Node): boolean {
  return (config.contract as { enforced?: unknown } | undefined)?.enforced === true
}

/** What an enforced contract lacks before anything runs: goes to `errors`. */
export function checkContract(node: Node, errors: ProjectError[]): void {
  if (!hasContract(node)) return
  const place = node.patch ?? node.place
  const fail = (message: string, hint: string): unknown => errors.push(new ProjectError(message, { place, hint }))
  const kind = String(node.config.materialized)
  if (kind === 'ephemeral')
    fail(`${node.name} is ephemeral and has a contract`, 'A contract is for a table, a view or an incremental model.')
  if (node.columns.length === 0) fail(`${node.name} has a contract, but no columns`, 'List all its columns with name and data_type.')
  const untyped = node.columns.filter(column => !column.dataType).map(column => column.name)
  if (untyped.length > 0) fail(`${node.name} has a contract, but no data_type for ${untyped.join(', ')}`, 'Add a data_type to each column.')
  const change = String(node.config.on_schema_change)
  if (kind === 'incremental' && !['append_new_columns', 'fail'].includes(change))
    fail(
      `${node.name} is incremental with a contract, and on_schema_change is ${change}`,
      'Set on_schema_change to append_new_columns or fail.',
    )
}

/** The columns that a contract promises, in its order. */
export function contractColumns(node: Node): ContractColumn[] {
  return node.columns.map(column => ({ name: quote(nameOf(column)), type: typeOf(column.dataType ?? 'text') }))
}

/**
 * Holds a query against the node's contract: the same columns by name, of the same types, in any order. Both sides are described by
 * PostgreSQL without running them. Throws a ProjectError with a line for each column that differs.
 */
export async function enforceContract(sql: Sql, node: Node, query: string): Promise<void> {
  const promised = await describe(
    sql,
    `select ${contractColumns(node)
      .map(({ name, type }) => `null::${type} as ${name}`)
      .join(', ')}`,
  ).catch(error => {
    throw new ProjectError(`The contract of ${node.name} has a data_type that PostgreSQL does not know: ${(error as Error).message}`, {
      place: node.patch ?? node.place,
    })
  })
  const given = await describe(sql, query)
  const reasons = [...new Set([...given.keys(), ...promised.keys()])].flatMap(name => {
    const [is, should] = [given.get(name), promised.get(name)]
    if (is === should) return []
    const reason = is === undefined ? 'missing in definition' : should === undefined ? 'missing in contract' : 'data type mismatch'
    return [[name, is ?? '', should ?? '', reason]]
  })
  if (reasons.length === 0) return
  throw new ProjectError(`The query of ${node.name} does not keep its contract:\n${tableText(reasons)}`, {
    place: node.patch ?? node.place,
    hint: 'Change the query (a cast, an alias), or the columns of the contract.',
  })
}

/** A contract's columns in a temporary table, for the query's result to be put into. */
export function landingStatements(
  name: string,
  columns: ContractColumn[],
  query: string,
  kind: 'temporary table' | 'table' = 'temporary table',
): [create: string, insert: string] {
  const list = columns.map(column => column.name).join(', ')
  return [
    `create ${kind} ${name} (${columns.map(({ name: own, type }) => `${own} ${type}`).join(', ')})${kind === 'table' ? '' : ' on commit drop'}`,
    `insert into ${name} (${list})\nselect ${list} from (\n${query}\n) as model`,
  ]
}

async function describe(sql: Sql, query: string): Promise<Map<string, string>> {
  const { columns } = await sql.unsafe(query).describe()
  const types = await sql<{ name: string }[]>`
    select format_type(oid, null) as name
    from unnest(${columns.map(column => column.type)}::oid[]) with ordinality as types (oid, position)
    order by position
  `
  return new Map(columns.map((column, i) => [String(column.name), types[i]?.name ?? '']))
}

// PostgreSQL folds a name without quotes.
function nameOf({ name, quote: isQuoted }: Node['columns'][number]): string {
  return isQuoted ? name : name.toLowerCase()
}

// dbt's alias_types: names of types that every adapter knows.
function typeOf(type: string): string {
  return type.toLowerCase() === 'string' ? 'text' : type
}

function tableText(rows: string[][]): string {
  const all = [['column', 'in the query', 'in the contract', 'what is wrong'], ...rows]
  const widths = all[0]!.map((_, i) => Math.max(...all.map(row => row[i]!.length)))
  return all
    .map(
      row =>
        `  ${row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}`,
    )
    .join('\n')
}
