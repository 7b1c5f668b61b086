import { type Exposure, exposureId, pathWithin, type ReportNode } from '../manifest/node.ts'
import { exposureFields } from '../template/node-dict.ts'
import { inFolder } from './paths.ts'

/** An exposure in manifest.json. The checksum of a report, which has a file of its own, shows whether it was modified. */
export function exposureEntry(node: Exposure | ReportNode, created: number): object {
  const own =
    node.resourceType === 'report'
      ? { type: 'dashboard', label: node.title, maturity: null, url: null, owner: { name: node.packageName, email: null } }
      : exposureFields(node)
  return {
    name: node.name,
    resource_type: 'exposure',
    package_name: node.packageName,
    path: inFolder(pathWithin(node)),
    original_file_path: pathWithin(node),
    unique_id: exposureId(node.uniqueId),
    fqn: node.fqn,
    ...own,
    description: node.description,
    meta: node.meta,
    tags: node.tags,
    config: { enabled: true, tags: node.tags, meta: node.meta, ...(node.resourceType === 'report' ? { checksum: node.checksum } : {}) },
    unrendered_config: node.unrenderedConfig,
    depends_on: { macros: node.macros, nodes: node.dependsOn },
    refs: node.refs.map(ref => ({ name: ref.name, package: ref.package ?? null, version: null })),
    sources: node.sources,
    metrics: [],
    created_at: created,
  }
}

/** The edges of the graph, with reports as the exposures that they are in artifacts. */
export function asExposures(edges: Map<string, string[]>): object {
  return Object.fromEntries([...edges].map(([id, others]) => [exposureId(id), others.map(exposureId)]))
}
