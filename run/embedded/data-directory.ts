import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { ProjectError } from '../base/errors.ts'
import { binariesVersion, type Identity, serverIdentity } from './binaries.ts'
import { superuser } from './embedded-address.ts'

/** The embedded server's files: `.pg/18/` with the data, the password, the log and the pipe of its holders. */
export interface DataDirectory {
  folder: string
  data: string
  /** `data` as PostgreSQL gets it: the server is started in that folder. */
  dataArgument: string
  log: string
  /** A named pipe: each process that has it open for writing holds the server. */
  holders: string
  /** Exists while `db start` holds the server. */
  held: string
  as: Identity | undefined
}

/** The contents of a server's postmaster.pid. */
export interface Postmaster {
  pid: number
  port: number
  state: 'starting' | 'ready' | 'stopping'
}

/** The environment of PostgreSQL's programs, without any of our variables that could change their behaviour. */
export const programEnvironment = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
  ...(process.platform === 'win32' && { SystemRoot: process.env.SystemRoot, TEMP: process.env.TEMP }),
}

/** The cluster of a project, whether or not it exists. */
export function locateDataDirectory(projectDir: string): DataDirectory {
  // A major version cannot read the data of another.
  const [major = ''] = binariesVersion().split('.')
  const folder = join(projectDir, '.pg', major)
  const as = serverIdentity(projectDir, folder)
  const data = join(folder, 'data')
  return {
    folder,
    data,
    // The server's user may be unable to enter the project's path (/root is closed to others), but a process can always use the folder it
    // was started in.
    dataArgument: as && existsSync('/proc/self/cwd') ? '/proc/self/cwd' : data,
    log: join(folder, 'server.log'),
    holders: join(folder, 'holders'),
    held: join(folder, 'held'),
    as,
  }
}

/** Creates the cluster if it is missing, in about half a second. Safe to be killed, and to run twice at once. */
export async function ensureDataDirectory(cluster: DataDirectory, bin: string): Promise<void> {
  if (existsSync(join(cluster.data, 'PG_VERSION'))) return
  const pgFolder = dirname(cluster.folder)
  const made = writable(pgFolder, () => {
    mkdirSync(pgFolder, { recursive: true, mode: 0o700 })
    sweep(pgFolder)
    return mkdtempSync(join(pgFolder, `new-${process.pid}-`))
  })
  mkdirSync(join(made, 'data'), { mode: 0o700 })
  writeFileSync(join(made, 'password'), `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 })
  for (const file of ['.', 'data', 'password']) if (cluster.as) chownSync(join(made, file), cluster.as.uid, cluster.as.gid)

  await initdb(cluster, bin, join(made, 'data'))
  try {
    renameSync(made, cluster.folder)
  } catch (error) {
    rmSync(made, { recursive: true, force: true })
    if (!existsSync(join(cluster.data, 'PG_VERSION'))) throw error
  }
}

/** The URL of the cluster's database at a port. */
export function serverUrl(cluster: DataDirectory, port: number, database = superuser): string {
  const password = readFileSync(join(cluster.folder, 'password'), 'utf8').trim()
  return `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`
}

/** Reads postmaster.pid; undefined when it is missing (no server, or one that has just begun). */
export function readPostmaster(cluster: DataDirectory): Postmaster | undefined {
  const [pid, , , port, , , , state = ''] = readPidFile(cluster).split('\n')
  if (!pid) return undefined
  const known = (['ready', 'stopping'] as const).find(word => word === state.trim())
  return { pid: Number(pid), port: Number(port), state: known ?? 'starting' }
}

// The file may vanish between two reads.
function readPidFile({ data }: DataDirectory): string {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** Whether that process is this cluster's server, and not another process that reuses the id of a dead one. */
export function isRunning({ pid, port }: Postmaster): boolean {
  try {
    process.kill(pid, 0)
    // The root of a container may signal and list the processes of others, but not see their folder.
    return process.platform !== 'linux' || readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(`port=${port}`)
  } catch {
    return false
  }
}

async function initdb({ as }: DataDirectory, bin: string, data: string): Promise<void> {
  const words = [
    ...['-D', as && existsSync('/proc/self/cwd') ? '/proc/self/cwd' : '.'],
    ...['--username', superuser, '--pwfile', '../password', '--auth', 'scram-sha-256'],
    // Sorts by code points as C does, but knows upper and lower case of all letters; the same on all systems.
    ...['--encoding', 'UTF8', '--locale-provider', 'builtin', '--locale', 'C.UTF-8'],
    ...['--no-instructions'],
  ]
  try {
    await promisify(execFile)(join(bin, 'initdb'), words, { cwd: data, env: programEnvironment, ...as })
  } catch (error) {
    rmSync(join(data, '..'), { recursive: true, force: true })
    const { stderr = '', message } = error as { stderr?: string; message: string }
    const said = stderr.split('\n').find(line => /error|fatal|could not/i.test(line)) ?? message.split('\n')[0]
    throw new ProjectError(`initdb of the embedded PostgreSQL failed: ${said}`, {
      hint: /effective user ID/.test(stderr)
        ? 'PostgreSQL needs a user with a name: run as one that is in /etc/passwd, or set DATABASE_URL.'
        : 'Check the free space, the permissions of the project folder and missing system libraries, or set DATABASE_URL.',
    })
  }
}

// Removes what a killed initdb left behind; younger folders may still be in use.
function sweep(pgFolder: string): void {
  for (const name of readdirSync(pgFolder).filter(name => name.startsWith('new-'))) {
    const folder = join(pgFolder, name)
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > 60_000 || !isAlive(Number(name.split('-')[1]))) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    // A process of another user, which exists but may not be signalled.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function writable<T>(folder: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw new ProjectError(`Cannot write to ${folder}, where the embedded PostgreSQL lives: ${(error as Error).message}`, {
      hint: 'Give this user write access to the folder, or set DATABASE_URL.',
    })
  }
}
