import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { createDoubts } from './citus/doubt.ts'
import { checkServer, connect, explainConnection, type Sql } from './database.ts'
import { ProjectError, ProjectErrors } from './errors.ts'
import { connectionLost, isUnreachable, lostConnection } from './failing.ts'
import { found, running } from './frame.ts'
import type { Node, Project, Target } from './node.ts'
import type { Options } from './options.ts'
import { repeating } from './repeat.ts'
import type { Report } from './report.ts'
import type { Previous } from './select.ts'

/** A project as a command works with it. */
export interface Opened {
  project: Project
  /** Absolute path of the folder of artifacts, and the same as it was given. */
  targetPath: string
  targetName: string
  /** Folder of dbt.log. */
  logFolder: string
  /** All that the project was read from, but for the files in its own folder; absolute. */
  folders: string[]
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

/** Reads and parses the project; shows its warnings. Throws ProjectErrors with all mistakes. */
export async function openProject(command: Command): Promise<Opened> {
  const { errors, ...opened } = await openPartly(command)
  if (errors.length > 0) throw new ProjectErrors((await import('./link.ts')).inPlaces(errors))
  return opened
}

/** The same with the mistakes, for who can do with a part of the project. */
export async function openPartly({ name, options, report }: Command): Promise<Opened & { errors: ProjectError[] }> {
  if (!BARE.has(name)) report.event(running(), true)
  // Not before: who finds out by other means that nothing is to do has no use for these.
  const [{ loadProject }, { parsePartly }] = await Promise.all([import('./project.ts'), import('./parse.ts')])
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
  const logFolder = path.resolve(files.dir, options.logPath ?? process.env.DBT_LOG_PATH ?? files.settings.logPath)
  report.logTo(logFolder)
  const { project, errors } = parsePartly(files)
  report.textOf = file => project.textOf(file)
  if (errors.length === 0) for (const warning of project.warnings) report.warn(warning)
  if (!BARE.has(name) && errors.length === 0) report.event(found(project), true)
  if (options.warnError && errors.length === 0 && project.warnings.length > 0) {
    throw new ProjectError(
      `The project has ${project.warnings.length === 1 ? 'a warning' : `${project.warnings.length} warnings`}, and --warn-error is set`,
    )
  }
  const targetName = options.targetPath ?? process.env.DBT_TARGET_PATH ?? files.settings.targetPath
  return { project, errors, targetName, targetPath: path.resolve(project.dir, targetName), logFolder, folders: files.folders }
}

/** Opens a project of which no more is needed than that it is there. */
export async function openFolder({ options, report }: Command): Promise<Pick<Project, 'dir' | 'invocationId' | 'citus'>> {
  const { readProjectFile } = await import('./settings.ts')
  const { dir, settings } = await readProjectFile(options.projectDir)
  report.logTo(path.resolve(dir, options.logPath ?? process.env.DBT_LOG_PATH ?? settings.logPath))
  return { dir, invocationId: randomUUID(), citus: settings.citus }
}

// Commands that are asked for a result, not for work: no frame around it.
const BARE = new Set(['show', 'ls', 'debug', 'errors', 'clean', 'load'])

/** Where a command works: DATABASE_URL, else the target of profiles.yml, else (without a url) the embedded server. */
export async function connectionOf(options: Options): Promise<{ url: string | undefined; target: Partial<Target> }> {
  const { readProfile } = await import('./profile.ts')
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
  const given = databaseUrl() ?? (await connectionOf(command.options)).url
  const server = given ? null : await (await import('./embedded.ts')).startEmbedded(path.resolve(command.options.projectDir))
  const url = given ?? server!.url
  const doubts = createDoubts()
  const sql = connect(url, { application: `deskledger ${command.name}`, onNotice: doubts.onNotice })
  let wasReached = false
  try {
    const { warnings } = await checkServer(sql, url)
    wasReached = true
    for (const message of warnings) command.report.warn({ message })
    const result = await work(sql, url)
    doubts.check()
    return result
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
  const { buildOrder } = await import('./order.ts')
  const nodes = buildOrder(project, ids).filter(node => types.includes(node.resourceType) && hasType(options, node))
  if (nodes.length === 0) report.warn({ message: 'Nothing to do: the selection matches no enabled node.' })
  const hasDefault = [...project.selectors.values()].some(({ isDefault }) => isDefault)
  const isWhole =
    !options.select && !options.exclude && !options.selector && !hasDefault && !options.resourceType && !options.excludeResourceType
  return { nodes, isWhole }
}

/** Unique ids of all that --select and --exclude pick, sources too. */
export async function selectedIds(
  { options, report }: Pick<Command, 'options' | 'report'>,
  project: Project,
  targetPath: string,
): Promise<Set<string>> {
  const previous = await previousOf(options, targetPath, project)
  const { selectNodes } = await import('./select.ts')
  return selectNodes(project, {
    ...(options.select ? { select: options.select } : {}),
    ...(options.exclude ? { exclude: options.exclude } : {}),
    ...(options.selector ? { selector: options.selector } : {}),
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
async function previousOf({ state, select, exclude }: Options, targetPath: string, { selectors }: Project): Promise<Previous | undefined> {
  const isAsked = [...(select ?? []), ...(exclude ?? [])].some(term => /(^|[+@,])\d*(state|result|source_status):/.test(term))
  const isDefined = /"(term":"[@+\d]*)(state|result|source_status)[.:]/.test(JSON.stringify([...selectors.values()]))
  if (!state && !isAsked && !isDefined) return undefined
  const folder = state ? path.resolve(state) : targetPath
  if (state && !existsSync(folder)) throw new ProjectError(`--state names ${state}, but there is no such folder`)
  const read = async (name: string, from = folder): Promise<unknown> => {
    const text = await readFile(path.join(from, name), 'utf8').catch(() => undefined)
    return text === undefined ? undefined : JSON.parse(text)
  }
  const [manifest, runResults] = [await read('manifest.json'), await read('run_results.json')]
  return { manifest, runResults, sources: await read('sources.json'), currentSources: await read('sources.json', targetPath) }
}
