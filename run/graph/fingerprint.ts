import { sha256 } from '../base/hash.ts'
import type { Node, Project } from '../manifest/node.ts'
import { meaningOf } from './meaning.ts'

/**
 * sha256 in hex per model and seed: over what its source says (a comment says nothing), its config, names, all vars, the environment variables it names, the target,
 * all macros and the fingerprints of what it depends on (a seed: its file's content), so that an edit changes exactly the fingerprints of what it can affect.
 */
export function fingerprints(project: Project): Map<string, string> {
  const found = new Map<string, string>()
  const world = sha256(
    stable([
      project.vars,
      [...project.packageVars],
      project.target.name,
      environmentIn(project, [...project.macros.values()].map(({ text }) => text).join('\n')),
      [...project.macros.values()]
        .map(({ uniqueId, text }) => [uniqueId, meaningOf(text)])
        .sort(([left], [right]) => (left! < right! ? -1 : 1)),
    ]),
  )
  for (const node of project.nodes.values()) if (node.resourceType !== 'test') of(node)
  return new Map([...found].filter(([id]) => !id.startsWith('source.')))

  function of(node: Node): string {
    const known = found.get(node.uniqueId)
    if (known !== undefined) return known
    const parents = node.dependsOn.map(id => {
      const parent = project.nodes.get(id) ?? project.sources.get(id)
      return parent ? `${id} ${of(parent)}` : id
    })
    const names = [node.uniqueId, node.database, node.schema, node.alias]
    const own =
      node.resourceType === 'source'
        ? [names]
        : [world, names, saidBy(node), environmentIn(project, node.raw), relevant(node), parents.sort()]
    const fingerprint = sha256(stable(own))
    found.set(node.uniqueId, fingerprint)
    return fingerprint
  }
}

// Words about a node, not what becomes of it.
const SILENT = new Set(['docs', 'meta', 'tags', 'persist_docs', 'grants', 'group', 'on_error', 'full_refresh', 'event_time', 'freshness'])

function saidBy({ resourceType, raw, checksum }: Node): string {
  return resourceType === 'model' || resourceType === 'snapshot' ? meaningOf(raw) : checksum
}

function relevant(node: Node): unknown {
  return Object.fromEntries(Object.entries(node.config).filter(([key]) => !SILENT.has(key)))
}

// Values of the environment that a text asks for by name.
function environmentIn(project: Project, text: string): unknown {
  const names = [...text.matchAll(/env_var\(\s*['"](\w+)['"]/g)].map(([, name]) => name as string)
  return [...new Set(names)].sort().map(name => [name, project.env[name] ?? null])
}

// JSON with its keys in order.
function stable(value: unknown): string {
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner === 'bigint') return String(inner)
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
  })
}
