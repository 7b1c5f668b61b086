import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { type Migrated, readMigrated } from '../lineage/migrated.ts'
import { type Lineage, type Relation, traceProject } from '../lineage/project.ts'
import { loadParser } from '../lineage/tree.ts'
import type { Node, Project } from '../manifest/node.ts'
import { snapshotConfig } from '../manifest/snapshot-config.ts'
import { readCsv } from '../parse/csv.ts'
import { cteName } from '../template/compile.ts'
import type { Catalog } from './datacatalog.ts'
import type { DocsLineage } from './shape.ts'

/**
 * Column lineage of the nodes that compile. The columns of tables come from the database, or before the first build from the migrations,
 * the header of a seed's CSV and the YAML. Includes `figures`.
 */
export async function lineageOf(
  project: Project,
  compiled: ReadonlyMap<string, string>,
  catalog: Catalog | null,
  figures: Relation[] = [],
): Promise<Lineage> {
  await loadParser()
  const migrated = readMigrated(await migrationsOf(project.dir))
  const relations: Relation[] = []
  const taken = new Set<string>()
  for (const node of [...project.nodes.values(), ...project.sources.values()]) {
    if (node.resourceType === 'test') continue
    const relation = await relationOf(project, node, compiled, key => columnsOf(key, catalog, migrated))
    relations.push(relation)
    taken.add(`${relation.schema}.${relation.name}`)
  }
  // Tables without a node, created by a migration or by hand.
  for (const key of new Set([...(catalog?.relations.keys() ?? []), ...migrated.tables.keys()])) {
    const [schema = '', name = ''] = key.split('.')
    if (!taken.has(key)) relations.push({ id: `relation:${key}`, schema, name, columns: columnsOf(key, catalog, migrated) })
  }
  return traceProject([...relations, ...figures], {
    defaultSchema: 'public',
    isPure: (schema, name) => {
      const key = schema === undefined ? name : `${schema}.${name}`
      return catalog?.functions.get(key) ?? migrated.functions.get(key)
    },
  })
}

/** The lineage in the form of the page. */
export function docsLineage({ fields, edges, relations }: Lineage, project: Project): DocsLineage {
  const columns = [...relations]
    .filter(([id]) => project.nodes.get(id) !== undefined && project.nodes.get(id)?.resourceType !== 'seed')
    .flatMap(([, relation]) => relation.columns)
  const notTraced = columns.filter(column => column.notTraced !== null).length
  return {
    fields: fields.map(({ node, column, path: steps, label }) => ({ node, column, path: [...steps], label })),
    edges,
    columns: columns.length,
    traced: columns.length - notTraced,
    notTraced,
  }
}

async function relationOf(
  project: Project,
  node: Node,
  compiled: ReadonlyMap<string, string>,
  known: (key: string) => string[] | null,
): Promise<Relation> {
  const name = node.resourceType === 'source' ? (node.source?.identifier ?? node.alias) : node.alias
  const found = known(`${node.schema}.${name}`)
  const relation: Relation = { id: node.uniqueId, schema: node.schema, name, columns: found }
  if (node.resourceType === 'source')
    return found || node.columns.length === 0 ? relation : { ...relation, columns: node.columns.map(column => column.name) }
  if (node.resourceType === 'seed') return { ...relation, columns: (await headerOf(project, node)) ?? found }
  return {
    ...relation,
    sql: compiled.get(node.uniqueId) ?? null,
    ...(node.relationName === null ? { cte: cteName(node) } : {}),
    ...(node.resourceType === 'snapshot' ? snapshotShape(node) : {}),
  }
}

function columnsOf(key: string, catalog: Catalog | null, { tables }: Migrated): string[] | null {
  return catalog?.relations.get(key)?.columns.map(column => column.name) ?? tables.get(key) ?? null
}

async function migrationsOf(dir: string): Promise<string[]> {
  const folder = path.join(dir, 'migrations')
  const names = await readdir(folder).catch(() => [])
  return Promise.all(
    names
      .filter(name => name.endsWith('.sql') && !name.startsWith('_'))
      .sort()
      .map(name => readFile(path.join(folder, name), 'utf8')),
  )
}

async function headerOf(project: Project, node: Node): Promise<string[] | null> {
  const { delimiter, quote_columns: quoteColumns } = node.config as { delimiter?: string; quote_columns?: boolean }
  try {
    const text = await readFile(path.join(project.dir, node.path), 'utf8')
    const [header = ''] = text.split(/\r\n|\n|\r/)
    const options = { ...(delimiter ? { delimiter } : {}), ...(quoteColumns === undefined ? {} : { quoteColumns }) }
    return readCsv(`${header}\n`, node.path, options).columns.map(column => column.name)
  } catch {
    return null
  }
}

function snapshotShape(node: Node): Pick<Relation, 'snapshot'> {
  try {
    const { key, updatedAt, checkCols, hardDeletes, names } = snapshotConfig(node)
    return {
      snapshot: {
        key,
        updatedAt,
        checked: checkCols === 'all' ? [] : checkCols,
        names: {
          scdId: names.dbt_scd_id,
          updatedAt: names.dbt_updated_at,
          validFrom: names.dbt_valid_from,
          validTo: names.dbt_valid_to,
          ...(hardDeletes === 'new_record' ? { isDeleted: names.dbt_is_deleted } : {}),
        },
      },
    }
  } catch {
    return {}
  }
}
