import { basename } from 'node:path'
import { ProjectError } from '../base/errors.ts'
import { fnmatch, globMatch } from '../base/glob.ts'
import { compareVersions } from '../manifest/find-node.ts'
import { exposureId, type Node, type Project } from '../manifest/node.ts'
import type { Previous, Selectable } from './selection.ts'
import { stateCheck } from './state-selection.ts'

/** One term of a selection, `method.argument:value`, with its project. */
export interface Question {
  project: Project
  value: string
  argument: string[]
  previous: Previous
}

/** The selector methods: each gives a predicate of nodes. dbt's methods for node types that this runner lacks match nothing. */
export const METHODS: Record<string, (question: Question) => (node: Selectable) => boolean> = {
  fqn:
    ({ value }) =>
    node =>
      node.resourceType !== 'source' &&
      node.resourceType !== 'exposure' &&
      [node.fqn, node.fqn.slice(1)].some(fqn => fqnMatches(fqn, value, 'version' in node && node.version !== undefined)),
  tag:
    ({ value }) =>
    node =>
      node.tags.some(tag => fnmatch(tag, value)),
  group:
    ({ value }) =>
    node =>
      node.config.group !== undefined && fnmatch(String(node.config.group), value),
  access:
    ({ value }) =>
    node =>
      node.resourceType === 'model' && value === (node.config.access ?? 'protected'),
  source: ({ value }) => sourceMatches(value),
  path:
    ({ value }) =>
    node =>
      pathsOf(node).some(path => globMatch(path, value)),
  file:
    ({ value }) =>
    node =>
      fnmatch(basename(node.path), value) || fnmatch(basename(node.path).replace(/\.[^.]*$/, ''), value),
  package:
    ({ value, project }) =>
    node =>
      fnmatch(node.packageName, value === 'this' ? project.name : value),
  config:
    ({ value, argument }) =>
    node =>
      node.resourceType !== 'unit_test' && configMatches(node, argument, value),
  test_name:
    ({ value }) =>
    node =>
      node.resourceType === 'unit_test'
        ? fnmatch(node.name, value)
        : node.resourceType === 'test' && node.test?.generic !== undefined && fnmatch(node.test.generic, value),
  test_type: ({ value }) => testTypeMatches(value),
  resource_type: ({ value }) => resourceTypeMatches(value),
  state: ({ value, project, previous }) => stateCheck(project, value, previous.manifest),
  exposure: ({ value }) => named('exposure', value),
  report: ({ value }) => named('report', value),
  metric: () => none,
  result: ({ value, previous }) => {
    const ids = new Set(
      resultsOf(previous.runResults, 'run_results.json', 'result')
        .filter(({ status }) => status === value)
        .map(idOf),
    )
    return node => ids.has(exposureId(node.uniqueId))
  },
  source_status: ({ value, previous }) => fresher(value, previous),
  version: ({ value, project }) => {
    if (!['latest', 'prerelease', 'old', 'none'].includes(value))
      throw new ProjectError(`Invalid version type selector ${value}: expected one of: "latest", "prerelease", "old", or "none"`)
    const latest = new Map(
      [...project.nodes.values()].filter(node => node.isLatest).map(node => [`${node.packageName}.${node.name}`, node.version!]),
    )
    return node => {
      if (node.resourceType !== 'model') return false
      const { version } = node as Node
      if (version === undefined) return value === 'none'
      const order = compareVersions(version, latest.get(`${node.packageName}.${node.name}`) ?? version)
      return value === (order === 0 ? 'latest' : order < 0 ? 'old' : 'prerelease')
    }
  },
  semantic_model: () => none,
  saved_query: () => none,
  unit_test: ({ value }) => {
    return named('unit_test', value)
  },
  // Resolved before nodes are matched: see select.ts.
  selector: () => none,
}

const none = (): boolean => false

// Matches a name, or `package.name`.
function named(type: Node['resourceType'], value: string): (node: Selectable) => boolean {
  const parts = value.split('.')
  if (parts.length > 2) throw new ProjectError(`Invalid ${type} selector value "${value}": give name or project.name`)
  return node =>
    node.resourceType === type && fnmatch(node.name, parts.at(-1)!) && (parts.length === 1 || fnmatch(node.packageName, parts[0]!))
}

