import type { Report } from '../../reports/shape.ts'
import type { PageData } from '../pagedata.ts'
import type { DocsExposure, DocsField, DocsMacro, DocsNode, DocsTest, DocsUnitTest } from '../shape.ts'
import { fullName, placeIn } from './figures/place.ts'
import { day } from './format.ts'

export { fullName } from './figures/place.ts'

/** All data of the page, read once from the document. */
export const data: PageData = JSON.parse(document.getElementById('data')?.textContent ?? '{}')

/** Sources, seeds, models and snapshots, in the order of the data flow. */
export const nodes: DocsNode[] = [...data.sources, ...data.nodes]

/** Nodes and sources by unique id. */
export const nodeById = new Map(nodes.map(node => [node.uniqueId, node]))

/** Data tests by unique id. */
export const testById = new Map<string, DocsTest>(data.tests.map(test => [test.uniqueId, test]))

/** Unit tests by unique id. */
export const unitTestById = new Map<string, DocsUnitTest>(data.unitTests.map(test => [test.uniqueId, test]))

/** Macros by unique id. */
export const macroById = new Map<string, DocsMacro>(data.macros.map(macro => [macro.uniqueId, macro]))

/** Fields of column lineage of a column, as indexes into lineage.fields. */
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

/** Fields with one path in several columns of a node (a record and its readable form) count as one: the first, by index. */
export const twinOf: number[] = (() => {
  const first = new Map<string, number>()
  return data.lineage.fields.map(({ node, label }, index) => {
    if (!label) return index
    const key = keyOf(node, label)
    const known = first.get(key)
    if (known === undefined) first.set(key, index)
    return known ?? index
  })
})()

/** `contact.email`, or the column itself. */
export function fieldName({ column, label }: DocsField): string {
  return label || columnName(column)
}

/** The name of a column for readers: `*` of column lineage is the rows of the table. */
export function columnName(column: string): string {
  return column === '*' ? 'rows' : column
}

/** `core.agents` from an id; also for a table without a node (`relation:schema.name`) and for a report. */
export function nameOf(id: string): string {
  const node = nodeById.get(id)
  return node ? fullName(node) : (reportById.get(id)?.title ?? id.replace(/^relation:/, ''))
}

/** The kind of a node in a word that readers know; the schema tells the rest. */
export function kindOf(node: DocsNode): string {
  if (node.resourceType !== 'model') return node.resourceType
  const { materialized } = node
  return materialized === 'view' || materialized === 'ephemeral' ? materialized : 'table'
}

/** Reports by unique id. */
export const reportById = new Map<string, Report>(data.reports.map(report => [report.uniqueId, report]))

/** Reports and exposures that read a node or one of its descendants. */
export function shownIn(id: string): { reports: Report[]; exposures: DocsExposure[] } {
  const reads = ({ dependsOn }: { dependsOn: string[] }) => dependsOn.includes(id)
  return { reports: data.reports.filter(reads), exposures: data.exposures.filter(reads) }
}

/** Figures that show a column, by report. */
export function figuresOf(node: string, column: string): { report: Report; titles: string[] }[] {
  return data.reports.flatMap(report => {
    const titles = report.blocks.flatMap(block => {
      if (block.kind !== 'figure') return []
      const isMade = block.columns.some(({ sources }) => sources.some(source => source.node === node && source.column === column))
      return isMade ? [block.title] : []
    })
    return titles.length > 0 ? [{ report, titles }] : []
  })
}

/** The day of a batch; its name for an undated one. */
export const dayOfBatch: Map<string, string> = new Map(
  (data.quality?.batches ?? []).flatMap(({ batch, date }): [string, string][] => (date ? [[batch, day(date)]] : [])),
)

/** This page, as a place for figures. */
export const place = placeIn(data, false)

function keyOf(node: string, column: string): string {
  return `${node}\n${column}`
}
