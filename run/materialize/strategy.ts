import { ProjectError } from '../base/errors.ts'
import { textsOf } from '../base/texts.ts'
import type { Existing } from '../database/catalogue.ts'
import { strategyName } from '../manifest/incremental-strategy.ts'
import { quote } from '../manifest/relation.ts'
import { type Piece, piecesOf } from '../template/spliced-sql.ts'
import type { Work } from './context.ts'

/** How the rows of an incremental model go in. `insert` is another word for append. */
export type StrategyName = 'mirror' | 'merge' | 'append' | 'delete+insert' | 'insert'

const names: StrategyName[] = ['mirror', 'merge', 'append', 'delete+insert', 'insert']

/** The model's incremental_strategy; by default delete+insert with a unique_key, append without. Throws for an unknown one. */
export function strategyOf({ node: { config, place } }: Work): StrategyName {
  const given = strategyName(config)
  const name = names.find(known => known === given)
  if (!name) throw new ProjectError(`Unknown incremental_strategy '${given}': expected one of ${names.join(', ')}`, { place })
  return name
}

/** The columns that a merge updates in existing rows: not the key, and as merge_update_columns or merge_exclude_columns say. */
export function updatedColumns<Column extends { name: string }>({ node }: Work, columns: Column[], key: string[]): Column[] {
  const { merge_update_columns: only, merge_exclude_columns: except } = node.config
  const others = columns.filter(({ name }) => !key.includes(name))
  if (only && except && others.length > 0) {
    throw new ProjectError('merge_update_columns and merge_exclude_columns cannot be combined: keep one of them', { place: node.place })
  }
  const listed = (value: unknown) => (Array.isArray(value) ? value : [value]).map(name => quote(String(name)))
  if (only) return others.filter(({ name }) => listed(only).includes(name))
  return except ? others.filter(({ name }) => !listed(except).includes(name)) : others
}

/**
 * The SQL conditions of incremental_by and incremental_predicates (or predicates, dbt's older name); none when the whole table is built.
 */
export function predicatesOf({ node, incremental }: Work): string[] {
  if (!incremental) return []
  const { incremental_by: by, incremental_predicates: predicates, predicates: older } = node.config
  return [by, predicates ?? older].flatMap(value => textsOf(value || null))
}

/**
 * Limits the query of an increment to the rows of the config incremental_by: the model describes the whole table, and PostgreSQL pushes the
 * condition down. Throws where the strategy would not limit the table in the same way.
 */
export function limitedByConfig(work: Work): Work {
  const { node, query } = work
  const conditions = textsOf(node.config.incremental_by || null)
  if (conditions.length === 0) return work
  if (strategyOf(work) !== 'mirror')
    throw new ProjectError(`incremental_by needs incremental_strategy 'mirror', but this is '${strategyOf(work)}'`, {
      place: node.place,
      hint: 'For another strategy write the condition in the query, within {% if is_incremental() %}.',
    })
  if (!work.incremental) return work
  const { place } = node
  const pieces: Piece[] = [
    { text: 'select *\nfrom (\n\n', place },
    { rendered: query, from: 0, to: query.text.length },
    { text: `\n\n) as whole\nwhere ${conditions.map(condition => `(${condition})`).join('\n    and ')}`, place },
  ]
  return { ...work, query: piecesOf(pieces) }
}

/** The query's result without columns that the table lacks: without on_schema_change dbt leaves them out, too. */
export function restrict<Incoming extends { columns: Existing }>(incoming: Incoming, existing: Existing, { node }: Work): Incoming {
  if (node.config.migrated) return incoming
  const known = new Set(existing.columns.map(column => column.name))
  return { ...incoming, columns: { ...incoming.columns, columns: incoming.columns.columns.filter(({ name }) => known.has(name)) } }
}
