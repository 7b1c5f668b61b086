import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { isOwnError } from '../base/errors.ts'
import { findRelation } from '../database/catalogue.ts'
import type { Session } from '../database/driver.ts'
import { isRepeatable } from '../database/errors.ts'
import { qualified, typeNames } from '../database/relations.ts'
import { underSavepoint } from '../database/savepoint.ts'
import type { Node, Project } from '../manifest/node.ts'
import { quote } from '../manifest/relation.ts'
import { snapshotConfig } from '../manifest/snapshot-config.ts'
import { readCsv } from '../parse/csv.ts'
import { readBy } from '../parse/unit-tests.ts'
import { compileNode, type RunContext } from '../template/compile.ts'
import { oneQuery } from '../template/single-query.ts'
import { joinCtes, piecesOf } from '../template/spliced-sql.ts'

/** A column with its type as PostgreSQL writes it. */
export interface TypedColumn {
  name: string
  type: string
}

/** The columns of nodes by their definition, whether or not their relation exists. */
export interface UnitColumns {
  /** The columns of a model, seed or source; undefined where unknown. */
  of(node: Node): Promise<TypedColumn[] | undefined>
  /** The columns of a query. */
  describe(query: string): Promise<TypedColumn[]>
}

/**
 * Finds the columns of the inputs of unit tests. A seed has those of its file; a source, or a table that a migration created, those in the
 * database; a model or snapshot those that PostgreSQL finds for its query over empty parents. Where that fails, takes the columns of the
 * existing relation, else the data_types of the YAML. Looks each node up only once.
 */
export function unitColumns(session: Session, project: Project, context: RunContext): UnitColumns {
  const known = new Map<string, Promise<TypedColumn[] | undefined>>()
  const types = new Map<number, string>()
  return { of, describe }

  function of(node: Node): Promise<TypedColumn[] | undefined> {
    let columns = known.get(node.uniqueId)
    if (!columns) {
      columns = find(node)
      known.set(node.uniqueId, columns)
    }
    return columns
  }

  async function find(node: Node): Promise<TypedColumn[] | undefined> {
    if (node.resourceType === 'seed') return seedColumns(project, node)
    if (node.resourceType === 'source' || node.config.migrated === true) return (await existing(node)) ?? declared(node)
    return (await described(node)) ?? (await existing(node)) ?? declared(node)
  }

  async function described(node: Node): Promise<TypedColumn[] | undefined> {
    try {
      const names = new Map<string, string>()
      for (const id of readBy(project, node)) {
        const parent = project.nodes.get(id) ?? project.sources.get(id)!
        const columns = parent.config.materialized === 'ephemeral' ? undefined : await of(parent)
        if (columns) names.set(id, emptySelect(columns))
      }
      const used = new Set<Node>()
      const standIn = (parent: Node): string | undefined => {
        if (!names.has(parent.uniqueId)) return undefined
        used.add(parent)
        return standInName(parent)
      }
      const { extra: _, ...own } = context
      const compiled = oneQuery(node, await compileNode(project, node, { ...own, isIncremental: () => false, lastBuilt: () => 0, standIn }))
      const ctes = [...used].map(parent => ({
        name: standInName(parent),
        cte: piecesOf([{ text: names.get(parent.uniqueId)!, place: node.place }]),
      }))
      return await describe(kept(node, (ctes.length === 0 ? compiled : joinCtes(compiled, ctes)).text))
    } catch (error) {
      if (!isOwnError(error) || isRepeatable(error)) throw error
      return undefined
    }
  }

  async function describe(query: string): Promise<TypedColumn[]> {
    const { columns } = await underSavepoint(session, 'describing', async () => session.unsafe(query).describe())
    const oids = [...new Set(columns.map(column => column.type))].filter(oid => !types.has(oid))
    for (const [i, name] of (await typeNames(session, oids)).entries()) types.set(oids[i]!, name)
    return columns.map(column => ({ name: String(column.name), type: types.get(column.type) ?? 'text' }))
  }

  async function existing(node: Node): Promise<TypedColumn[] | undefined> {
    return (await findRelation(session, qualified(node.schema, node.alias)))?.columns.map(({ name, type }) => ({ name, type }))
  }
}

/** The quoted name of the CTE that replaces a node in a unit test. */
export function standInName(node: Node): string {
  return quote(node.resourceType === 'source' ? `__dbt__cte__${node.sourceName}__${node.name}` : `__dbt__cte__${node.name}`)
}

// The query of a snapshot, with the columns that the snapshot adds to it.
function kept(node: Node, query: string): string {
  if (node.resourceType !== 'snapshot') return query
  const { names, updatedAt, hardDeletes } = snapshotConfig(node)
  const time = updatedAt ?? 'null::timestamp'
  const added = [
    `null::text as ${quote(names.dbt_scd_id)}`,
    ...[names.dbt_updated_at, names.dbt_valid_from, names.dbt_valid_to].map(name => `${time} as ${quote(name)}`),
    ...(hardDeletes === 'new_record' ? [`null::text as ${quote(names.dbt_is_deleted)}`] : []),
  ]
  return `select dbt_snapshot.*, ${added.join(', ')} from (\n${query}\n) as dbt_snapshot`
}

async function seedColumns(project: Project, node: Node): Promise<TypedColumn[]> {
  const { column_types: columnTypes, quote_columns: quoteColumns, delimiter } = node.config as Record<string, never>
  const text = await readFile(path.join(project.dir, node.path), 'utf8')
  return readCsv(text, node.path, { columnTypes: columnTypes ?? {}, quoteColumns, delimiter: delimiter ?? ',' }).columns
}

function declared(node: Node): TypedColumn[] | undefined {
  const columns = node.columns.flatMap(({ name, dataType }) => (dataType === undefined ? [] : [{ name, type: dataType }]))
  return columns.length === node.columns.length && columns.length > 0 ? columns : undefined
}

/** A SELECT of these columns without rows. */
export function emptySelect(columns: TypedColumn[]): string {
  return `select ${columns.map(({ name, type }) => `null::${type} as ${quote(name)}`).join(', ')} where false`
}
