import { ProjectError } from '../base/errors.ts'
import type { Node } from './node.ts'
import { quote } from './relation.ts'

/** A column of a contract: quoted, with the type for PostgreSQL. */
export interface ContractColumn {
  name: string
  type: string
}

/** Whether `contract: {enforced: true}` holds for a node. */
export function hasContract({ config }: Node): boolean {
  return (config.contract as { enforced?: unknown } | undefined)?.enforced === true
}

/** Checks an enforced contract before anything runs; mistakes go to `errors`. */
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

/** The columns of a contract, in its order. */
export function contractColumns(node: Node): ContractColumn[] {
  return node.columns.map(column => ({ name: quote(nameOf(column)), type: typeOf(column.dataType ?? 'text') }))
}

/** A temporary table with the contract's columns, filled with the query's result. */
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

// PostgreSQL folds a name without quotes to lower case.
function nameOf({ name, quote: isQuoted }: Node['columns'][number]): string {
  return isQuoted ? name : name.toLowerCase()
}

// dbt's alias_types: type names that every adapter knows.
function typeOf(type: string): string {
  return type.toLowerCase() === 'string' ? 'text' : type
}
