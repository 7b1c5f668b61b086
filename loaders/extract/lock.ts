import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { linkSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { onDisk } from './disk.ts'
import { ExtractError } from './failure.ts'

/** The right to extract into a data folder. */
export interface Lock {
  /** Throws an ExtractError when another process took it. */
  check(): void
  release(): void
}

/** The holder of the lock: the content of its file. */
interface Holder {
  token: string
  pid: number
  /** When the process started: its number may be reused. */
  began: string
  /** The machine, its boot and its namespace of process numbers. */
  place: string
  since: string
}

/**
 * Takes the lock of a folder. A dead process's lock is taken over: on the same machine at once, on another machine when the file was not
 * touched for two minutes. Throws an ExtractError with code 5 that names the holder.
 */
export function takeLock(folder: string): Lock {
  const file = join(folder, 'lock')
  const mine: Holder = {
    token: randomUUID(),
    pid: process.pid,
    began: beginOf(process.pid),
    place: placeOfProcesses(),
    since: new Date().toISOString(),
  }
  const draft = join(folder, `lock.${mine.token}`)
  onDisk(draft, () => writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 }))
  try {
    for (let tries = 0; !create(draft, file); tries += 1) {
      const holder = read(file)
      if (holder && (tries > 5 || isHeld(holder, file))) throw held(holder, file)
      if (holder) takeAway(file, holder)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  ours.add(mine.token)
  removeOldDrafts(folder)
  const heartbeat = setInterval(() => touch(file), 15_000).unref()

  return { check, release }

  function check(): void {
    const holder = read(file)
    if (holder?.token !== mine.token)
      throw new ExtractError(5, `Another extraction took the lock ${file}`, { hint: 'Let it finish. This run made no batch.' })
  }

  function release(): void {
    clearInterval(heartbeat)
    ours.delete(mine.token)
    if (read(file)?.token === mine.token) rmSync(file, { force: true })
  }
}

const ours = new Set<string>()
const SILENT = 120_000

// A link to a finished file, so that no process reads a half-written lock.
function create(draft: string, file: string): boolean {
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    // The file system does not support links.
    if (['EPERM', 'ENOTSUP', 'EMLINK', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '')) return createPlainly(draft, file)
    return onDisk(file, () => {
      throw error
    })
  }
}

function createPlainly(draft: string, file: string): boolean {
  try {
    writeFileSync(file, readFileSync(draft), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function read(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    return { token: '', pid: 0, began: '', place: '', since: 'an unknown time' }
  }
}

function isHeld({ token, pid, began, place }: Holder, file: string): boolean {
  if (place !== placeOfProcesses()) return Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) < SILENT
  if (pid === process.pid) return ours.has(token)
  return isAlive(pid) && (began === '' || beginOf(pid) === began)
}

// Another process may have replaced the same dead holder first: then its lock is put back.
function takeAway(file: string, { token }: Holder): void {
  const aside = `${file}.${randomUUID()}`
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  if (read(aside)?.token !== token) create(aside, file)
  rmSync(aside, { force: true })
}

// Removes drafts of processes that were killed while taking the lock.
function removeOldDrafts(folder: string): void {
  for (const name of readdirSync(folder)) {
    const draft = join(folder, name)
    if (name.startsWith('lock.') && Date.now() - (statSync(draft, { throwIfNoEntry: false })?.mtimeMs ?? 0) > SILENT)
      rmSync(draft, { force: true })
  }
}

function held({ pid, place, since }: Holder, file: string): ExtractError {
  const where = place === placeOfProcesses() ? '' : ` on ${place.split(' ')[0] || 'another machine'}`
  return new ExtractError(5, `Another extraction is running: process ${pid}${where}, since ${since}`, {
    hint: `Wait for it to end. Its lock ${file} is released automatically when that process is gone.`,
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

// '' when unknown.
function beginOf(pid: number): string {
  if (process.platform === 'win32') return ''
  if (process.platform === 'linux') {
    // After the name, which may contain anything: the state, and the start time as the line's 22nd field. A zombie holds no lock.
    const fields = textOf(`/proc/${pid}/stat`).split(') ').at(-1)!.split(' ')
    return fields[0] === 'Z' ? 'over' : (fields[19] ?? '')
  }
  return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? ''
}

// Containers may share a host name or a volume, but not process numbers.
function placeOfProcesses(): string {
  return [hostname(), textOf('/proc/sys/kernel/random/boot_id').trim(), linkOf('/proc/self/ns/pid')].join(' ').trim()
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    return ''
  }
}

function touch(file: string): void {
  try {
    utimesSync(file, new Date(), new Date())
  } catch {
    // The lock is gone; check() reports that.
  }
}
