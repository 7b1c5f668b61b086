import type { Output, OutputColumn } from './relation.ts'
import { CONSTANT, computed, conditional, either, NULL, untraced, type Value, withMore } from './value.ts'

/** How a snapshot keeps the versions of its rows. */
export interface SnapshotShape {
  /** Key columns of the query. */
  key: readonly string[]
  /** The column of the query that dates a version (strategy timestamp); null for the time of the build. */
  updatedAt: string | null
  /** Columns that are compared (strategy check); empty for timestamp. */
  checked: readonly string[]
  /** The names of its own columns; `isDeleted` only with hard_deletes: new_record. */
  names: { scdId: string; updatedAt: string; validFrom: string; validTo: string; isDeleted?: string }
}

/** The columns of a snapshot's table: those of its query, and those with each version's validity. */
export function snapshotOutput(output: Output, { key, updatedAt, checked, names }: SnapshotShape): Output {
  const named = (name: string): Value =>
    output.columns.find(column => column.name === name)?.value ?? untraced(`the query has no column ${name}`)
  const dated = updatedAt === null ? withMore(CONSTANT, conditional(checked.map(named))) : named(updatedAt)
  const own: OutputColumn[] = [
    { name: names.scdId, value: computed([...key.map(named), dated]) },
    { name: names.updatedAt, value: dated },
    { name: names.validFrom, value: dated },
    { name: names.validTo, value: either([dated, NULL]) },
    ...(names.isDeleted ? [{ name: names.isDeleted, value: computed([output.rows]) }] : []),
  ]
  return { ...output, columns: [...output.columns, ...own] }
}
