import { type Box, type Placed, place, widthOf } from './layout.ts'
import type { DocsData, DocsNode } from './shape.ts'

/** The data embedded in the page, with the placed graph of the project: placing a large one would take the browser long. */
export interface PageData extends DocsData {
  placed: Placed
}

/** Adds the placed graph of the project to the data. */
export function pageDataOf(data: DocsData): PageData {
  return { ...data, placed: placeProject([...data.sources, ...data.nodes]) }
}

/** The graph of many nodes. Omits the link to a parent that the node also reads through another table. */
export function placeProject(nodes: DocsNode[]): Placed {
  return place(nodes.map(nodeBox), shortestLinks(nodes))
}

/** The box of a node in a graph. */
export function nodeBox(node: DocsNode): Box {
  return { id: node.uniqueId, width: Math.max(110, widthOf(labelOf(node)) + 34), height: 30 }
}

/** The label of a node's box: with its schema, as several tables may have one name. */
export function labelOf({ resourceType, sourceName, schema, name }: DocsNode): string {
  return `${(resourceType === 'source' && sourceName) || schema}.${name}`
}

function shortestLinks(nodes: DocsNode[]): [from: string, to: string][] {
  const parents = new Map(nodes.map(node => [node.uniqueId, node.dependsOn]))
  const above = new Map<string, Set<string>>()
  const ancestors = (id: string): Set<string> => {
    const known = above.get(id)
    if (known) return known
    const found = new Set<string>()
    above.set(id, found)
    for (const parent of parents.get(id) ?? []) {
      found.add(parent)
      for (const one of ancestors(parent)) found.add(one)
    }
    return found
  }
  return nodes.flatMap(({ uniqueId, dependsOn }) =>
    dependsOn
      .filter(parent => !dependsOn.some(other => other !== parent && ancestors(other).has(parent)))
      .map((parent): [string, string] => [parent, uniqueId]),
  )
}
