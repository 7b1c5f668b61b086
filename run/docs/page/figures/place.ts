import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { DocsErrorType } from '../../quality-shape.ts'
import type { DocsData, DocsNode } from '../../shape.ts'
import { to } from '../route.ts'

/** The place where figures are shown, and its knowledge of their columns. */
export interface Place {
  /** A standalone file without scripts: nothing can be measured or opened. */
  isAlone: boolean
  /** A link to a node, or to the lineage of its column; undefined where the place has no such page. */
  linkOf(node: string, column?: string): string | undefined
  nameOf(node: string): string
  /** The fields of the feed and of seeds that a column originates from: `amount` of `raw.transactions`. */
  originsOf(node: string, column: string): Origin[]
  /** The open errors and warnings of the records that a column depends on. */
  refusedOf(node: string, column: string): Refused | undefined
}

/** A field that values come from. */
export interface Origin {
  node: string
  column: string
  label: string
}

/** Open errors of some entities. */
export interface Refused {
  entities: string[]
  errors: number
  warnings: number
  href: string | undefined
}

type Known = Pick<DocsData, 'nodes' | 'sources' | 'lineage' | 'quality'>

/** The place of a page with these data. */
export function placeIn({ nodes, sources, lineage, quality }: Known, isAlone: boolean): Place {
  const byId = new Map<string, DocsNode>([...sources, ...nodes].map(node => [node.uniqueId, node]))
  const originsOf = (id: string, name: string): Origin[] => {
    const column = byId.get(id)?.columns.find(one => one.name === name)
    const fields = (column?.origins ?? []).flatMap(index => lineage.fields[index] ?? [])
    const found = fields.map(field => ({ node: field.node, column: field.column, label: field.label || field.column }))
    return [...new Map(found.filter(({ label }) => label !== '*').map(one => [`${one.node} ${one.label}`, one])).values()]
  }
  return {
    isAlone,
    linkOf: (node, column) =>
      isAlone || !byId.has(node) ? undefined : to(column === undefined ? ['node', node] : ['column', node, column]),
    nameOf: id => nameIn(byId, id),
    originsOf,
    refusedOf(id, name) {
      const column = byId.get(id)?.columns.find(one => one.name === name)
      const landed = new Set(
        (column?.origins ?? []).map(index => byId.get(lineage.fields[index]?.node ?? '')).filter(node => node?.resourceType === 'source'),
      )
      const names = [...landed].map(node => node!.name)
      const types = (quality?.errorTypes ?? []).filter(type => type.open > 0 && type.entities.some(entity => names.includes(entity)))
      if (types.length === 0) return undefined
      const entities = [...new Set(types.flatMap(type => type.entities))].filter(entity => names.includes(entity)).sort()
      const open = (severity: string) => sum(types.filter(type => type.severity === severity))
      const href = isAlone ? undefined : to(['quality'], entities.length === 1 ? { entity: entities[0] } : {})
      return { entities, errors: open('error'), warnings: open('warning'), href }
    },
  }
}

const NOWHERE: Place = { isAlone: true, linkOf: () => undefined, nameOf: id => id, originsOf: () => [], refusedOf: () => undefined }

/** The place for the components below. */
export const PlaceContext = createContext<Place>(NOWHERE)

/** The place for this component. */
export function usePlace(): Place {
  return useContext(PlaceContext)
}

/** `raw.agents`: the node's name where its schema matters. */
export function fullName(node: DocsNode): string {
  return `${node.resourceType === 'source' ? (node.sourceName ?? node.schema) : node.schema}.${node.name}`
}

function nameIn(byId: Map<string, DocsNode>, id: string): string {
  const node = byId.get(id)
  return node
    ? fullName(node)
    : id
        .replace(/^relation:/, '')
        .split('.')
        .slice(-2)
        .join('.')
}

function sum(types: DocsErrorType[]): number {
  return types.reduce((all, { open }) => all + open, 0)
}
