import { CONSTANT, sourceValue, type Value } from './value.ts'

/** A column of a relation and its sources. */
export interface OutputColumn {
  name: string
  value: Value
}

/** The output of a query or a table. */
export interface Output {
  columns: OutputColumn[]
  /** Tables with unknown columns that `*` included: any other name may be one of their columns. */
  unknown: string[]
  /** The conditions that decide which rows exist. */
  rows: Value
}

/** No column, one row. */
export const NOTHING: Output = { columns: [], unknown: [], rows: CONSTANT }

/** A table as a query sees it: each column is its own source. `columns` null: unknown. */
export function tableOutput(id: string, columns: readonly string[] | null): Output {
  return {
    columns: (columns ?? []).map(name => ({ name, value: sourceValue(id, name) })),
    unknown: columns ? [] : [id],
    rows: sourceValue(id, '*'),
  }
}

/** Renames the first columns, as an alias does. */
export function renamed(output: Output, names: readonly string[]): Output {
  if (names.length === 0) return output
  return { ...output, columns: output.columns.map((column, i) => ({ ...column, name: names[i] ?? column.name })) }
}

/** The tracer's knowledge of everything outside the SQL. */
export interface World {
  /** The relation of a name, with its columns (null: unknown); undefined for an unknown relation. */
  relation(schema: string | undefined, name: string): { id: string; columns: readonly string[] | null } | undefined
  /** The node of a CTE: an ephemeral model. */
  cte?(name: string): { id: string; columns: readonly string[] | null } | undefined
  /** Whether a user's function depends on its arguments alone (is immutable); undefined where unknown. */
  isPure?(schema: string | undefined, name: string): boolean | undefined
}
