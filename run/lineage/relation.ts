import { CONSTANT, sourceValue, type Value } from './value.ts'

/** A column of a relation and where it comes from. */
export interface OutputColumn {
  name: string
  value: Value
}

/** What a query or a table gives. */
export interface Output {
  columns: OutputColumn[]
  /** Tables whose columns are not known and which `*` brought in: any other name may be a column of theirs. */
  unknown: string[]
  /** What decides which rows there are. */
  rows: Value
}

/** No column, one row. */
export const NOTHING: Output = { columns: [], unknown: [], rows: CONSTANT }

/** A table as a query sees it: each column comes from itself. `columns` null: they are not known. */
export function tableOutput(id: string, columns: readonly string[] | null): Output {
  return {
    columns: (columns ?? []).map(name => ({ name, value: sourceValue(id, name) })),
    unknown: columns ? [] : [id],
    rows: sourceValue(id, '*'),
  }
}

/** With other names for the first columns, as an alias gives them. */
export function renamed(output: Output, names: readonly string[]): Output {
  if (names.length === 0) return output
  return { ...output, columns: output.columns.map((column, i) => ({ ...column, name: names[i] ?? column.name })) }
}

/** What the tracer asks about the world outside the SQL. */
export interface World {
  /** The relation that a name means, with its columns (null: not known); undefined where no such relation is known. */
  relation(schema: string | undefined, name: string): { id: string; columns: readonly string[] | null } | undefined
  /** The node that a CTE stands for: an ephemeral model. */
  cte?(name: string): { id: string; columns: readonly string[] | null } | undefined
  /** Whether the result of a function of users comes from its arguments alone (it is immutable); undefined where it is not known. */
  isPure?(schema: string | undefined, name: string): boolean | undefined
}
