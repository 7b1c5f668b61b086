import { ProjectError } from '../base/errors.ts'
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

// PostgreSQL folds a name without quotes.
function nameOf({ name, quote: isQuoted }: Node['columns'][number]): string {
  return isQuoted ? name : name.toLowerCase()
}

// dbt's alias_types: names of types that every adapter knows.
function typeOf(type: string): string {
  return type.toLowerCase() === 'string' ? 'text' : type
}
