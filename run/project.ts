import type { Flags, Target } from './node.ts'

/** What the command line and the environment give to a project. */
export interface LoadOptions {
  /** --vars: over those of dbt_project.yml. */
  vars?: Record<string, unknown>
  target?: Partial<Target>
  flags?: Partial<Flags>
  /** What env_var() reads; process.env when not given. */
  env?: Record<string, string | undefined>
}

/** Files of a project, read but not yet rendered. Opaque: give it to parseProject. */
export interface ProjectFiles {
  dir: string
}

/** Reads dbt_project.yml and every file that its paths name. Throws ProjectErrors with all mistakes of form. */
export async function loadProject(_dir: string, _options: LoadOptions = {}): Promise<ProjectFiles> {
  throw new Error('todo')
}
