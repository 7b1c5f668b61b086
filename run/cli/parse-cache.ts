import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { filesIn, stampOf } from '../base/files.ts'
import type { Event } from '../report/events.ts'
import type { Command } from './command.ts'
import type { Opened } from './open-project.ts'

/** What was found when a project was read: as long as all that decides it stands as it stood, the project need not be read again. */
export interface Known {
  /** See projectFingerprint. */
  fingerprint: string
  /** The line of the frame that counts what the project has. */
  found: Event
  /** Folder of dbt.log. */
  logFolder: string
}

/** What is known of the project of a command; undefined when nothing is, or something of it has changed. */
export function recall(command: Command): Known | undefined {
  try {
    const kept = JSON.parse(readFileSync(placeOf(command), 'utf8')) as Kept
    return kept.digest === digestOf(command, kept.folders)?.digest ? kept : undefined
  } catch {
    return undefined
  }
}

/**
 * Keeps what was found in a project without warnings, in its folder of artifacts. Not where it may be another tomorrow, because it reads
 * the environment or the clock, nor where a file was touched since this process began: what was read may not be what is there now.
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
    // It is read again the next time.
  }
}

type Kept = Known & { digest: string; folders: string[] }

/** Of what the project is read from, in milliseconds: a clock that ticks coarsely may give an edited file the time of a moment before. */
const SETTLED = 3000

const RUNNER = path.resolve(import.meta.dirname, '../..')
const RUNNER_MACROS = path.join(RUNNER, 'run/macros') + path.sep

function placeOf({ options }: Command): string {
  return path.join(path.resolve(options.projectDir, options.targetPath ?? process.env.DBT_TARGET_PATH ?? 'target'), 'known.json')
}

/** All that decides what is found: the contents of the project's files, the runner, the command line and the environment. */
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
    // What the runner's own macros could read counts where a project calls them.
    isVolatile ||= !file.startsWith(RUNNER_MACROS) && VOLATILE.test(bytes.toString('latin1'))
    hash.update(`\n${file}\n${bytes.length}\n`).update(bytes)
  }
  // The runner is not edited while it runs: that a file of it was is told by its size and time.
  for (const file of ['run', 'loaders'].flatMap(folder => filesIn(path.join(RUNNER, folder))).sort()) hash.update(`\n${stampOf(file)}`)
  return { digest: hash.digest('hex'), isVolatile, newest }

  function profiles(): string[] {
    const given = options.profilesDir ?? process.env.DBT_PROFILES_DIR
    return [...(given ? [given] : []), path.join(homedir(), '.dbt')]
      .map(folder => path.resolve(folder, 'profiles.yml'))
      .filter(file => existsSync(file))
  }
}

/** What reads the environment, or the clock where it decides more than the SQL of a moment. */
const VOLATILE = /env_var|modules\.|py_current_timestring|config\s*\([^)]*\b(?:run_started_at|invocation_id)\b/

/** Files that lie in the project's folder itself: dbt_project.yml, profiles.yml, selectors.yml, .dbtignore … */
function ownFiles(root: string): string[] {
  return ['dbt_project', 'profiles', 'packages', 'dependencies', 'selectors', 'vars']
    .flatMap(name => [`${name}.yml`, `${name}.yaml`])
    .concat('.dbtignore')
    .map(name => path.join(root, name))
    .filter(file => existsSync(file))
}
