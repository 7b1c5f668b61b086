import { fileAndLine } from '../base/codeframe.ts'
import { type Place, ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import { findCycle } from '../graph/order.ts'
import type { Node, Project } from '../manifest/node.ts'
import type { Draft } from './drafts.ts'

/** Fills a project with its nodes and who reads whom; refs to what is missing or disabled, circles and doubles go to `errors`. */
export function link(project: Project, drafts: Draft[], errors: ProjectError[]): void {
  const relations = new Map<string, Node>()
  const sources = new Map<string, Node>()
  for (const { node } of [...drafts].sort((left, right) => (left.node.uniqueId < right.node.uniqueId ? -1 : 1))) {
    if (node.resourceType === 'source') sources.set(`${node.sourceName}.${node.name}`, node)
    else if (node.resourceType !== 'test') relations.set(node.name, node)
    if (node.config.enabled === false) project.disabled.set(node.uniqueId, node)
    else if (node.resourceType === 'source') project.sources.set(node.uniqueId, node)
    else project.nodes.set(node.uniqueId, node)
  }
  for (const draft of drafts) if (draft.node.config.enabled !== false) resolve(draft)

  for (const id of [...project.nodes.keys(), ...project.sources.keys()]) {
    project.parentMap.set(id, [])
    project.childMap.set(id, [])
  }
  for (const node of project.nodes.values())
    for (const parent of node.dependsOn) {
      project.parentMap.get(node.uniqueId)!.push(parent)
      project.childMap.get(parent)?.push(node.uniqueId)
    }
  refuseCircle()
  refuseSharedRelations()

  function resolve({ node, refs, sources: calls }: Draft): void {
    const dependsOn = new Set<string>()
    const seen = new Set<string>()
    for (const { name, pack, site } of refs) {
      const found = relations.get(name)
      if (!seen.has(`${pack}.${name}`)) node.refs.push({ ...(pack === undefined ? {} : { package: pack }), name })
      else if (!found) continue
      seen.add(`${pack}.${name}`)
      if (pack !== undefined && pack !== project.name)
        fail(
          `${title(node)} refers to the package '${pack}', but packages are not supported`,
          site,
          `Write ref('${name}') of a model of this project.`,
        )
      else if (!found) fail(`${title(node)} refers to '${name}', but no model or seed has that name`, site, hintFor(name))
      else if (found.config.enabled === false)
        fail(
          `${title(node)} refers to '${name}', which is disabled: ${fileAndLine(found.patch ?? found.place)}`,
          site,
          'Enable it, or disable what reads it too.',
        )
      else dependsOn.add(found.uniqueId)
    }
    const named = new Set<string>()
    for (const { source, table, site } of calls) {
      const key = `${source}.${table}`
      if (named.has(key)) continue
      named.add(key)
      node.sources.push([source, table])
      const found = sources.get(key)
      if (!found) {
        const tables = [...sources.values()].filter(({ sourceName }) => sourceName === source).map(({ name }) => name)
        const known =
          tables.length > 0
            ? didYouMean(table, tables)
            : didYouMean(
                source,
                [...sources.values()].map(({ sourceName }) => sourceName!),
              )
        const hint =
          known ??
          (tables.length > 0
            ? `The source '${source}' has ${tables.sort().join(', ')}.`
            : `Describe it under sources: in a properties file.`)
        fail(`${title(node)} reads the source '${key}', but no properties file has it`, site, hint)
      } else if (found.config.enabled === false)
        fail(`${title(node)} reads the source '${key}', which is disabled: ${fileAndLine(found.place)}`, site)
      else dependsOn.add(found.uniqueId)
    }
    node.dependsOn = [...dependsOn]
  }

  function hintFor(name: string): string | undefined {
    const source = [...sources.values()].find(candidate => candidate.name === name)
    return didYouMean(name, relations.keys()) ?? (source ? `Of a source: source('${source.sourceName}', '${name}').` : undefined)
  }

  function refuseCircle(): void {
    const circle = findCycle(project.parentMap)
    if (!circle) return
    const nodes = circle.map(id => project.nodes.get(id)!)
    const first = nodes[0]!
    const draft = drafts.find(({ node }) => node === first)
    const site = draft?.refs.find(({ name }) => name === nodes[1]?.name)?.site ?? first.place
    const hint = nodes.length === 2 ? 'A model reads what it had before with {{ this }}.' : 'Take one of the refs away.'
    fail(`Models refer in a circle: ${nodes.map(({ name }) => name).join(' → ')}`, site, hint)
  }

  function refuseSharedRelations(): void {
    const owners = new Map<string, Node>()
    for (const node of project.nodes.values()) {
      if (node.relationName === null || node.resourceType === 'test') continue
      const other = owners.get(node.relationName)
      if (other && other.name !== node.name)
        fail(
          `${node.name} and ${other.name} (${other.path}) are both to become ${node.relationName}`,
          node.place,
          "Give one of them another config 'alias' or 'schema'.",
        )
      else owners.set(node.relationName, node)
    }
  }

  function fail(message: string, place: Place, hint?: string): void {
    errors.push(new ProjectError(message, { place, hint }))
  }
}

/** Errors by file and line, each said once. */
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
  return node.resourceType === 'test' ? `The test ${node.name}` : node.name
}
