import type { Node, Project } from '../manifest/node.ts'

/**
 * The selected models, seeds and tests in the order of dbt build: each after its parents, a test as soon as its parents are built and
 * before the models that depend on all of them, a unit test just before its model, seeds first, reports last. Ties go by unique id, so that
 * the order of a project is always the same.
 */
export function buildOrder(project: Project, selected: Iterable<string>): Node[] {
  const wanted = new Set(selected)
  const units = new Map<string, Node[]>()
  for (const test of project.unitTests.values()) for (const id of test.dependsOn) units.set(id, [...(units.get(id) ?? []), test])
  return wholeOrder(project)
    .flatMap(node => [...(units.get(node.uniqueId) ?? []), node])
    .concat(...project.reports.values())
    .filter(node => wanted.has(node.uniqueId))
}

/** All ancestors of the given nodes, without themselves; `depth` limits the steps. */
export function ancestors(project: Project, ids: Iterable<string>, depth = Infinity): Set<string> {
  return walk(project.parentMap, ids, depth)
}

/** All descendants of the given nodes, without themselves; `depth` limits the steps. */
export function descendants(project: Project, ids: Iterable<string>, depth = Infinity): Set<string> {
  return walk(project.childMap, ids, depth)
}

/**
 * The nodes to skip when a node failed or was skipped, or a test failed: all descendants, for a test also the models that depend on all of
 * the test's parents, for a unit test its model.
 */
export function blockedBy(project: Project, id: string): Set<string> {
  const guards = guardsOf(project)
  const blocked = new Set(project.unitTests.get(id)?.dependsOn)
  const queue = [id, ...blocked]
  for (let next = queue.pop(); next !== undefined; next = queue.pop())
    for (const child of [...(project.childMap.get(next) ?? []), ...(guards.get(next) ?? [])])
      if (!blocked.has(child)) {
        blocked.add(child)
        queue.push(child)
      }
  blocked.delete(id)
  return blocked
}

/** The first cycle of refs, as unique ids with the first repeated at the end; undefined without cycles. */
export function findCycle(parentMap: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>()
  for (const start of [...parentMap.keys()].sort()) {
    const path: string[] = []
    const onPath = new Set<string>()
    const cycle = visit(start, path, onPath)
    if (cycle) return cycle
  }
  return undefined

  function visit(id: string, path: string[], onPath: Set<string>): string[] | undefined {
    if (done.has(id)) return undefined
    if (onPath.has(id)) return [...path.slice(path.indexOf(id)), id]
    path.push(id)
    onPath.add(id)
    for (const parent of parentMap.get(id) ?? []) {
      const cycle = visit(parent, path, onPath)
      if (cycle) return cycle
    }
    path.pop()
    onPath.delete(id)
    done.add(id)
    return undefined
  }
}

const orders = new WeakMap<Project, Node[]>()
const guardMaps = new WeakMap<Project, Map<string, string[]>>()

// Kahn's algorithm over the whole graph, so that a selection never changes the order.
function wholeOrder(project: Project): Node[] {
  const known = orders.get(project)
  if (known) return known

  const guards = guardsOf(project)
  const waits = new Map<string, number>()
  for (const id of project.nodes.keys()) waits.set(id, 0)
  const after = (id: string): string[] => [...(project.childMap.get(id) ?? []), ...(guards.get(id) ?? [])]
  for (const id of project.nodes.keys()) for (const child of after(id)) if (waits.has(child)) waits.set(child, waits.get(child)! + 1)

  const ready: string[] = []
  for (const [id, count] of waits) if (count === 0) insert(ready, id)
  const ordered: Node[] = []
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    ordered.push(project.nodes.get(id)!)
    for (const child of after(id)) {
      const left = waits.get(child)
      if (left === undefined) continue
      waits.set(child, left - 1)
      if (left === 1) insert(ready, child)
    }
  }
  orders.set(project, ordered)
  return ordered
}

// Seeds first, as a source may be a seed's table. Then tests as soon as they can run, then by unique id. The last element is next to run.
function insert(ready: string[], id: string): void {
  const rank = (one: string): number => (one.startsWith('seed.') ? 0 : one.startsWith('test.') ? 1 : 2)
  const before = (left: string, right: string): boolean => {
    const difference = rank(left) - rank(right)
    return difference === 0 ? left < right : difference < 0
  }
  let low = 0
  let high = ready.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (before(id, ready[middle]!)) low = middle + 1
    else high = middle
  }
  ready.splice(low, 0, id)
}

// The models that wait for each test: those that depend on all of its parents; the nearest ones are enough.
function guardsOf(project: Project): Map<string, string[]> {
  const known = guardMaps.get(project)
  if (known) return known

  const guards = new Map<string, string[]>()
  const below = new Map<string, Set<string>>()
  for (const test of project.nodes.values()) {
    if (test.resourceType !== 'test') continue
    const parents = project.parentMap.get(test.uniqueId) ?? []
    if (parents.length === 0) continue
    const first = parents[0]!
    if (parents.length === 1) {
      guards.set(test.uniqueId, (project.childMap.get(first) ?? []).filter(isBuilt))
      continue
    }
    const common = [...belowOf(first)].filter(id => isBuilt(id) && parents.every(parent => belowOf(parent).has(id)))
    guards.set(test.uniqueId, common)
  }
  guardMaps.set(project, guards)
  return guards

  function belowOf(id: string): Set<string> {
    let set = below.get(id)
    if (!set) {
      set = descendants(project, [id])
      below.set(id, set)
    }
    return set
  }

  function isBuilt(id: string): boolean {
    return project.nodes.has(id) && !id.startsWith('test.')
  }
}

function walk(edges: Map<string, string[]>, ids: Iterable<string>, depth: number): Set<string> {
  const start = new Set(ids)
  const found = new Set<string>()
  let edge = [...start]
  for (let step = 0; step < depth && edge.length > 0; step++) {
    const next: string[] = []
    for (const id of edge)
      for (const neighbour of edges.get(id) ?? [])
        if (!found.has(neighbour)) {
          found.add(neighbour)
          next.push(neighbour)
        }
    edge = next
  }
  for (const id of start) found.delete(id)
  return found
}
