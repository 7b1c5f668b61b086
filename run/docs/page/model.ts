import type { PageData } from '../pagedata.ts'
import type { DocsField, DocsMacro, DocsNode, DocsTest, DocsUnitTest } from '../shape.ts'

/** Everything that the page shows, read once from the document. */
export const data: PageData = JSON.parse(document.getElementById('data')?.textContent ?? '{}')

/** Sources, seeds, models and snapshots, in the order of the way of data. */
export const nodes: DocsNode[] = [...data.sources, ...data.nodes]

/** Nodes and sources by unique id. */
export const nodeById = new Map(nodes.map(node => [node.uniqueId, node]))

/** Data tests by unique id. */
export const testById = new Map<string, DocsTest>(data.tests.map(test => [test.uniqueId, test]))

/** Unit tests by unique id. */
export const unitTestById = new Map<string, DocsUnitTest>(data.unitTests.map(test => [test.uniqueId, test]))

/** Macros by unique id. */
export const macroById = new Map<string, DocsMacro>(data.macros.map(macro => [macro.uniqueId, macro]))

/** Fields of column lineage that belong to a column, as indexes into lineage.fields. */
export const fieldsOf: (node: string, column: string) => number[] = (() => {
  const found = new Map<string, number[]>()
  data.lineage.fields.forEach((field, index) => {
    const key = keyOf(field.node, field.column)
    const list = found.get(key)
    if (list) list.push(index)
    else found.set(key, [index])
  })
  return (node: string, column: string) => found.get(keyOf(node, column)) ?? []
})()

/** `raw.agents`: how a node is called where its schema matters. */
export function fullName(node: DocsNode): string {
  return `${node.resourceType === 'source' ? (node.sourceName ?? node.schema) : node.schema}.${node.name}`
}

/** `record › contact.email` of a field. */
export function fieldName({ column, label }: DocsField): string {
  return label ? `${columnName(column)} › ${label}` : columnName(column)
}

/** A column as people call it: `*` of column lineage is the rows of the table. */
export function columnName(column: string): string {
  return column === '*' ? 'rows' : column
}

/** `core.agents` of an id, also of a table that no node describes (`relation:schema.name`). */
export function nameOf(id: string): string {
  const node = nodeById.get(id)
  return node ? fullName(node) : id.replace(/^relation:/, '')
}

/** `model`, `seed`, `source`, `view`, `table`: what a node is, in a word. */
export function kindOf(node: DocsNode): string {
  return node.resourceType === 'model' ? (node.materialized ?? 'model') : node.resourceType
}

function keyOf(node: string, column: string): string {
  return `${node}\n${column}`
}
