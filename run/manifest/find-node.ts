import type { Node, Project } from './node.ts'

type Nodes = Pick<Project, 'name' | 'nodes' | 'disabled' | 'sources'>

/**
 * The model, seed or snapshot that ref() names in a node of a package. Looks in the package that ref() gives, else in the project, then in
 * the node's own package, then in all others. For a model with versions gives the requested one, else the latest. `isDisabled` looks among
 * disabled nodes.
 */
export function findRelationNode(
  project: Nodes,
  from: string,
  name: string,
  pack?: string,
  { isDisabled = false, version }: { isDisabled?: boolean; version?: string | undefined } = {},
): Node | undefined {
  const nodes = isDisabled ? project.disabled : project.nodes
  const fits = (node: Node): boolean => (version === undefined ? node.isLatest !== false : node.version === version)
  const named = (): Node[] => (byName(nodes).get(name) ?? []).filter(node => REFERABLE.includes(node.resourceType) && fits(node))
  for (const where of pack === undefined ? [project.name, from] : [pack]) {
    for (const type of REFERABLE) {
      const found = nodes.get(`${type}.${where}.${name}`)
      if (found && version === undefined) return found
    }
    // The id of a versioned model ends with the version.
    const versioned = named().find(({ packageName }) => packageName === where)
    if (versioned) return versioned
  }
  return pack === undefined ? named()[0] : undefined
}

/** The table that source() names in a node of a package, looked for in the same order. */
export function findSourceNode(project: Nodes, from: string, source: string, table: string, isDisabled = false): Node | undefined {
  const nodes = isDisabled ? project.disabled : project.sources
  for (const where of [project.name, from]) {
    const found = nodes.get(`source.${where}.${source}.${table}`)
    if (found) return found
  }
  return byName(nodes)
    .get(table)
    ?.find(node => node.resourceType === 'source' && node.sourceName === source)
}

/** Compares two versions of a model, numbers by value: below, at or above 0, for `sort`. */
export function compareVersions(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true })
}

const REFERABLE = ['model', 'seed', 'snapshot']
const indexes = new WeakMap<object, { size: number; names: Map<string, Node[]> }>()

function byName(nodes: Map<string, Node>): Map<string, Node[]> {
  const known = indexes.get(nodes)
  if (known?.size === nodes.size) return known.names
  const names = new Map<string, Node[]>()
  for (const node of nodes.values()) names.set(node.name, [...(names.get(node.name) ?? []), node])
  indexes.set(nodes, { size: nodes.size, names })
  return names
}
