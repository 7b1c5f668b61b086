import type { Project } from '../manifest/node.ts'
import type { IndirectSelection } from '../manifest/selector.ts'
import { ancestors } from './order.ts'

/** The nodes picked by a part of a selection, and separately the tests that lack a parent, which another part may add. */
export interface Picked {
  direct: Set<string>
  indirect: Set<string>
}

/** Combines the parts of a selection under dbt's `indirect_selection`: union, intersection and difference. */
export function pickedSets(
  project: Project,
  standard: IndirectSelection,
): {
  /** The directly picked nodes, with their tests. */
  expand(selected: Set<string>, indirectSelection: IndirectSelection): Picked
  together(parts: Picked[]): Picked
  shared(parts: Picked[]): Picked
  without(picked: Picked, excluded: Picked): Picked
} {
  return { expand, together, shared, without }

  function together(parts: Picked[]): Picked {
    const direct = new Set(parts.flatMap(part => [...part.direct]))
    const all = new Set(parts.flatMap(part => [...joined(part)]))
    return { direct: incorporate(direct, all), indirect: all }
  }

  function shared(parts: Picked[]): Picked {
    const direct = common(parts.map(part => part.direct))
    const all = common(parts.map(joined))
    return { direct: incorporate(direct, all), indirect: all }
  }

  function without(picked: Picked, excluded: Picked): Picked {
    return { direct: difference(picked.direct, excluded.direct), indirect: difference(joined(picked), joined(excluded)) }
  }

  function expand(selected: Set<string>, indirectSelection: IndirectSelection): Picked {
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

  function incorporate(direct: Set<string>, indirect: Set<string>): Set<string> {
    if (standard === 'eager' || standard === 'empty') return direct
    const selected = new Set(direct)
    const reach = standard === 'buildable' ? withParents(selected) : selected
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
