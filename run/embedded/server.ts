import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chownSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ProjectError } from '../base/errors.ts'
import { connect } from '../database/connection.ts'
import { findBinaries } from './binaries.ts'
import {
  type DataDirectory,
  ensureDataDirectory,
  isRunning,
  locateDataDirectory,
  type Postmaster,
  programEnvironment,
  readPostmaster,
  serverUrl,
} from './data-directory.ts'
import { embeddedAddress } from './embedded-address.ts'
import { serverSettings } from './settings.ts'
import { startByPgCtl, stopByPgCtl } from './windows.ts'

/** The embedded server, held by this process. */
export interface Embedded {
  url: string
  /** Releases the server; without another holder, waits until it has shut down. */
  close(): Promise<void>
}

/**
 * The project's own PostgreSQL in `.pg/`: created where it is missing, started when it does not run, shared when another process has
 * started it. It runs as long as a process holds it, or `db start` does.
 *
 * The kernel counts the holders: each has the named pipe `.pg/18/holders` open for writing. A shell beside the server reads the pipe; its
 * end means that the last holder is gone, by exit, Ctrl-C or kill -9, and the shell shuts the server down.
 */
export async function startEmbedded(projectDir: string): Promise<Embedded> {
  const cluster = locateDataDirectory(projectDir)
  const bin = findBinaries(dirname(cluster.folder), cluster.as)
  await ensureDataDirectory(cluster, bin)
  if (process.platform === 'win32') return startOnWindows(cluster, bin)
  const { url, holder } = await holdServer(cluster, bin)
  let open = true
  return { url, close }

  async function close(): Promise<void> {
    if (open) closeSync(holder)
    open = false
    if (!existsSync(cluster.held)) await untilStopped(cluster)
  }
}

/** `db start`: as startEmbedded, but the server stays until `db stop`. Gives its URL. */
export async function keepEmbedded(projectDir: string): Promise<string> {
  const { url, close } = await startEmbedded(projectDir)
  writeFileSync(locateDataDirectory(projectDir).held, '')
  await close()
  return url
}

/** `db stop`: whether the server has stopped, was not running, or stays for another process that still uses it. */
export async function stopEmbedded(projectDir: string): Promise<'stopped' | 'not running' | 'in use'> {
  const cluster = locateDataDirectory(projectDir)
  rmSync(cluster.held, { force: true })
  const running = readPostmaster(cluster)
  if (!running || !isRunning(running)) return 'not running'
  if (process.platform === 'win32') return (await stopByPgCtl(cluster, findBinaries(dirname(cluster.folder)))) ? 'stopped' : 'in use'
  const holder = hold(cluster)
  // The shell sees that no holder is left, and shuts the server down. Without a shell we do it.
  if (holder === undefined) process.kill(running.pid, 'SIGINT')
  else {
    writeSync(holder, '\n')
    closeSync(holder)
  }
  return (await untilStopped(cluster)) ? 'stopped' : 'in use'
}

/** The URL of the running embedded server; undefined when it does not run. Never starts it. */
export function runningEmbedded(projectDir: string): { url: string; held: boolean } | undefined {
  const cluster = locateDataDirectory(projectDir)
  const running = readPostmaster(cluster)
  if (running?.state !== 'ready' || !isRunning(running)) return undefined
  return { url: serverUrl(cluster, running.port), held: existsSync(cluster.held) }
}

async function startOnWindows(cluster: DataDirectory, bin: string): Promise<Embedded> {
  const isOurs = await startByPgCtl(cluster, bin, await freePort(cluster))
  const running = readPostmaster(cluster)
  const url = running && (await admitted(cluster, running))
  if (!url) throw failedStart(cluster, '')
  return { url, close: async () => void (isOurs && !existsSync(cluster.held) && (await stopByPgCtl(cluster, bin))) }
}

const patience = 60_000

interface Held {
  url: string
  holder: number
}

async function holdServer(cluster: DataDirectory, bin: string): Promise<Held> {
  const deadline = Date.now() + patience
  let orphanSince: number | undefined
  while (Date.now() < deadline) {
    const holder = hold(cluster)
    const running = readPostmaster(cluster)
    if (holder !== undefined) {
      const url = running?.state === 'ready' && (await admitted(cluster, running))
      if (url) return { url, holder }
      // The server is starting or stopping.
      closeSync(holder)
    } else if (running && isRunning(running)) {
      // The server is shutting down, or its shell was killed and nothing would ever stop it.
      orphanSince ??= Date.now()
      if (running.state !== 'stopping' && Date.now() - orphanSince > 500) process.kill(running.pid, 'SIGINT')
    } else {
      // A pid file of a dead server whose process id another process now has would stop PostgreSQL from starting.
      if (running) rmSync(join(cluster.data, 'postmaster.pid'), { force: true })
      const started = await launch(cluster, bin)
      if (started) return started
    }
    await sleep(20)
  }
  throw new ProjectError(`The embedded PostgreSQL in ${cluster.folder} does not answer`, {
    hint: `Does it run in another container on the same folder? Its log: ${cluster.log}`,
  })
}

