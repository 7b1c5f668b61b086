import { findRelation } from '../database/catalogue.ts'
import type { Sql } from '../database/driver.ts'
import { qualified } from '../database/relations.ts'
import { descriptionOf } from '../graph/inherited-descriptions.ts'
import type { Node, Project } from '../manifest/node.ts'
import { literal, quote } from '../manifest/relation.ts'

/**
 * Applies persist_docs: writes descriptions of the YAML as comments on the relation and its columns, where they differ; with `inherit` also
 * the descriptions of columns of the same name in the node's parents. Gives the described columns that do not exist.
 */
export async function persistDocs(sql: Sql, project: Project, node: Node): Promise<string[]> {
  const { relation = false, columns = false, inherit = false } = (node.config.persist_docs ?? {}) as Record<string, boolean>
  if (!relation && !columns) return []
  const name = qualified(node.schema, node.alias)
  const existing = await findRelation(sql, name)
  if (!existing) return []
  const comments: string[] = []
  const description = node.description.trim()
  if (relation && description && existing.comment !== description)
    comments.push(`comment on ${existing.kind} ${name} is ${literal(description)}`)
  const described = new Map(columns ? node.columns.map(column => [column.name, column.description.trim()]) : [])
  for (const { name: column, comment } of columns ? existing.columns : []) {
    const text = inherit ? descriptionOf(project, node, column) : described.get(column)
    if (text && comment !== text) comments.push(`comment on column ${name}.${quote(column)} is ${literal(text)}`)
  }
  // In one message: a first build has some 2,000 of them.
  if (comments.length > 0) await sql.unsafe(comments.join(';\n'))
  const known = new Set(existing.columns.map(column => column.name))
  return [...described.keys()].filter(column => !known.has(column))
}
