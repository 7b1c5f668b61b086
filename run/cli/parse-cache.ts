import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { filesIn, stampOf } from '../base/files.ts'
import type { Event } from '../report/events.ts'
import type { Command } from './command.ts'
import type { Opened } from './open-project.ts'

/** The result of reading a project: valid as long as everything that it depends on is unchanged. */
export interface Known {
  /** See projectFingerprint. */
  fingerprint: string
  /** The line of the frame with the numbers of nodes. */
  found: Event
  /** Folder of dbt.log. */
  logFolder: string
}

/** The stored result for the project of a command; undefined when there is none, or something of the project has changed. */
export function recall(command: Command): Known | undefined {
  try {
    const kept = JSON.parse(readFileSync(placeOf(command), 'utf8')) as Kept
    return kept.digest === digestOf(command, kept.folders)?.digest ? kept : undefined
  } catch {
    return undefined
  }
}

/**
 * Stores the result for a project without warnings, in its folder of artifacts. Not where the project depends on the environment or the
 * clock, and so may differ tomorrow, nor where a file was modified since this process began, and so may differ from what was read.
 */
export function remember(command: Command, { project, targetPath, folders, logFolder }: Opened, known: Omit<Known, 'logFolder'>): void {
  const file = placeOf(command)
  if (project.warnings.length > 0 || path.dirname(file) !== targetPath) return
  const now = digestOf(command, folders)
  if (!now || now.isVolatile || now.newest > performance.timeOrigin - SETTLED) return
  const kept: Kept = { ...known, logFolder, folders, digest: now.digest }
  try {
    mkdirSync(targetPath, { recursive: true })
    writeFileSync(file, JSON.stringify(kept))
  } catch {
    // The project is read again the next time.
  }
}

type Kept = Known & { digest: string; folders: string[] }

/** In milliseconds: a coarse clock may give an edited file a slightly earlier time. */
const SETTLED = 3000

const RUNNER = path.resolve(import.meta.dirname, '../..')
const RUNNER_MACROS = path.join(RUNNER, 'run/macros') + path.sep

function placeOf({ options }: Command): string {
  return path.join(path.resolve(options.projectDir, options.targetPath ?? process.env.DBT_TARGET_PATH ?? 'target'), 'known.json')
}

/** A digest of all that decides the result: the contents of the project's files, the runner, the command line and the environment. */
function digestOf({ name, options }: Command, folders: string[]): { digest: string; isVolatile: boolean; newest: number } | undefined {
  const hash = createHash('sha256')
  const root = path.resolve(options.projectDir)
  const environment = Object.entries(process.env).filter(([key]) => /^(DBT_|PG|DATABASE_URL$)/.test(key))
  hash.update(JSON.stringify([name, options, process.cwd(), process.version, environment.sort(), folders]))
  let isVolatile = false
  let newest = 0

  for (const file of [...new Set([...ownFiles(root), ...profiles(), ...folders.flatMap(folder => filesIn(folder))])].sort()) {
    if (!/\.(sql|ya?ml|csv|md|py|dbtignore)$/.test(file)) continue
    const bytes = readFileSync(file)
    const { mtimeMs, ctimeMs } = statSync(file)
    newest = Math.max(newest, mtimeMs, ctimeMs)
    // Volatile names in the runner's own macros count only where a project calls them.
    isVolatile ||= !file.startsWith(RUNNER_MACROS) && VOLATILE.test(bytes.toString('latin1'))
    hash.update(`\n${file}\n${bytes.length}\n`).update(bytes)
  }
  // The runner's files are not edited while it runs: size and time identify their contents.
  for (const file of ['run', 'loaders'].flatMap(folder => filesIn(path.join(RUNNER, folder))).sort()) hash.update(`\n${stampOf(file)}`)
  return { digest: hash.digest('hex'), isVolatile, newest }

  function profiles(): string[] {
    const given = options.profilesDir ?? process.env.DBT_PROFILES_DIR
    return [...(given ? [given] : []), path.join(homedir(), '.dbt')]
      .map(folder => path.resolve(folder, 'profiles.yml'))
      .filter(file => existsSync(file))
  }
}

/** Reads of the environment, or of the clock where it decides more than the SQL of the moment. */
const VOLATILE = /env_var|modules\.|py_current_timestring|config\s*\([^)]*\b(?:run_started_at|invocation_id)\b/

/** Files directly in the project's folder: dbt_project.yml, profiles.yml, selectors.yml, .dbtignore … */
function ownFiles(root: string): string[] {
  return ['dbt_project', 'profiles', 'packages', 'dependencies', 'selectors', 'vars']
    .flatMap(name => [`${name}.yml`, `${name}.yaml`])
    .concat('.dbtignore')
    .map(name => path.join(root, name))
    .filter(file => existsSync(file))
}
