import type { Value } from '../jinja/values.ts'
import type { Node, Project } from '../manifest/node.ts'
import { nodeDict } from './node-dict.ts'

/** `graph` of templates: the nodes and sources of the project by unique id, as dbt's flat graph has them. */
export function graphOf(project: Project): Value {
  let graph = graphs.get(project)
  if (!graph) {
    const dicts = (nodes: Iterable<Node>): Value => new Map([...nodes].map(node => [node.uniqueId, nodeDict(node)]))
    const none = ['functions', 'groups', 'metrics', 'semantic_models', 'saved_queries']
    graph = new Map<Value, Value>([
      ['nodes', dicts(project.nodes.values())],
      ['sources', dicts(project.sources.values())],
      ['exposures', dicts(project.exposures.values())],
      ...none.map((name): [Value, Value] => [name, new Map()]),
    ])
    graphs.set(project, graph)
  }
  return graph
}

const graphs = new WeakMap<Project, Value>()
