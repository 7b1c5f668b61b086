import { measure, thresholdOf } from '../check/source-freshness.ts'
import type { Sql } from '../database/driver.ts'
import { qualified } from '../database/relations.ts'
import type { Node, Project } from '../manifest/node.ts'
import { quote } from '../manifest/relation.ts'
import type { RunContext } from '../template/compile.ts'
import type { Catalog, CatalogRelation } from './datacatalog.ts'
import { identifierOf, isShown } from './datanodes.ts'
import { optional } from './dataoptional.ts'
import { type IsPersonal, MASK } from './personal.ts'
import type { DocsNode, DocsSample } from './shape.ts'

const ROWS = 5
const CHARACTERS = 160
/** Limit in milliseconds for a view, which computes its rows, and for all views together: beyond it there is no sample. */
const VIEW_MS = 300
const ALL_VIEWS_MS = 6_000

/**
 * The first rows of models, seeds and snapshots, by unique id; values are text, and personal ones are masked. For a connection inside a
 * transaction, which can go on.
 */
export async function samplesOf(sql: Sql, project: Project, catalog: Catalog, isHidden: IsPersonal): Promise<Map<string, DocsSample>> {
  const samples = new Map<string, DocsSample>()
  const nodes = [...project.nodes.values()].filter(isShown)
  let left = ALL_VIEWS_MS
  for (const node of nodes) {
    const relation = catalog.relations.get(`${node.schema}.${identifierOf(node)}`)
    if (!relation || relation.columns.length === 0 || (!relation.isTable && left <= 0)) continue
    const began = performance.now()
    const rows = await firstRows(sql, relation)
    if (!relation.isTable) left -= performance.now() - began
    if (rows)
      samples.set(node.uniqueId, {
        columns: relation.columns.map(column => column.name),
        rows: rows.map(row => maskedRow(node, relation, row, isHidden)),
      })
  }
  return samples
}

async function firstRows(sql: Sql, relation: CatalogRelation): Promise<(string | null)[][] | null> {
  const { schema, name, columns, primaryKey, isTable } = relation
  const order = primaryKey.length > 0 ? ` order by ${primaryKey.map(quote).join(', ')}` : ''
  const texts = columns.map(column => `left(${quote(column.name)}::text, ${CHARACTERS + 1})`)
  await sql`savepoint docs_sample`
  try {
    if (!isTable) await sql.unsafe(`set local statement_timeout = ${VIEW_MS}`)
    const rows = await sql.unsafe(`select ${texts.join(', ')} from ${qualified(schema, name)}${order} limit ${ROWS}`).values()
    return rows.map(row => (row as (string | null)[]).map(cut))
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('08')) throw error
    return null
  } finally {
    // Also restores the timeout.
    await sql`rollback to savepoint docs_sample`
    await sql`release savepoint docs_sample`
  }
}

function cut(value: string | null): string | null {
  return value !== null && value.length > CHARACTERS ? `${value.slice(0, CHARACTERS)}…` : value
}

/** Whether a type cannot contain text: a number of addresses is not personal. */
export function isCounted(type: string): boolean {
  return COUNTED.test(type)
}

const COUNTED = /^(smallint|integer|bigint|numeric|real|double precision|boolean|date|time|interval)/

function maskedRow({ uniqueId }: Node, { columns }: CatalogRelation, row: (string | null)[], isHidden: IsPersonal): (string | null)[] {
  return row.map((value, at) => (value !== null && !isCounted(columns[at]!.type) && isHidden(uniqueId, columns[at]!.name) ? MASK : value))
}

/** The freshness of sources with thresholds, by unique id; without those that cannot be queried. */
export async function freshnessOf(sql: Sql, project: Project, context: RunContext): Promise<Map<string, DocsNode['freshness']>> {
  const found = new Map<string, DocsNode['freshness']>()
  for (const node of project.sources.values()) {
    if (!thresholdOf(node)) continue
    const result = await optional(sql, () => measure(project, node, context))
    if (!result?.measured || result.status === 'runtime error') continue
    found.set(node.uniqueId, { newestAt: result.measured.maxLoadedAt, status: result.status })
  }
  return found
}
