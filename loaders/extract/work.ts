import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder, onDisk, sha256, syncFolder, writeWhole } from './disk.ts'
import { ExtractError } from './failure.ts'
import { MARKER, type MarkedFile, type Marker } from './marker.ts'

/** The folder of a growing batch: inside the data folder, so that one rename moves it, under a name that the loader skips. */
export interface Work {
  /** Writes a page under `<entity>/<file>`. */
  write(path: string, bytes: Buffer): MarkedFile
  /** The bytes of a page; undefined when it is missing or differs from `file`. */
  read(file: Pick<MarkedFile, 'path'> & Partial<MarkedFile>): Buffer | undefined
  /** The file names in an entity's folder. */
  names(entity: string): string[]
  remove(path: string): void
  /** Reads a note; notes beside the pages record what is finished. */
  note(key: string): unknown
  setNote(key: string, note: object): void
  dropNote(key: string): void
  notes(): string[]
  /** Makes the batch: checks every page, removes files that the marker does not name, writes the marker, renames once. Gives its folder. */
  publish(marker: Marker, isMine: () => void): string
}

/** The folder `.extract`, which also contains the lock. */
export function extractFolder(dataDir: string): string {
  return join(dataDir, '.extract')
}

/** Opens the working folder, with the files of earlier runs. */
export function openWork(dataDir: string): Work {
  const root = join(extractFolder(dataDir), 'work')
  const [feed, state, beside] = [join(root, 'feed'), join(root, 'state'), join(root, 'incoming')]
  makeFolder(feed)
  makeFolder(state)
  const noteFile = (key: string) => join(state, `${key}.json`)

  return { write, read, names, remove, note, setNote, dropNote, notes, publish }

  function write(path: string, bytes: Buffer): MarkedFile {
    writeWhole(join(feed, path), bytes, beside)
    return { path, sha256: sha256(bytes), bytes: bytes.length }
  }

  function read({ path, sha256: due }: Pick<MarkedFile, 'path'> & Partial<MarkedFile>): Buffer | undefined {
    const file = join(feed, path)
    if (!existsSync(file)) return undefined
    const bytes = onDisk(file, () => readFileSync(file))
    return due === undefined || sha256(bytes) === due ? bytes : undefined
  }

  function names(entity: string): string[] {
    const folder = join(feed, entity)
    return existsSync(folder) ? onDisk(folder, () => readdirSync(folder)) : []
  }

  function remove(path: string): void {
    onDisk(path, () => rmSync(join(feed, path), { recursive: true, force: true }))
  }

  // A note may be unreadable after a power cut.
  function note(key: string): unknown {
    try {
      return JSON.parse(readFileSync(noteFile(key), 'utf8'))
    } catch {
      return undefined
    }
  }

  function setNote(key: string, value: object): void {
    writeWhole(noteFile(key), Buffer.from(JSON.stringify(value)), beside)
  }

  function dropNote(key: string): void {
    onDisk(key, () => rmSync(noteFile(key), { force: true }))
  }

  function notes(): string[] {
    return onDisk(state, () => readdirSync(state)).map(name => name.replace(/\.json$/, ''))
  }

  function publish(marker: Marker, isMine: () => void): string {
    const target = join(dataDir, marker.batch)
    // 1: checks that every page is on disk as received.
    const files = Object.values(marker.entities).flatMap(entity => entity.files)
    for (const file of files) if (!read(file)) throw changed(file.path)
    // 2: removes all other files, such as a page of an earlier, longer walk, or the record of an agent who has left since.
    keepOnly(feed, new Set(files.map(({ path }) => path)))
    // 3: syncs their names.
    for (const folder of new Set(files.map(({ path }) => join(feed, dirname(path))))) syncFolder(folder)
    // 4: writes the marker.
    writeWhole(join(feed, MARKER), Buffer.from(JSON.stringify(marker)), beside)
    syncFolder(feed)
    // 5: makes the batch by one rename, which replaces nothing.
    isMine()
    refuseExisting(target, marker.batch)
    onDisk(target, () => renameSync(feed, target))
    // 6: the batch now exists. If cleaning up fails, the next run does it.
    try {
      syncFolder(dataDir)
      rmSync(root, { recursive: true, force: true })
    } catch {}
    return target
  }
}

/** Throws an ExtractError with code 5 when the batch exists, complete or not. */
export function refuseExisting(target: string, batch: string): void {
  if (!onDisk(target, () => lstatSync(target, { throwIfNoEntry: false }))) return
  throw new ExtractError(5, `Batch ${batch} already exists: ${target}`, {
    hint: `It is left unchanged. For a second batch of the day name it, for instance --batch ${batch.slice(0, 15)}T1200.`,
  })
}

function keepOnly(feed: string, paths: Set<string>): void {
  for (const entity of onDisk(feed, () => readdirSync(feed))) {
    const folder = join(feed, entity)
    const isFolder = lstatSync(folder).isDirectory()
    const names = isFolder ? readdirSync(folder) : []
    for (const name of names) if (!paths.has(`${entity}/${name}`)) rmSync(join(folder, name), { recursive: true })
    if (!isFolder || !names.some(name => paths.has(`${entity}/${name}`))) rmSync(folder, { recursive: true })
  }
}

function changed(path: string): ExtractError {
  return new ExtractError(4, `${path} changed on disk after it was written`, {
    hint: 'Check the disk and what else writes there, then run extract again: it requests the page again.',
  })
}
