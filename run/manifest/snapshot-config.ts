import { ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import { textsOf } from '../base/texts.ts'
import type { Node } from './node.ts'

/** The normalised config of a snapshot. */
export interface SnapshotConfig {
  strategy: 'timestamp' | 'check'
  key: string[]
  /** An expression over the query's columns; null with strategy check for the time of the build. */
  updatedAt: string | null
  /** Only with strategy `check`. */
  checkCols: string[] | 'all'
  hardDeletes: 'ignore' | 'invalidate' | 'new_record'
  /** SQL of dbt_valid_to for currently valid rows; null for null. */
  validToCurrent: string | null
  /** The names of the columns that a snapshot adds. */
  names: Record<MetaColumn, string>
}

/** The columns that a snapshot adds, by dbt's names. */
export type MetaColumn = (typeof metaColumns)[number]

const metaColumns = ['dbt_scd_id', 'dbt_updated_at', 'dbt_valid_from', 'dbt_valid_to', 'dbt_is_deleted'] as const

/** Reads a snapshot's config; throws a ProjectError for an invalid one. */
export function snapshotConfig(node: Node): SnapshotConfig {
  const { config } = node
  const place = node.patch ?? node.place
  const fail = (message: string, hint?: string): ProjectError => new ProjectError(`The snapshot ${node.name} ${message}`, { place, hint })
  const key = textsOf(config.unique_key)
  const renamed = (config.snapshot_meta_column_names ?? {}) as Record<string, unknown>
  if (config.strategy === undefined)
    throw fail('has no strategy', 'Add strategy: timestamp with updated_at, or strategy: check with check_cols.')
  if (key.length === 0) throw fail('has no unique_key', 'Add unique_key: the column, or list of columns, that identifies a row.')
  if (config.strategy === 'timestamp' && !config.updated_at)
    throw fail('has the strategy timestamp without updated_at', 'Add updated_at: the column with the time of the last change of a row.')
  if (config.strategy === 'check' && textsOf(config.check_cols).length === 0)
    throw fail('has the strategy check without check_cols', 'Add check_cols: all, or a list of columns.')
  if (config.hard_deletes !== undefined && config.invalidate_hard_deletes !== undefined)
    throw fail('has both hard_deletes and invalidate_hard_deletes', 'Keep hard_deletes.')
  for (const name of Object.keys(renamed))
    if (!(metaColumns as readonly string[]).includes(name))
      throw fail(
        `renames '${name}', which a snapshot does not add`,
        didYouMean(name, [...metaColumns]) ?? `Expected one of ${metaColumns.join(', ')}.`,
      )
  return {
    strategy: config.strategy as SnapshotConfig['strategy'],
    key,
    updatedAt: config.updated_at ? String(config.updated_at) : null,
    checkCols: config.check_cols === 'all' ? 'all' : textsOf(config.check_cols),
    hardDeletes: (config.hard_deletes ??
      (config.invalidate_hard_deletes === true ? 'invalidate' : 'ignore')) as SnapshotConfig['hardDeletes'],
    validToCurrent: config.dbt_valid_to_current ? String(config.dbt_valid_to_current) : null,
    names: Object.fromEntries(metaColumns.map(name => [name, String(renamed[name] ?? name)])) as Record<MetaColumn, string>,
  }
}
