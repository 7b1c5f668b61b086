import { type Place, type Problem, ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import { readShape, type Shapes } from '../base/validate.ts'
import { isYamlMap, placeOf, placeOfValue, type Yaml, type YamlMap } from '../base/yaml.ts'
import type { Definition, IndirectSelection, Selector } from '../manifest/selector.ts'
import type { RenderYaml } from './config.ts'

/** Reads selectors.yml, whose Jinja `render` renders. Mistakes go to `errors` with their places. */
export function readSelectors(data: Yaml, render: RenderYaml, errors: ProjectError[], warnings: Problem[] = []): Map<string, Selector> {
  const file = 'selectors.yml'
  const selectors = new Map<string, Selector>()
  if (data === null) return selectors
  if (!isYamlMap(data)) {
    errors.push(new ProjectError('selectors.yml must be a mapping with a list of selectors', { place: { file, line: 1, column: 1 } }))
    return selectors
  }
  const definitionOf = definitionReader(selectors, { errors, warnings })
  const top = readShape(data, 'selectors.yml', { selectors: 'maps', version: 'any' }, errors)
  for (const map of (top.selectors ?? []) as YamlMap[]) {
    const read = readShape(map, 'a selector', SELECTOR, errors)
    const place = placeOfValue(map, 'name') ?? placeOf(map) ?? { file }
    const name = typeof read.name === 'string' ? read.name : ''
    const other = selectors.get(name)
    if (name === '') errors.push(new ProjectError('A selector needs a name', { place }))
    else if (other) errors.push(new ProjectError(`Two selectors are called '${name}', the first at ${file}:${other.place.line}`, { place }))
    else if (read.definition === undefined) errors.push(new ProjectError(`The selector '${name}' has no definition`, { place }))
    else {
      const definition = definitionOf(render(read.definition, () => placeOfValue(map, 'definition')) as Yaml, place)
      if (!definition) continue
      const isDefault = render(read.default ?? false, () => placeOfValue(map, 'default')) === true
      selectors.set(name, { name, description: String(read.description ?? ''), isDefault, definition, written: read.definition, place })
    }
  }
  const [first, second] = [...selectors.values()].filter(({ isDefault }) => isDefault)
  if (first && second)
    errors.push(new ProjectError(`Both '${first.name}' and '${second.name}' are the default selector`, { place: second.place }))
  return selectors
}

type Reader = (value: Yaml, place: Place) => Definition | undefined
interface Found {
  errors: ProjectError[]
  warnings: Problem[]
}

// Reads definitions, which may use earlier selectors. Gives undefined for a mistake, which goes to `errors`.
function definitionReader(selectors: Map<string, Selector>, { errors, warnings }: Found): Reader {
  return definitionOf

  function definitionOf(value: Yaml, place: Place): Definition | undefined {
    if (typeof value === 'string') return { kind: 'term', term: value, exclude: [] }
    if (!isYamlMap(value))
      return fail('A definition must be a text such as tag:nightly, a method with its value, a union or an intersection', place)
    const here = placeOf(value) ?? place
    for (const kind of ['union', 'intersection'] as const) if (Object.hasOwn(value, kind)) return groupOf(value, kind, here)
    if (Object.hasOwn(value, 'method')) return criterionOf(value, here)
    const [pair, ...more] = Object.entries(value)
    if (!pair || more.length > 0 || typeof pair[1] === 'object')
      return fail('A definition must have a method and a value, or one of union and intersection', here)
    return { kind: 'term', term: `${pair[0]}:${pair[1]}`, exclude: [] }
  }

  function groupOf(value: YamlMap, kind: 'union' | 'intersection', place: Place): Definition | undefined {
    const read = readShape(value, `a definition with '${kind}'`, { [kind]: 'list' }, errors)
    const parts: Definition[] = []
    const exclude: Definition[] = []
    for (const item of (read[kind] ?? []) as Yaml[]) {
      if (isYamlMap(item) && Object.hasOwn(item, 'exclude') && !Object.hasOwn(item, 'method')) {
        if (exclude.length > 0) fail(`'${kind}' has two 'exclude': only one is allowed per level`, placeOf(item) ?? place)
        exclude.push(...listOf(item, placeOf(item) ?? place))
      } else {
        const part = definitionOf(item, place)
        if (part) parts.push(part)
      }
    }
    return { kind, parts, exclude }
  }

  function criterionOf(value: YamlMap, place: Place): Definition | undefined {
    const read = readShape(value, 'a criterion', CRITERION, errors, warnings)
    const { method, value: wanted } = read
    if (wanted === undefined) return fail(`The method '${String(method)}' needs a value`, place)
    const exclude = listOf(read, place)
    if (method === 'selector') {
      const name = String(wanted)
      if (selectors.has(name)) return { kind: 'selector', name, exclude }
      const hint = didYouMean(name, selectors.keys()) ?? 'A selector can only refer to a selector defined above it.'
      return fail(`There is no selector '${name}'`, placeOfValue(value, 'value') ?? place, hint)
    }
    const depth = (key: 'parents' | 'children') => (read[key] === true ? `${read[`${key}_depth`] ?? ''}` : undefined)
    const [parents, children] = [depth('parents'), depth('children')]
    const [at, before, after] = [
      read.childrens_parents === true ? '@' : '',
      parents === undefined ? '' : `${parents}+`,
      children === undefined ? '' : `+${children}`,
    ]
    const indirect = read.indirect_selection
    if (indirect !== undefined && !INDIRECT.includes(String(indirect)))
      return fail(
        `indirect_selection must be one of ${INDIRECT.join(', ')}, not '${String(indirect)}'`,
        placeOfValue(value, 'indirect_selection') ?? place,
      )
    return {
      kind: 'term',
      term: `${at}${before}${String(method)}:${String(wanted)}${after}`,
      ...(indirect === undefined ? {} : { indirectSelection: indirect as IndirectSelection }),
      exclude,
    }
  }

  function listOf(value: YamlMap, place: Place): Definition[] {
    const list = value.exclude
    if (list === undefined) return []
    if (!Array.isArray(list)) {
      fail("'exclude' must be a list", placeOfValue(value, 'exclude') ?? place)
      return []
    }
    return list.map(item => definitionOf(item, place)).filter(part => part !== undefined)
  }

  function fail(message: string, place: Place, hint?: string): undefined {
    errors.push(new ProjectError(message, { place, hint }))
  }
}

/** The definition of a named selector; throws an error that lists the existing ones. */
export function selectorOf(selectors: Map<string, Selector>, name: string): Selector {
  const found = selectors.get(name)
  if (found) return found
  const names = [...selectors.keys()]
  const known = names.length > 0 ? `selectors.yml has ${names.join(', ')}.` : 'Write it in selectors.yml, beside dbt_project.yml.'
  throw new ProjectError(`There is no selector '${name}'`, { hint: didYouMean(name, names) ?? known })
}

const SELECTOR: Shapes = { name: 'text', description: 'text', definition: 'any', default: 'flag' }
const CRITERION: Shapes = {
  method: 'text',
  value: 'text',
  parents: 'flag',
  parents_depth: 'any',
  children: 'flag',
  children_depth: 'any',
  childrens_parents: 'flag',
  indirect_selection: 'text',
  exclude: 'list',
}
const INDIRECT = ['eager', 'cautious', 'buildable', 'empty']
