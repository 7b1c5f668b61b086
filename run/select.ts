import { ProjectError } from './errors.ts'
import type { Node, Project } from './node.ts'
import { ancestors, descendants } from './order.ts'
import { METHODS, type Selectable } from './selectmethods.ts'

/** Which tests follow the nodes that were picked. */
export type IndirectSelection = 'eager' | 'cautious' | 'buildable' | 'empty'

/** Artifacts of an earlier run as JSON.parse gives them. */
export interface Previous {
  manifest?: unknown
  runResults?: unknown
  sources?: unknown
  /** The newest sources.json, which source_status:fresher holds against `sources`. */
  currentSources?: unknown
}

/** What --select and its companions say. */
export interface Selection {
  /** Values of --select; none selects everything. */
  select?: string[]
  exclude?: string[]
  indirectSelection?: IndirectSelection
  previous?: Previous
  /** Told what dbt only warns of: an unknown method, a criterion that matches nothing. */
  warn?: (message: string) => void
}

/**
 * Unique ids of the enabled nodes, sources and unit tests that a selection picks, by dbt's grammar: `@`, `n+`, `method:`, `+n`, space for
 * union, comma for intersection. Throws ProjectError on a term that cannot be read.
 */
export function selectNodes(project: Project, selection: Selection = {}): Set<string> {
  const { select = [], exclude = [], indirectSelection = 'eager', previous = {}, warn = () => {} } = selection
  const selectable = selectableOf(project)
  const included = union(select.length > 0 ? select : ['fqn:* source:*'], select.length > 0)
  const excluded = union(exclude, true)

  const direct = difference(included.direct, excluded.direct)
  const indirect = difference(joined(included), joined(excluded))
  const selected = incorporate(direct, indirect, true)
  return new Set([...selected].filter(id => !isEmpty(selectable.get(id))).sort())

  function union(values: string[], named: boolean): Picked {
    const terms = values.flatMap(value => value.split(/\s+/)).filter(term => term !== '')
    const parts = terms.map(term => intersection(term, named))
    const direct = new Set(parts.flatMap(part => [...part.direct]))
    const all = new Set(parts.flatMap(part => [...joined(part)]))
    return { direct: incorporate(direct, all), indirect: all }
  }

  function intersection(term: string, named: boolean): Picked {
    const parts = term.split(',').map(criterion)
    const direct = common(parts.map(part => part.direct))
    const all = common(parts.map(joined))
    const selected = incorporate(direct, all)
    if (named && selected.size === 0) warn(`The selection criterion '${term}' does not match any enabled nodes`)
    return { direct: selected, indirect: all }
  }

  function criterion(term: string): Picked {
    const { method, argument, value, childrensParents, parents, children } = readTerm(term)
    const search = Object.hasOwn(METHODS, method) ? METHODS[method]! : undefined
    if (!search) {
      warn(`The '${method}' selector specified in ${term} is invalid. Must be one of [${Object.keys(METHODS).join(', ')}]`)
      return { direct: new Set(), indirect: new Set() }
    }
    const matches = search({ project, value, argument, previous })
    const found = new Set<string>()
    for (const node of selectable.values()) if (matches(node)) found.add(node.uniqueId)

    const selected = new Set(found)
    if (childrensParents) {
      for (const id of descendants(project, found)) selected.add(id)
      for (const id of ancestors(project, selected)) selected.add(id)
    }
    if (parents !== undefined) for (const id of ancestors(project, found, parents)) selected.add(id)
    if (children !== undefined) for (const id of descendants(project, found, children)) selected.add(id)
    return expand(selected)
  }

  // Tests of what was picked come along; those that miss a parent are kept apart, another term may bring it.
  function expand(selected: Set<string>): Picked {
    if (indirectSelection === 'empty') return { direct: selected, indirect: new Set() }
    const direct = new Set(selected)
    const indirect = new Set<string>()
    const reach = indirectSelection === 'buildable' ? withParents(selected) : selected
    for (const id of selected)
      for (const child of project.childMap.get(id) ?? []) {
        if (!isTest(child)) continue
        if (indirectSelection === 'eager' || parentsOf(child).every(parent => reach.has(parent))) direct.add(child)
        else indirect.add(child)
      }
    return { direct, indirect }
  }

  // The last set operation, --exclude, is eager in dbt whatever was asked for: nothing is added after it.
  function incorporate(direct: Set<string>, indirect: Set<string>, last = false): Set<string> {
    if (last || indirectSelection === 'eager' || indirectSelection === 'empty') return direct
    const selected = new Set(direct)
    const reach = indirectSelection === 'buildable' ? withParents(selected) : selected
    for (const id of indirect) if (isTest(id) && parentsOf(id).every(parent => reach.has(parent))) selected.add(id)
    return selected
  }

  function withParents(selected: Set<string>): Set<string> {
    return new Set([...selected, ...ancestors(project, selected), ...project.sources.keys()])
  }

  function isTest(id: string): boolean {
    return project.unitTests.has(id) || project.nodes.get(id)?.resourceType === 'test'
  }

  function parentsOf(id: string): string[] {
    return project.unitTests.get(id)?.dependsOn ?? project.nodes.get(id)?.dependsOn ?? []
  }
}

interface Picked {
  direct: Set<string>
  indirect: Set<string>
}

interface Term {
  method: string
  argument: string[]
  value: string
  childrensParents: boolean
  /** How many steps up, Infinity for all, undefined for none. */
  parents: number | undefined
  children: number | undefined
}

const TERM = /^(@)?((\d*)\+)?(([\w.]+):)?(.*?)(\+(\d*))?$/s

function readTerm(term: string): Term {
  const match = TERM.exec(term)
  if (!match) throw new ProjectError(`The selection '${term}' cannot be read`)
  const [, at, parents, parentsDepth, , method, value = '', children, childrenDepth] = match
  if (at && children) throw new ProjectError(`Invalid node spec ${term}: the prefix '@' and the suffix '+' are incompatible`)
  if (value === '') throw new ProjectError(`The selection '${term}' names nothing`, { hint: 'Write for example --select +agents.' })
  const [name, ...argument] = method === undefined ? [defaultMethod(value)] : method.split('.')
  const depth = (digits: string | undefined): number => (digits ? Number(digits) : Infinity)
  return {
    method: name!,
    argument,
    value,
    childrensParents: at !== undefined,
    parents: parents === undefined ? undefined : depth(parentsDepth),
    children: children === undefined ? undefined : depth(childrenDepth),
  }
}

function defaultMethod(value: string): string {
  if (value.includes('/')) return 'path'
  return /\.(sql|py|csv)$/i.test(value) ? 'file' : 'fqn'
}

function selectableOf(project: Project): Map<string, Selectable> {
  const all = new Map<string, Selectable>()
  for (const node of project.nodes.values()) all.set(node.uniqueId, node)
  for (const source of project.sources.values()) all.set(source.uniqueId, source)
  for (const unit of project.unitTests.values()) all.set(unit.uniqueId, unit)
  return all
}

// A file without SQL is no node to run.
function isEmpty(node: Selectable | undefined): boolean {
  if (node?.resourceType !== 'model' && node?.resourceType !== 'test') return false
  return (node as Node).raw.trim() === ''
}

function joined({ direct, indirect }: Picked): Set<string> {
  return new Set([...direct, ...indirect])
}

function difference(from: Set<string>, minus: Set<string>): Set<string> {
  return new Set([...from].filter(id => !minus.has(id)))
}

function common(sets: Set<string>[]): Set<string> {
  const [first = new Set<string>(), ...rest] = sets
  return new Set([...first].filter(id => rest.every(set => set.has(id))))
}