// Opening a pipe for writing without blocking fails when no process reads it: no shell, no server.
function hold({ holders }: DataDirectory): number | undefined {
  try {
    return openSync(holders, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENXIO' || code === 'ENOENT') return undefined
    throw new ProjectError(`Cannot use the embedded PostgreSQL in ${holders}: ${code}`, {
      hint: 'It belongs to another user: run as that user.',
    })
  }
}

// Runs in the data folder: the server, and a shell that stops it when its last holder is gone. File 3 is the pipe. A PostgreSQL 18 that is
// told to stop while it recovers from a killed process never does: it then gets SIGQUIT, to stop at once.
const keeper = `
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
{
  while read -r _; do :; done <&3
  while [ -e ../held ]; do while read -r _; do :; done <../holders; done
  kill -INT $server
  sleep 3
  case $(tail -n 3 ../server.log) in *'shutting down'*) ;; *) kill -QUIT $server ;; esac
} &
watch=$!
exec 3<&-
wait $server
kill $watch 2>/dev/null
`

async function launch(cluster: DataDirectory, bin: string): Promise<Held | undefined> {
  rmSync(cluster.held, { force: true })
  for (let attempt = 1; ; attempt++) {
    const { reader, holder } = openPipe(cluster)
    const log = openLog(cluster)
    const before = fstatSync(log).size
    const words = [...serverSettings(await freePort(cluster)), '-D', cluster.dataArgument]
    const child = spawn('/bin/sh', ['-c', keeper, 'keeper', join(bin, 'postgres'), ...words], {
      cwd: cluster.data,
      env: programEnvironment,
      stdio: [reader, log, log],
      detached: true,
      ...cluster.as,
    })
    for (const file of [reader, log]) closeSync(file)
    const ended = once(child, 'exit').then(() => true)
    child.unref()

    const url = await untilReady(cluster, ended)
    if (url) return { url, holder }
    closeSync(holder)
    const said = readFileSync(cluster.log, 'utf8').slice(before)
    if (/lock file "postmaster.pid" already exists/.test(said)) return undefined
    if (!/could not bind|Address already in use/.test(said) || attempt === 5) throw failedStart(cluster, said)
  }
}

async function untilReady(cluster: DataDirectory, ended: Promise<boolean>): Promise<string | undefined> {
  while (!(await Promise.race([ended, sleep(10, false)]))) {
    const running = readPostmaster(cluster)
    const url = running?.state === 'ready' && isRunning(running) && (await admitted(cluster, running))
    if (url) return url
  }
  return undefined
}

// Kept across starts for the analysis of crashes, up to a limit.
function openLog({ log }: DataDirectory): number {
  const large = (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 10_000_000
  return openSync(log, large ? 'w' : 'a', 0o600)
}

function openPipe({ holders, as }: DataDirectory): { reader: number; holder: number } {
  if (!existsSync(holders)) {
    try {
      execFileSync('mkfifo', ['-m', '600', holders], { stdio: 'ignore' })
    } catch {
      if (!existsSync(holders))
        throw new ProjectError(`Cannot create the named pipe ${holders}`, {
          hint: 'Use a local file system for the project, or set DATABASE_URL.',
        })
    }
    if (as) chownSync(holders, as.uid, as.gid)
  }
  // A pipe opened for reading and writing never blocks; while it is open, the other opens do not block either.
  const both = openSync(holders, constants.O_RDWR | constants.O_NONBLOCK)
  const reader = openSync(holders, constants.O_RDONLY)
  const holder = openSync(holders, constants.O_WRONLY)
  closeSync(both)
  return { reader, holder }
}

// The URL, once the server accepts connections; creates the database at the first start.
async function admitted(cluster: DataDirectory, { port }: Postmaster): Promise<string | undefined> {
  const url = serverUrl(cluster, port)
  const answer = await ask(url, 'select 1')
  if (answer === '3D000') await ask(serverUrl(cluster, port, 'postgres'), 'create database deskledger')
  return answer === 'ok' || answer === '3D000' ? url : undefined
}

async function ask(url: string, statement: string): Promise<string> {
  const sql = connect(embeddedAddress(url), { max: 1 })
  try {
    await sql.unsafe(statement)
    return 'ok'
  } catch (error) {
    return (error as { code?: string }).code ?? 'unknown'
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function untilStopped(cluster: DataDirectory): Promise<boolean> {
  const start = Date.now()
  for (;;) {
    const running = readPostmaster(cluster)
    if (!running || !isRunning(running)) return true
    // The end of the last holder is seen within milliseconds; a server that goes on after that has other holders.
    const given = running.state === 'stopping' ? patience : 400
    if (Date.now() - start > given) return false
    await sleep(5)
  }
}

// The last port if it is free, so that URLs given to other programs stay valid.
async function freePort({ folder }: DataDirectory): Promise<number> {
  const file = join(folder, 'port')
  const last = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  const port = (await tryPort(last)) ?? (await tryPort(0)) ?? 0
  writeFileSync(file, String(port))
  return port
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(address && typeof address === 'object' ? address.port : undefined))
    })
  })
}

function failedStart({ log }: DataDirectory, said: string): ProjectError {
  const lines = said.split('\n').filter(line => /FATAL|PANIC|error|not found/i.test(line))
  const isFull = /No space left on device|could not extend file/.test(said)
  return new ProjectError(`The embedded PostgreSQL did not start: ${lines.at(-1) ?? 'it printed nothing'}`, {
    hint: isFull
      ? 'The disk of .pg is full. Free some space and run it again: nothing is lost.'
      : `Its log: ${log}. As a last resort delete .pg (the warehouse can be built again from the feed), or set DATABASE_URL.`,
  })
}
