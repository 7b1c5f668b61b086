import { type BigIntStats, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { ProjectError } from '../run/base/errors.ts'
import { type Entity, entities, isEntity } from './entities.ts'

/** A file of the feed in the data folder. */
export interface FeedFile {
  /** Relative to the data folder, with forward slashes. */
  path: string
  /** Where to read it. */
  location: string
  batch: string
  entity: Entity
  stats: Stats | undefined
  /** It is there but cannot be read: why. */
  fault?: string
}

/** What tells that a file was touched. Times in nanoseconds since 1970. */
export interface Stats {
  bytes: bigint
  modified: bigint
  changed: bigint
}

/** All there is in a data folder. */
export interface Survey {
  /**
   * The files, relative to the folder, in natural order, 2.json before 10.json. There may be very many: a path is all that is kept of each.
   */
  paths: string[]
  /** Looks at one of them. */
  examine(path: string): FeedFile
  /** Batches that hold the marker of an extraction. */
  markers: string[]
  /** What was passed over, and why. */
  notices: string[]
}

/**
 * The feed files of a data folder, `<batch>/<entity>/<file>` or `<batch>/<entity>.json`. Names that are not feed's are passed over.
 * Throws a ProjectError when there is no folder, or no feed file in it.
 */
export function survey(dataDir: string): Survey {
  const paths: string[] = []
  const markers: string[] = []
  const notices = new Set<string>()
  const unknowns = new Set<string>()
  const endings = new Map<string, string>()
  const root = rootOf(dataDir)

  for (const batch of folders('')) {
    for (const name of list(batch)) {
      const path = `${batch}/${name}`
      if (name === MARKER) {
        markers.push(batch)
        continue
      }
      const entity = name.replace(ENDING, '')
      if (ENDING.test(name)) {
        if (isEntity(entity)) paths.push(path)
        else unknown(entity, path)
      } else if (isFolder(path)) {
        if (!isEntity(name)) unknown(name, path)
        else if (inside(path)) for (const file of list(path)) addFile(`${path}/${file}`, path)
      }
    }
  }

  if (paths.length === 0)
    throw new ProjectError(`No feed file in the data folder ${dataDir}.`, {
      hint: 'Put files there as <batch>/<entity>/<name>.json, for instance sync-day1/agents/1.json, or name another folder with --data.',
    })
  return { paths, examine, markers, notices: [...notices, ...endings.values()] }

  function folders(path: string): string[] {
    return list(path).filter(name => !name.startsWith('_') && isFolder(name) && inside(name))
  }

  function addFile(path: string, folder: string): void {
    if (ENDING.test(path)) paths.push(path)
    else if (isFolder(path)) notices.add(`${path} is a folder: files of the feed lie directly in ${folder}.`)
    else unknownEnding(path)
  }

  function examine(path: string): FeedFile {
    const location = join(root, path)
    const [batch = ''] = path.split('/')
    const file = { path, location, batch, entity: entityOf(path), stats: undefined }
    try {
      if (lstatSync(location).isSymbolicLink() && !isWithin(realpathSync(location)))
        return { ...file, fault: 'is a symbolic link that leads out of the data folder' }
      const stats = statSync(location, { bigint: true })
      return stats.isFile()
        ? { ...file, stats: statsOf(stats) }
        : { ...file, fault: stats.isDirectory() ? 'is a folder' : 'is not a regular file' }
    } catch (error) {
      return { ...file, fault: unreadable(error) }
    }
  }

  function list(path: string): string[] {
    try {
      return readdirSync(join(root, path)).filter(isUsable).sort(naturally)
    } catch (error) {
      notices.add(`${path} ${unreadable(error)}.`)
      return []
    }

    function isUsable(name: string): boolean {
      const isText = !name.includes('\ufffd')
      if (!isText) notices.add(`${path ? `${path}/` : ''}${name} is skipped: its name is not UTF-8.`)
      return isText && !name.startsWith('.')
    }
  }

  function isFolder(path: string): boolean {
    try {
      return statSync(join(root, path)).isDirectory()
    } catch {
      return false
    }
  }

  // Only links can lead out of the folder: asking for the real path of every folder would take long for a year's feed.
  function inside(path: string): boolean {
    const location = join(root, path)
    const within = !lstatSync(location).isSymbolicLink() || isWithin(realpathSync(location))
    if (!within) notices.add(`${path} is skipped: it is a symbolic link that leads out of the data folder.`)
    return within
  }

  function isWithin(location: string): boolean {
    return location.startsWith(root.endsWith(sep) ? root : root + sep)
  }

  // Reports each ending once, with the first file that has it.
  function unknownEnding(path: string): void {
    const ending = /(\.[^./]*)?$/.exec(path)?.[0] ?? ''
    const what = ending === '' ? 'no ending' : `the unknown ending ${ending}`
    if (!endings.has(ending))
      endings.set(ending, `${path} is skipped: it has ${what}; feed files end in .json, .ndjson or .jsonl, each also with .gz.`)
  }

  function unknown(name: string, path: string): void {
    if (unknowns.has(name)) return
    unknowns.add(name)
    notices.add(`'${name}' is skipped (${path} and others like it): the feed has ${entities.join(', ')}.`)
  }
}

/** What a file of the feed holds, by its path. */
export function entityOf(path: string): Entity {
  return path.split('/')[1]?.replace(ENDING, '') as Entity
}

/** What of a file's stats the ledger keeps. */
export function statsOf({ size, mtimeNs, ctimeNs }: BigIntStats): Stats {
  return { bytes: size, modified: mtimeNs, changed: ctimeNs }
}

/** Why the system would not let a file be read. */
export function unreadable(error: unknown): string {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException
  return `cannot be read (${{ EACCES: 'permission denied', EPERM: 'permission denied', ENOENT: 'no such file', ELOOP: 'circular symbolic links' }[code] ?? code})`
}

/** What an extraction leaves in the folder of a batch that it brought whole. */
export const MARKER = '_COMPLETE'

const ENDING = /\.(json|ndjson|jsonl)(\.gz)?$/i

const { compare: naturally } = new Intl.Collator('en', { numeric: true })

function rootOf(dataDir: string): string {
  const hint = 'Create it and put batches of feed files there, or name another folder with --data (or DATA_DIR).'
  try {
    const root = realpathSync(dataDir)
    if (!statSync(root).isDirectory()) throw new ProjectError(`The data folder ${dataDir} is not a folder.`, { hint })
    return root
  } catch (error) {
    if (error instanceof ProjectError) throw error
    throw new ProjectError(`The data folder ${dataDir} ${unreadable(error)}.`, { hint })
  }
}
