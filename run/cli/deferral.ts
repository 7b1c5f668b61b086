import path from 'node:path'
import { ProjectError } from '../base/errors.ts'
import type { Sql } from '../database/driver.ts'
import { listRelations } from '../database/relations.ts'
import type { Node, Project } from '../manifest/node.ts'
import type { Command } from './command.ts'
import type { Options } from './options.ts'
import { readArtifact } from './previous-artifacts.ts'

/** A project some of whose nodes are read from where an earlier run left them. */
export interface Deferral {
  project: Project
  /** The unique ids of these nodes. */
  deferred: ReadonlySet<string>
}

/**
 * What --defer makes of a project: nodes that a command does not select and that this database lacks (with --favor-state: all that it does
 * not select) have the relation that the manifest.json of the state names. Without --defer the project as it is.
 */
export async function deferralOf({ options, report }: Command, project: Project, selected: Node[], sql: Sql): Promise<Deferral> {
  if (!isAsked(options.defer, 'DBT_DEFER')) return { project, deferred: new Set() }
  const there = await previousNodes(options)
  const existing = new Set((await listRelations(sql)).map(({ schema, name }) => `${schema}.${name}`))
  const own = new Set(selected.map(({ uniqueId }) => uniqueId))
  const favorsState = isAsked(options.favorState, 'DBT_FAVOR_STATE')
  const nodes = new Map(project.nodes)
  const deferred = new Set<string>()
  for (const node of project.nodes.values()) {
    const other = there[node.uniqueId]
    if (!other?.relation_name || own.has(node.uniqueId) || node.relationName === null || node.resourceType === 'test') continue
    if (!favorsState && existing.has(`${node.schema}.${node.alias}`)) continue
    deferred.add(node.uniqueId)
    const { database, schema, alias, relation_name: relationName } = other
    nodes.set(node.uniqueId, { ...node, database, schema, alias, relationName })
  }
  if (deferred.size > 0) report.note(`Deferring: ${deferred.size} ${deferred.size === 1 ? 'node is' : 'nodes are'} read from the state`)
  return { project: { ...project, nodes }, deferred }
}

/** A node in the manifest of the state, as far as it matters here. */
interface PreviousNode {
  database: string
  schema: string
  alias: string
  /** Null for ephemeral models. */
  relation_name: string | null
}

async function previousNodes(options: Options): Promise<Record<string, PreviousNode>> {
  const folder = options.deferState ?? (process.env.DBT_DEFER_STATE || undefined) ?? options.state ?? (process.env.DBT_STATE || undefined)
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

// An option, or else dbt's environment variable for it.
function isAsked(option: boolean | undefined, variable: string): boolean {
  return option ?? /^(1|true|t|yes|y|on)$/i.test(process.env[variable] ?? '')
}
