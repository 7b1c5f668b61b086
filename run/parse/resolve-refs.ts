import { fileAndLine } from '../base/codeframe.ts'
import { type Place, ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import { findCycle } from '../graph/order.ts'
import { findRelationNode, findSourceNode } from '../manifest/find-node.ts'
import type { Exposure, Node, Project, ReportNode } from '../manifest/node.ts'
import { accessError } from './access.ts'
import type { Draft } from './drafts.ts'

/** The context of resolving: the project so far, its drafts, and the files of each node's package. */
interface Resolving {
  project: Project
  drafts: Draft[]
  filesOf: Map<string, Draft['files']>
  errors: ProjectError[]
}

/** Fills a project with its nodes and their dependencies; refs to missing or disabled nodes, cycles and duplicates go to `errors`. */
export function link(project: Project, drafts: Draft[], errors: ProjectError[]): void {
  sortIntoMaps(project, drafts)
  const resolving = { project, drafts, filesOf: new Map(drafts.map(({ node, files }) => [node.uniqueId, files])), errors }
  for (const draft of drafts) if (draft.node.config.enabled !== false) resolve(draft, resolving)
  fillGraph(project)
  refuseCircle(resolving)
  refuseSharedRelations(resolving)
}

function resolve({ node, refs, sources }: Draft, resolving: Resolving): void {
  const found = [...resolveRefs(node, refs, resolving), ...resolveSources(node, sources, resolving)]
  node.dependsOn = [...new Set(found.map(({ uniqueId }) => uniqueId))]
}

function resolveRefs(node: Node, refs: Draft['refs'], resolving: Resolving): Node[] {
  const { project, filesOf, errors } = resolving
  const seen = new Set<string>()
  const resolved: Node[] = []
  for (const ref of refs) {
    const { name, pack, site, version } = ref
    const find = (options: Parameters<typeof findRelationNode>[4]) => findRelationNode(project, node.packageName, name, pack, options)
    const found = find({ version })
    const other = found || version === undefined ? undefined : find({})
    if (other) {
      const hint = other.version === undefined ? `'${name}' has no versions.` : `Its latest version is ${other.version}.`
      fail(errors, `${title(node)} refers to version ${version} of '${name}', which does not exist`, site, hint)
      continue
    }
    const disabled = found ? undefined : find({ version, isDisabled: true })
    if (!seen.has(`${pack}.${name}`)) node.refs.push({ ...(pack === undefined ? {} : { package: pack }), name })
    else if (!found && !disabled) continue
    seen.add(`${pack}.${name}`)
    if (!found) {
      refuseRef(node, ref, disabled, resolving)
      continue
    }
    resolved.push(found)
    const denied = accessError(node, found, project, filesOf.get(found.uniqueId)!)
    if (denied) fail(errors, denied, site, 'Give both the same group, or the other model another access.')
  }
  return resolved
}

/** The error for a ref() that finds nothing that is enabled. */
function refuseRef(node: Node, { name, pack, site }: Draft['refs'][number], disabled: Node | undefined, resolving: Resolving): void {
  const { project, errors } = resolving
  if (disabled)
    fail(
      errors,
      `${title(node)} refers to '${name}', which is disabled: ${fileAndLine(disabled.patch ?? disabled.place)}`,
      site,
      'Enable it, or disable what reads it too.',
    )
  else if (pack !== undefined && !project.packageVars.has(pack) && pack !== project.name)
    fail(
      errors,
      `${title(node)} refers to the package '${pack}', which is not installed`,
      site,
      'Add it to packages.yml and run: npx tsx run.ts deps',
    )
  else
    fail(
      errors,
      `${title(node)} refers to '${name}', but no model or seed${pack ? ` of '${pack}'` : ''} has that name`,
      site,
      refHint(name, resolving),
    )
}

function resolveSources(node: Node, calls: Draft['sources'], resolving: Resolving): Node[] {
  const { project, errors } = resolving
  const named = new Set<string>()
  const resolved: Node[] = []
  for (const { source, table, site } of calls) {
    const key = `${source}.${table}`
    if (named.has(key)) continue
    named.add(key)
    node.sources.push([source, table])
    const found = findSourceNode(project, node.packageName, source, table)
    const disabled = found ? undefined : findSourceNode(project, node.packageName, source, table, true)
    if (found) resolved.push(found)
    else if (disabled) fail(errors, `${title(node)} reads the source '${key}', which is disabled: ${fileAndLine(disabled.place)}`, site)
    else fail(errors, `${title(node)} reads the source '${key}', but no properties file has it`, site, sourceHint(source, table, resolving))
  }
  return resolved
}

function refHint(name: string, { project, drafts }: Resolving): string | undefined {
  const names = drafts.flatMap(({ node }) => (['source', 'test', 'report', 'exposure'].includes(node.resourceType) ? [] : [node.name]))
  const source = [...project.sources.values()].find(candidate => candidate.name === name)
  return didYouMean(name, names) ?? (source ? `Of a source: source('${source.sourceName}', '${name}').` : undefined)
}

function sourceHint(source: string, table: string, { drafts }: Resolving): string {
  const all = drafts.flatMap(({ node }) => (node.resourceType === 'source' ? [node] : []))
  const tables = all.filter(({ sourceName }) => sourceName === source).map(({ name }) => name)
  const known = tables.length > 0 ? didYouMean(table, tables) : didYouMean(source, new Set(all.map(({ sourceName }) => sourceName!)))
  if (known !== undefined) return known
  return tables.length > 0 ? `The source '${source}' has ${tables.sort().join(', ')}.` : 'Describe it under sources: in a properties file.'
}

function fillGraph(project: Project): void {
  const all = [...project.nodes.values(), ...project.reports.values(), ...project.exposures.values(), ...project.analyses.values()]
  for (const id of [...all.map(({ uniqueId }) => uniqueId), ...project.sources.keys()]) {
    project.parentMap.set(id, [])
    project.childMap.set(id, [])
  }
  for (const node of all)
    for (const parent of node.dependsOn) {
      project.parentMap.get(node.uniqueId)!.push(parent)
      project.childMap.get(parent)?.push(node.uniqueId)
    }
}

function refuseCircle({ project, drafts, errors }: Resolving): void {
  const circle = findCycle(project.parentMap)
  if (!circle) return
  const nodes = circle.map(id => project.nodes.get(id)!)
  const first = nodes[0]!
  const draft = drafts.find(({ node }) => node === first)
  const site = draft?.refs.find(({ name }) => name === nodes[1]?.name)?.site ?? first.place
  const hint = nodes.length === 2 ? 'A model reads its own earlier rows with {{ this }}.' : 'Remove one of the refs.'
  fail(errors, `Circular references between models: ${nodes.map(({ name }) => name).join(' → ')}`, site, hint)
}

function refuseSharedRelations({ project, errors }: Resolving): void {
  const owners = new Map<string, Node>()
  for (const node of project.nodes.values()) {
    if (node.relationName === null || node.resourceType === 'test') continue
    const other = owners.get(node.relationName)
    // Two nodes of one name in a package are already reported.
    const isTold = other?.name === node.name && other.packageName === node.packageName
    if (other && !isTold)
      fail(
        errors,
        `${node.name} and ${other.name} (${other.path}) would both create ${node.relationName}`,
        node.place,
        "Give one of them another config 'alias' or 'schema'.",
      )
    else owners.set(node.relationName, node)
  }
}

function fail(errors: ProjectError[], message: string, place: Place, hint?: string): void {
  errors.push(new ProjectError(message, { place, hint }))
}

/** Errors by file and line, without duplicates. */
export function inPlaces(errors: ProjectError[]): ProjectError[] {
  const seen = new Set<string>()
  return errors
    .filter(({ message, place }) => {
      const key = `${message} ${place?.file}:${place?.line}:${place?.column}`
      return seen.has(key) ? false : seen.add(key)
    })
    .map((error, index) => ({ error, index }))
    .sort((left, right) => {
      const [a, b] = [left.error.place, right.error.place]
      const files = (a?.file ?? '').localeCompare(b?.file ?? '')
      return files || (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0) || left.index - right.index
    })
    .map(({ error }) => error)
}

function title(node: Node): string {
  return ['test', 'report', 'exposure'].includes(node.resourceType) ? `The ${node.resourceType} ${node.name}` : node.name
}

function sortIntoMaps(project: Project, drafts: Draft[]): void {
  for (const { node } of [...drafts].sort((left, right) => (left.node.uniqueId < right.node.uniqueId ? -1 : 1))) {
    if (node.config.enabled === false) project.disabled.set(node.uniqueId, node)
    else if (node.resourceType === 'source') project.sources.set(node.uniqueId, node)
    else if (node.resourceType === 'report') project.reports.set(node.uniqueId, node as ReportNode)
    else if (node.resourceType === 'exposure') project.exposures.set(node.uniqueId, node as Exposure)
    else if (node.resourceType === 'analysis') project.analyses.set(node.uniqueId, node)
    else project.nodes.set(node.uniqueId, node)
  }
}
