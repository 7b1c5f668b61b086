import { fromJs, type Value } from '../jinja/values.ts'
import type { Group, Node, Project } from '../manifest/node.ts'
import { nodeDict } from './node-dict.ts'

/** `graph` of templates: the project's nodes and sources by unique id, as in dbt's flat graph. */
export function graphOf(project: Project): Value {
  let graph = graphs.get(project)
  if (!graph) {
    const dicts = (nodes: Iterable<Node>): Value => new Map([...nodes].map(node => [node.uniqueId, nodeDict(node)]))
    const none = ['functions', 'metrics', 'semantic_models', 'saved_queries']
    graph = new Map<Value, Value>([
      ['nodes', dicts(project.nodes.values())],
      ['sources', dicts(project.sources.values())],
      ['exposures', dicts(project.exposures.values())],
      ['groups', fromJs(Object.fromEntries([...project.groups].map(([id, group]) => [id, groupFields(group)])))],
      ...none.map((name): [Value, Value] => [name, new Map()]),
    ])
    graphs.set(project, graph)
  }
  return graph
}

/** A group, for templates and manifest.json. */
export function groupFields({ uniqueId, name, packageName, path, owner, description, meta }: Group) {
  return {
    unique_id: uniqueId,
    resource_type: 'group',
    name,
    package_name: packageName,
    original_file_path: path,
    owner: { email: null, name: null, ...owner },
    description,
    config: { meta },
  }
}

const graphs = new WeakMap<Project, Value>()
