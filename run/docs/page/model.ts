import type { Report } from '../../reports/shape.ts'
import type { PageData } from '../pagedata.ts'
import type { DocsExposure, DocsField, DocsMacro, DocsNode, DocsTest, DocsUnitTest } from '../shape.ts'
import { fullName, placeIn } from './figures/place.ts'
import { day } from './format.ts'

export { fullName } from './figures/place.ts'

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

/** What lies at one path of several columns of a node (a record and its readable form) is one field: the first of them, by index. */
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

/** A column as people call it: `*` of column lineage is the rows of the table. */
export function columnName(column: string): string {
  return column === '*' ? 'rows' : column
}

/** `core.agents` of an id, also of a table that no node describes (`relation:schema.name`), and of a report. */
export function nameOf(id: string): string {
  const node = nodeById.get(id)
  return node ? fullName(node) : (reportById.get(id)?.title ?? id.replace(/^relation:/, ''))
}

/** What a node is, in a word that a reader knows; the schema says the rest. */
export function kindOf(node: DocsNode): string {
  if (node.resourceType !== 'model') return node.resourceType
  const { materialized } = node
  return materialized === 'view' || materialized === 'ephemeral' ? materialized : 'table'
}

/** Reports by unique id. */
export const reportById = new Map<string, Report>(data.reports.map(report => [report.uniqueId, report]))

/** Reports and exposures that read a node, or a table that is made of it. */
export function shownIn(id: string): { reports: Report[]; exposures: DocsExposure[] } {
  const reads = ({ dependsOn }: { dependsOn: string[] }) => dependsOn.includes(id)
  return { reports: data.reports.filter(reads), exposures: data.exposures.filter(reads) }
}

/** Figures that a column is shown in, by report. */
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

/** The day that a batch stands for; its name where it stands for none. */
export const dayOfBatch: Map<string, string> = new Map(
  (data.quality?.batches ?? []).flatMap(({ batch, date }): [string, string][] => (date ? [[batch, day(date)]] : [])),
)

/** This page, as a place of figures. */
export const place = placeIn(data, false)

function keyOf(node: string, column: string): string {
  return `${node}\n${column}`
}
