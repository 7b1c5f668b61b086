import path from 'node:path'
import { ProjectError } from '../base/errors.ts'
import type { Sql } from '../database/driver.ts'
import { listRelations } from '../database/relations.ts'
import type { Node } from '../manifest/node.ts'
import type { Command } from './command.ts'
import type { Opened } from './open-project.ts'
import type { Options } from './options.ts'
import { readArtifact } from './previous-artifacts.ts'

/** A project some of whose nodes are read from where an earlier run left them. */
export interface Deferred extends Opened {
  /** The unique ids of these nodes. */
  deferred: ReadonlySet<string>
}

/**
 * What --defer makes of a project: nodes that a command does not select and that this database lacks (with --favor-state: all that it does
 * not select) have the relation that the manifest.json of the state names. Without --defer the project as it is.
 */
export async function deferredTo({ options, report }: Command, opened: Opened, selected: Node[], sql: Sql): Promise<Deferred> {
  if (!options.defer) return { ...opened, deferred: new Set() }
  const { project } = opened
  const there = await previousNodes(options)
  const existing = new Set((await listRelations(sql)).map(({ schema, name }) => `${schema}.${name}`))
  const own = new Set(selected.map(({ uniqueId }) => uniqueId))
  const nodes = new Map(project.nodes)
  const deferred = new Set<string>()
  for (const node of project.nodes.values()) {
    const other = there[node.uniqueId]
    if (!other?.relation_name || own.has(node.uniqueId) || node.relationName === null || node.resourceType === 'test') continue
    if (!options.favorState && existing.has(`${node.schema}.${node.alias}`)) continue
    deferred.add(node.uniqueId)
    const { database, schema, alias, relation_name: relationName } = other
    nodes.set(node.uniqueId, { ...node, database, schema, alias, relationName })
  }
  if (deferred.size > 0) report.note(`Deferring: ${deferred.size} ${deferred.size === 1 ? 'node is' : 'nodes are'} read from the state`)
  return { ...opened, project: { ...project, nodes }, deferred }
}

/** A node in the manifest of the state, as far as it matters here. */
interface PreviousNode {
  database: string
  schema: string
  alias: string
  /** Null for ephemeral models. */
  relation_name: string | null
}

async function previousNodes(options: Pick<Options, 'state' | 'deferState'>): Promise<Record<string, PreviousNode>> {
  const folder = options.deferState ?? options.state
  if (folder === undefined)
    throw new ProjectError('--defer needs the artifacts of an earlier run', {
      hint: 'Name their folder with --state, or with --defer-state if --state is for the selection.',
    })
  const manifest = (await readArtifact(path.resolve(folder), 'manifest.json', folder)) as
    | { nodes?: Record<string, PreviousNode> }
    | undefined
  if (!manifest?.nodes)
    throw new ProjectError(`There is no manifest.json of a run in ${folder}, which --defer needs`, {
      hint: 'A build, run or compile of the other target writes it into its target folder.',
    })
  return manifest.nodes
}
