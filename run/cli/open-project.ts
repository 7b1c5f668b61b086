import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { ProjectError, ProjectErrors } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Project } from '../manifest/node.ts'
import type { ProjectFiles } from '../project/project-files.ts'
import type { Settings } from '../project/settings.ts'
import { found, running } from '../report/dbt-lines.ts'
import type { Report } from '../report/report.ts'
import type { Command } from './command.ts'
import { connectionOf } from './open-database.ts'

/** A project, as opened by a command. */
export interface Opened {
  project: Project
  /** Absolute path of the folder of artifacts; `targetName` is the path as given. */
  targetPath: string
  settings: Settings
  targetName: string
  /** Folder of dbt.log. */
  logFolder: string
  /** Absolute paths of everything that was read for the project outside of the files in its own folder. */
  folders: string[]
}

/** Reads and parses the project, and reports its warnings. Throws ProjectErrors with all mistakes. */
export async function openProject(command: Command): Promise<Opened> {
  const { errors, ...opened } = await openPartly(command)
  if (errors.length > 0) throw new ProjectErrors((await import('../parse/resolve-refs.ts')).inPlaces(errors))
  return opened
}

/** The same, but gives the mistakes, for commands that can use a part of the project. */
export async function openPartly({ name, options, report, extension }: Command): Promise<Opened & { errors: ProjectError[] }> {
  if (!BARE.has(name)) report.event(running(), true)
  // Imported only here: a command that has nothing to do does not need these modules.
  const [{ loadProject }, { parsePartly }] = await Promise.all([import('../project/files.ts'), import('../parse/parse.ts')])
  const { target } = await connectionOf(options)
  const seeds = extension?.seeds({ options })
  const files = await loadProject(options.projectDir, {
    ...(options.vars ? { vars: options.vars } : {}),
    target,
    ...(seeds ? { seedFiles: seeds.files, seedFolders: [seeds.folder] } : {}),
    flags: {
      which: name,
      fullRefresh: options.fullRefresh ?? false,
      storeFailures: options.storeFailures ?? false,
      own: extension?.flags({ options }) ?? {},
    },
  })
  report.textOf = file => files.texts.get(file)
  const logFolder = path.resolve(files.dir, options.logPath ?? process.env.DBT_LOG_PATH ?? files.settings.logPath)
  report.logTo(logFolder)
  const { project, errors: own } = parsePartly(files)
  const declared = extension?.describe(project) ?? []
  const errors = declared.length > 0 ? declared : own
  report.textOf = file => project.textOf(file)
  if (errors.length === 0) for (const warning of project.warnings) report.warn(warning)
  if (!BARE.has(name) && errors.length === 0) report.event(found(project), true)
  if (seeds && errors.length === 0 && !BARE.has(name)) tellSeeds(seeds.files, files, report)
  if (options.warnError && errors.length === 0 && project.warnings.length > 0) {
    throw new ProjectError(
      `The project has ${project.warnings.length === 1 ? 'a warning' : `${project.warnings.length} warnings`}, and --warn-error is set`,
    )
  }
  const targetName = options.targetPath ?? process.env.DBT_TARGET_PATH ?? files.settings.targetPath
  const targetPath = path.resolve(project.dir, targetName)
  return { project, settings: files.settings, errors, targetName, targetPath, logFolder, folders: files.folders }
}

/** Opens a project for a command that needs only its dbt_project.yml. */
export async function openFolder({ options, report }: Command): Promise<Pick<Project, 'dir' | 'invocationId' | 'citus'>> {
  const { readProjectFile } = await import('../project/settings.ts')
  const { dir, settings } = await readProjectFile(options.projectDir)
  report.logTo(path.resolve(dir, options.logPath ?? process.env.DBT_LOG_PATH ?? settings.logPath))
  report.textOf = file => textIn(dir, file)
  return { dir, invocationId: randomUUID(), citus: settings.citus }
}

function textIn(dir: string, file: string): string | undefined {
  try {
    return readFileSync(path.join(dir, file), 'utf8')
  } catch {
    return undefined
  }
}

// Commands whose output is their result: no frame around it.
const BARE = new Set(['show', 'ls', 'debug', 'errors', 'clean', 'load'])

// Replaced seeds decide figures: reported by each command.
function tellSeeds(given: Map<string, string>, { dir, seeds }: ProjectFiles, report: Report): void {
  const names = seeds.map(({ within }) => path.basename(within, '.csv'))
  for (const [name, file] of given) {
    const shown = path.relative(dir, file)
    if (names.includes(name)) report.event({ name: 'Note', msg: `Seed ${name} is taken from ${shown}` }, false)
    else
      report.warn({
        message: `Unknown seed '${name}': ${shown} is ignored`,
        hint: didYouMean(name, names) ?? `Its seeds are ${names.join(', ')}.`,
      })
  }
}
