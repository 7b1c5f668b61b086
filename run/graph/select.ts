import { ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import { type Node, type Project, selectableNodes } from '../manifest/node.ts'
import type { Definition, IndirectSelection, Selector } from '../manifest/selector.ts'
import { selectorOf } from '../project/selectors.ts'
import { type Picked, pickedSets } from './indirect-selection.ts'
import { ancestors, descendants } from './order.ts'
import { METHODS } from './select-methods.ts'
import type { Previous, Selectable } from './selection.ts'

/** --select and its companions. */
export interface Selection {
  /** Values of --select; undefined selects everything. */
  select?: string[]
  exclude?: string[]
  /** A selector of selectors.yml, instead of both. */
  selector?: string
  indirectSelection?: IndirectSelection
  previous?: Previous
  /** Gets the warnings of dbt: an unknown method, a criterion that matches nothing. */
  warn?: (message: string, hint?: string) => void
}

/**
 * Unique ids of the enabled nodes, sources and unit tests that a selection picks, by dbt's grammar: `@`, `n+`, `method:`, `+n`, space for
 * union, comma for intersection. Throws a ProjectError for an invalid term.
 */
export function selectNodes(project: Project, selection: Selection = {}): Set<string> {
  const { select = [], exclude = [], selector, previous = {}, warn = () => {} } = selection
  const standard = selection.indirectSelection ?? 'eager'
  const selectable = new Map<string, Selectable>(selectableNodes(project).map(node => [node.uniqueId, node]))
  const { expand, together, shared, without } = pickedSets(project, standard)
  if (selector !== undefined && (select.length > 0 || exclude.length > 0))
    throw new ProjectError('--selector cannot be combined with --select and --exclude', {
      hint: `Write --select "selector:${selector}" and add the other criteria there.`,
    })
  const isDefault = ({ isDefault: yes }: Selector): boolean => yes
  const named = selector ?? (select.length + exclude.length === 0 ? [...project.selectors.values()].find(isDefault)?.name : undefined)
  const selected = named === undefined ? ofCommandLine() : defined(selectorOf(project.selectors, named).definition).direct
  return new Set([...selected].filter(id => !isEmpty(selectable.get(id))).sort())

  // In dbt the last set operation, --exclude, is always eager: nothing is added after it.
  function ofCommandLine(): Set<string> {
    return without(union(select.length > 0 ? select : ['fqn:* source:* exposure:*'], select.length > 0), union(exclude, true)).direct
  }

  function defined(definition: Definition): Picked {
    const picked = ((): Picked => {
      if (definition.kind === 'selector') return defined(selectorOf(project.selectors, definition.name).definition)
      if (definition.kind === 'term') return intersection(definition.term, true, definition.indirectSelection)
      const parts = definition.parts.map(defined)
      return definition.kind === 'union' ? together(parts) : shared(parts)
    })()
    return definition.exclude.length === 0 ? picked : without(picked, together(definition.exclude.map(defined)))
  }

  function union(values: string[], isNamed: boolean): Picked {
    const terms = values.flatMap(value => value.split(/\s+/)).filter(term => term !== '')
    return together(terms.map(term => intersection(term, isNamed)))
  }

  function intersection(term: string, isNamed: boolean, indirect = standard): Picked {
    const picked = shared(term.split(',').map(part => criterion(part, indirect)))
    if (isNamed && picked.direct.size === 0) {
      const near = term.split(',').flatMap(part => nearestTo(readTerm(part), [...selectable.values()]) ?? [])
      warn(`The selection criterion '${term}' does not match any enabled nodes`, near.join(' ') || undefined)
    }
    return picked
  }

  function criterion(term: string, indirect: IndirectSelection): Picked {
    const { method, argument, value, childrensParents, parents, children } = readTerm(term)
    // The result of a selector already includes tests; operators around it expand it along the graph.
    if (method === 'selector') return around(defined(selectorOf(project.selectors, value).definition))
    const search = Object.hasOwn(METHODS, method) ? METHODS[method]! : undefined
    if (!search) {
      warn(
        `The '${method}' selector specified in ${term} is invalid. Must be one of [${Object.keys(METHODS).join(', ')}]`,
        didYouMean(method, Object.keys(METHODS)),
      )
      return { direct: new Set(), indirect: new Set() }
    }
    const matches = search({ project, value, argument, previous })
    const found = new Set<string>()
    for (const node of selectable.values()) if (matches(node)) found.add(node.uniqueId)

    return expand(walked(found), indirect)

    function around({ direct, indirect: apart }: Picked): Picked {
      return { direct: walked(direct), indirect: apart }
    }

    function walked(start: Set<string>): Set<string> {
      const selected = new Set(start)
      if (childrensParents) {
        for (const id of descendants(project, start)) selected.add(id)
        for (const id of ancestors(project, selected)) selected.add(id)
      }
      if (parents !== undefined) for (const id of ancestors(project, start, parents)) selected.add(id)
      if (children !== undefined) for (const id of descendants(project, start, children)) selected.add(id)
      return selected
    }
  }
}

interface Term {
  method: string
  argument: string[]
  value: string
  childrensParents: boolean
  /** Number of steps up: Infinity for all, undefined for none. */
  parents: number | undefined
  children: number | undefined
}

const TERM = /^(@)?((\d*)\+)?(([\w.]+):)?(.*?)(\+(\d*))?$/s

function readTerm(term: string): Term {
  const match = TERM.exec(term)
  if (!match) throw new ProjectError(`Invalid selection '${term}'`)
  const [, at, parents, parentsDepth, , method, value = '', children, childrenDepth] = match
  if (at && children) throw new ProjectError(`Invalid node spec ${term}: the prefix '@' and the suffix '+' are incompatible`)
  if (value === '') throw new ProjectError(`Empty selection '${term}'`, { hint: 'For example: --select +agents.' })
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

// A suggestion for a misspelt name or tag.
function nearestTo({ method, value }: Term, all: Selectable[]): string | undefined {
  if (method === 'fqn')
    return didYouMean(
      value,
      all.flatMap(({ name, fqn }) => [name, ...fqn]),
    )
  return method === 'tag'
    ? didYouMean(
        value,
        all.flatMap(({ tags }) => tags),
      )
    : undefined
}

// A file without SQL does not run.
function isEmpty(node: Selectable | undefined): boolean {
  if (node?.resourceType !== 'model' && node?.resourceType !== 'test') return false
  return (node as Node).raw.trim() === ''
}