// Matches the name alone, for a version also m.v2 and m_v2, or the parts from the left; from the first wildcard on the rest is one pattern.
function fqnMatches(fqn: string[], value: string, isVersion: boolean): boolean {
  const name = fqn.at(isVersion ? -2 : -1) ?? ''
  if (name === value) return true
  if (isVersion && fqn.slice(-2).join('_') === value.split('.').slice(-2).join('_')) return true
  const flat = fqn.flatMap(part => part.split('.'))
  const wanted = value.split('.')
  if (flat.length < wanted.length) return false
  for (const [index, part] of wanted.entries()) {
    if (/[*?[\]]/.test(part)) {
      const isName = wanted.length === 1 && fnmatch(name, value)
      return isName || fnmatch(flat.slice(index).join('.'), wanted.slice(index).join('.'))
    }
    if (flat[index] !== part) return false
  }
  return true
}

function sourceMatches(value: string): (node: Selectable) => boolean {
  const parts = value.split('.')
  if (parts.length > 3)
    throw new ProjectError(`Invalid source selector value "${value}": give source, source.table or project.source.table`)
  const [pack, source, table] = parts.length === 1 ? ['*', parts[0]!, '*'] : parts.length === 2 ? ['*', ...parts] : parts
  return node =>
    node.resourceType === 'source' &&
    fnmatch(node.packageName, pack!) &&
    fnmatch(node.sourceName ?? '', source!) &&
    fnmatch(node.name, table!)
}

function pathsOf(node: Selectable): string[] {
  const parts = node.path.split('/')
  const paths = parts.map((_, index) => parts.slice(0, index + 1).join('/'))
  if (node.resourceType !== 'unit_test' && node.patch) paths.push(node.patch.file)
  return paths
}

function configMatches(node: Node, path: string[], value: string): boolean {
  const config: Record<string, unknown> = { tags: node.tags, meta: node.meta, ...node.config }
  let found: unknown = config
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return false
    found = (found as Record<string, unknown>)[key]
  }
  const fold = path.length === 1 && path[0] === 'severity'
  const same = (item: unknown): boolean => {
    if (typeof item === 'boolean') return value.toLowerCase() === String(item)
    return fold ? String(item).toUpperCase() === value.toUpperCase() : item === value
  }
  return Array.isArray(found) ? found.some(same) : same(found)
}

function testTypeMatches(value: string): (node: Selectable) => boolean {
  if (!['generic', 'schema', 'singular', 'data', 'unit'].includes(value))
    throw new ProjectError(`Invalid test type selector ${value}: expected "generic", "singular", "unit", or "data"`)
  return node => {
    if (node.resourceType === 'unit_test') return value === 'unit'
    if (node.resourceType !== 'test' || value === 'unit') return false
    const generic = node.test?.generic !== undefined
    return value === 'data' || (value === 'singular' ? !generic : generic)
  }
}

const RESOURCE_TYPES =
  'model analysis test snapshot operation seed rpc sql_operation doc source macro exposure metric group saved_query semantic_model unit_test fixture function report'

function resourceTypeMatches(value: string): (node: Selectable) => boolean {
  if (!RESOURCE_TYPES.split(' ').includes(value)) throw new ProjectError(`Invalid resource_type selector "${value}"`)
  return node => node.resourceType === value
}

interface Result {
  unique_id?: string
  status?: string
  max_loaded_at?: string
}

const idOf = (result: Result): string => String(result.unique_id)

function resultsOf(artifact: unknown, file: string, method: string): Result[] {
  const results = (artifact as { results?: unknown } | undefined)?.results
  if (!Array.isArray(results))
    throw new ProjectError(`The ${method} method needs the ${file} of an earlier run`, { hint: 'Name its folder with --state.' })
  return results as Result[]
}

// Matches sources whose newest row is newer than before, or that were not measured before.
function fresher(value: string, previous: Previous): (node: Selectable) => boolean {
  const before = new Map(resultsOf(previous.sources, 'sources.json', 'source_status').map(result => [idOf(result), result.max_loaded_at]))
  const now = resultsOf(previous.currentSources, 'sources.json', 'source_status')
  const ids = new Set(
    now
      .filter(result => result.max_loaded_at !== undefined)
      .filter(result => Date.parse(result.max_loaded_at!) > Date.parse(before.get(idOf(result)) ?? '0000-01-01T00:00:00Z'))
      .map(idOf),
  )
  return node => value === 'fresher' && ids.has(node.uniqueId)
}
