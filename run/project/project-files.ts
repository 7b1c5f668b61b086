import type { Problem, ProjectError } from '../base/errors.ts'
import type { Yaml } from '../base/yaml.ts'
import type { Flags, Target } from '../manifest/node.ts'
import type { SourceFile } from './folder-reader.ts'
import type { Properties } from './properties.ts'
import type { Settings } from './settings.ts'

/** What the command line and the environment pass to a project. */
export interface LoadOptions {
  /** --vars: override those of dbt_project.yml. */
  vars?: Record<string, unknown>
  target?: Partial<Target>
  flags?: Partial<Flags>
  /** Files that replace seeds of the project, by the seeds' names; absolute. */
  seedFiles?: Map<string, string>
  /** Folders that may contain such files, to check for changes. */
  seedFolders?: string[]
  /** The variables of env_var(); by default process.env. */
  env?: Record<string, string | undefined>
}

/** A seed's CSV, whose content stays on disk. */
export interface SeedFile extends Omit<SourceFile, 'text'> {
  checksum: string
}

/** Files of a project, read but not yet rendered, for parseProject. Mistakes so far are in `errors`, which it throws with its own. */
export interface ProjectFiles {
  dir: string
  /** For an installed package its folder, relative to the project; '' for the project itself. */
  packageDir: string
  /** The installed packages, as projects that share the data of the whole run. */
  packages: ProjectFiles[]
  settings: Settings
  options: LoadOptions
  target: Target
  flags: Flags
  vars: Record<string, unknown>
  /** The vars of each package's nodes, by package name. */
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
  /** The runner's own macros and generic tests; the project's take precedence. */
  ownMacros: SourceFile[]
  docs: SourceFile[]
  /** Markdown files of model-paths: some are reports. */
  markdown: SourceFile[]
  /** CSV and SQL files of unit tests, in fixtures/ of the test-paths. */
  fixtures: SourceFile[]
  properties: Properties
  /** selectors.yml as read; null without one. */
  selectors: Yaml
  /** The path of each properties file within its folder setting. */
  propertyFiles: Map<string, string>
  texts: Map<string, string>
  /** All searched folders, absolute. */
  folders: string[]
  invocationId: string
  startedAt: Date
  errors: ProjectError[]
  /** Features of dbt that we lack and that change nothing in the database. */
  warnings: Problem[]
}
