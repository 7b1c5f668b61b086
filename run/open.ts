import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { checkServer, connect, explainConnection, type Sql } from './database.ts'
import { startEmbedded } from './embedded.ts'
import { ProjectError } from './errors.ts'
import { connectionLost, isUnreachable, lostConnection } from './failing.ts'
import type { Node, Project, Target } from './node.ts'
import type { Options } from './options.ts'
import { buildOrder } from './order.ts'
import { parseProject } from './parse.ts'
import { readProfile } from './profile.ts'
import { loadProject } from './project.ts'
import { repeating } from './repeat.ts'
import type { Report } from './report.ts'
import { type Previous, selectNodes } from './select.ts'

/** A project as a command works with it. */
export interface Opened {
  project: Project
  /** Absolute path of the folder of artifacts, and the same as it was given. */
  targetPath: string
  targetName: string
}

/** What every command gets. */
export interface Command {
  /** The word that the user typed. */
  name: string
  options: Options
  report: Report
  /** Ctrl-C. */
  signal: AbortSignal
}

/** Reads and parses the project; shows its warnings. */
export async function openProject({ name, options, report }: Command): Promise<Opened> {
  const { url, target } = await connectionOf(options)
  const files = await loadProject(options.projectDir, {
    ...(options.vars ? { vars: options.vars } : {}),
    target: { ...targetOf(url), ...target },
    flags: {
      which: name,
      fullRefresh: options.fullRefresh ?? false,
      storeFailures: options.storeFailures ?? false,
      acceptShrink: options.acceptShrink ?? false,
    },
  })
  report.textOf = file => files.texts.get(file)
  const project = parseProject(files)
  report.textOf = file => project.textOf(file)
  for (const warning of project.warnings) report.warn(warning)
  if (options.warnError && project.warnings.length > 0) {
    throw new ProjectError(
      `The project has ${project.warnings.length === 1 ? 'a warning' : `${project.warnings.length} warnings`}, and --warn-error is set`,
    )
  }
  const targetName = options.targetPath ?? process.env.DBT_TARGET_PATH ?? files.settings.targetPath
  return { project, targetName, targetPath: path.resolve(project.dir, targetName) }
}

/** Where a command works: DATABASE_URL, else the target of profiles.yml, else (without a url) the embedded server. */
export async function connectionOf(options: Options): Promise<{ url: string | undefined; target: Partial<Target> }> {
  const profile = await readProfile(options)
  const schema = process.env.DBT_SCHEMA
  const target = { ...profile?.target, ...(schema ? { schema } : {}) }
  return { url: databaseUrl() ?? profile?.url(), target }
}

/**
 * Runs work on the database: DATABASE_URL, or the embedded server, which is stopped after unless somebody holds it.
 * When the connection is lost, or for another reason that passes, the work is done again from its start.
 */
export async function withDatabase<T>(command: Command, work: (sql: Sql, url: string) => Promise<T>): Promise<T> {
  // With --no-atomic a part of the work is done already.
  return repeating(() => once(command, work), { ...command, ...(command.options.atomic === false ? { pauses: [] } : {}) })
}

async function once<T>(command: Command, work: (sql: Sql, url: string) => Promise<T>): Promise<T> {
  const { url: given } = await connectionOf(command.options)
  const server = given ? null : await startEmbedded(path.resolve(command.options.projectDir))
  const url = given ?? server!.url
  const sql = connect(url, { application: `deskledger ${command.name}` })
  let wasReached = false
  try {
    const { warnings } = await checkServer(sql, url)
    wasReached = true
    for (const message of warnings) command.report.warn({ message })
    return await work(sql, url)
  } catch (error) {
    if (command.signal.aborted) throw error
    const gone = wasReached && isUnreachable(error) ? connectionLost((error as Error).message) : undefined
    const explained = lostConnection(error) ?? gone ?? explainConnection(error, url)
    throw explained && explained !== error ? Object.assign(explained, { cause: error }) : error
  } finally {
    await sql.end({ timeout: 1 }).catch(() => {})
    await server?.close()
  }
}

/** The nodes that the command line selects, of the given resource types, in the order of the build. */
export async function selected(
  { options, report }: Command,
  { project, targetPath }: Opened,
  types: Node['resourceType'][],
): Promise<{ nodes: Node[]; isWhole: boolean }> {
  const ids = await selectedIds({ options, report }, project, targetPath)
  const nodes = buildOrder(project, ids).filter(node => types.includes(node.resourceType) && hasType(options, node))
  if (nodes.length === 0) report.warn({ message: 'Nothing to do: the selection matches no enabled node.' })
  const isWhole = !options.select && !options.exclude && !options.resourceType && !options.excludeResourceType
  return { nodes, isWhole }
}

/** Unique ids of all that --select and --exclude pick, sources too. */
export async function selectedIds(
  { options, report }: Pick<Command, 'options' | 'report'>,
  project: Project,
  targetPath: string,
): Promise<Set<string>> {
  const previous = await previousOf(options, targetPath)
  return selectNodes(project, {
    ...(options.select ? { select: options.select } : {}),
    ...(options.exclude ? { exclude: options.exclude } : {}),
    ...(options.indirectSelection ? { indirectSelection: options.indirectSelection } : {}),
    ...(previous ? { previous } : {}),
    warn: message => report.warn({ message }),
  })
}

/** Whether --resource-type and its opposite let a node through. */
export function hasType({ resourceType, excludeResourceType }: Options, node: Node): boolean {
  if (resourceType && !resourceType.includes('all') && !resourceType.includes(node.resourceType)) return false
  return !excludeResourceType?.includes(node.resourceType)
}

/** DATABASE_URL when it is set. */
export function databaseUrl(): string | undefined {
  return process.env.DATABASE_URL || undefined
}

// Relation names are printed with the database in them, so it is known before anything connects.
function targetOf(url: string | undefined): Partial<Target> {
  if (!url || !URL.canParse(url)) return { host: '127.0.0.1', user: 'deskledger', database: 'deskledger' }
  const { hostname: host, port, username, pathname } = new URL(url)
  const user = decodeURIComponent(username) || process.env.PGUSER || 'postgres'
  const database = decodeURIComponent(pathname.slice(1)) || user
  return { host, port: Number(port || 5432), user, database }
}

// state: and result: compare with an earlier run.
async function previousOf({ state, select, exclude }: Options, targetPath: string): Promise<Previous | undefined> {
  const isAsked = [...(select ?? []), ...(exclude ?? [])].some(term => /(^|[+@,])\d*(state|result|source_status):/.test(term))
  if (!state && !isAsked) return undefined
  const folder = state ? path.resolve(state) : targetPath
  if (state && !existsSync(folder)) throw new ProjectError(`--state names ${state}, but there is no such folder`)
  const read = async (name: string, from = folder): Promise<unknown> => {
    const text = await readFile(path.join(from, name), 'utf8').catch(() => undefined)
    return text === undefined ? undefined : JSON.parse(text)
  }
  const [manifest, runResults] = [await read('manifest.json'), await read('run_results.json')]
  return { manifest, runResults, sources: await read('sources.json'), currentSources: await read('sources.json', targetPath) }
}
