import type { Problem, ProjectError } from '../base/errors.ts'
import type { Yaml } from '../base/yaml.ts'
import type { Flags, Target } from '../manifest/node.ts'
import type { SourceFile } from './folder-reader.ts'
import type { Properties } from './properties.ts'
import type { Settings } from './settings.ts'

/** What the command line and the environment give to a project. */
export interface LoadOptions {
  /** --vars: over those of dbt_project.yml. */
  vars?: Record<string, unknown>
  target?: Partial<Target>
  flags?: Partial<Flags>
  /** Files that stand in for seeds of the project, by the names of the seeds; absolute. */
  seedFiles?: Map<string, string>
  /** Folders that may hold such files, for who asks whether anything has changed. */
  seedFolders?: string[]
  /** What env_var() reads; process.env when not given. */
  env?: Record<string, string | undefined>
}

/** A seed's CSV; its content stays on disk. */
export interface SeedFile extends Omit<SourceFile, 'text'> {
  checksum: string
}

/**
 * Files of a project, read but not yet rendered: give them to parseProject. Mistakes so far are in `errors`, for it to throw with its own.
 */
export interface ProjectFiles {
  dir: string
  /** Of an installed package its folder, relative to the project; '' of the project itself. */
  packageDir: string
  /** The installed packages, as projects of their own that share what is the whole run's. */
  packages: ProjectFiles[]
  settings: Settings
  options: LoadOptions
  target: Target
  flags: Flags
  vars: Record<string, unknown>
  /** The vars that nodes of a package see, by its name. */
  packageVars: Map<string, Record<string, unknown>>
  packageVersions: Map<string, string>
  env: Record<string, string | undefined>
  models: SourceFile[]
  seeds: SeedFile[]
  /** SQL files of snapshot-paths. */
  snapshots: SourceFile[]
  singularTests: SourceFile[]
  /** SQL files of analysis-paths. */
  analyses: SourceFile[]
  /** Macros and generic tests of the project. */
  macros: SourceFile[]
  /** The runner's own macros and generic tests, which the project's come before. */
  ownMacros: SourceFile[]
  docs: SourceFile[]
  /** Markdown files of model-paths: some are reports. */
  markdown: SourceFile[]
  /** CSV and SQL of unit tests, in fixtures/ of the test-paths. */
  fixtures: SourceFile[]
  properties: Properties
  /** selectors.yml as read; null where there is none. */
  selectors: Yaml
  /** The path within its folder setting for each properties file. */
  propertyFiles: Map<string, string>
  texts: Map<string, string>
  /** All that were looked through, absolute. */
  folders: string[]
  invocationId: string
  startedAt: Date
  errors: ProjectError[]
  /** What dbt has, we have not, and changes nothing in the database. */
  warnings: Problem[]
}
