import { lstatSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import type { ReadEntry } from 'tar'
import { ProjectError } from '../base/errors.ts'
import { isWithin } from '../base/files.ts'

/**
 * Unpacks the tarball of a package, whose files are in one folder, into a new folder. Checks all entries before writing anything: throws
 * for a path or link that leads out of the folder, and for anything but files, folders and links.
 */
export async function extract(bytes: Buffer, into: string, what: string): Promise<void> {
  const { list, extract: unpack } = await import('tar')
  const file = `${into}.tgz`
  writeFileSync(file, bytes)
  const problems: string[] = []
  let size = 0
  let count = 0
  const broken = (error: Error): never => {
    throw new ProjectError(`Cannot read the tarball of ${what}: ${error.message}`)
  }
  const onReadEntry = (entry: ReadEntry): void => {
    size += entry.size
    count++
    const problem = problemOf(entry.path, entry.type, entry.linkpath)
    if (problem) problems.push(problem)
  }
  await list({ file, strict: true, onReadEntry }).catch(broken)
  if (count === 0) throw new ProjectError(`Empty or invalid tarball: ${what}`)
  if (size > LARGEST || count > MOST) throw new ProjectError(`${what} unpacks into ${count} files of ${size} bytes, which is too much`)
  if (problems.length > 0)
    throw new ProjectError(`${what} is not safe to unpack: ${problems[0]}`, { hint: 'Nothing was written. Report it to its maintainers.' })
  mkdirSync(into, { recursive: true })
  await unpack({ file, cwd: into, strip: 1, strict: true, preserveOwner: false }).catch(broken)
  refuseLinksOut(into, what)
}

/** Throws for a link in a folder that leads out of it. */
export function refuseLinksOut(root: string, what: string): void {
  const queue = [root]
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop())
    for (const name of readdirSync(folder)) {
      const path = join(folder, name)
      const found = lstatSync(path)
      if (found.isDirectory() && name !== '.git') queue.push(path)
      if (!found.isSymbolicLink()) continue
      const target = resolve(dirname(path), readlinkSync(path))
      if (!isWithin(target, root))
        throw new ProjectError(`${what} has a link to a place outside of it: ${relative(root, path)} → ${readlinkSync(path)}`, {
          hint: 'It was not installed. Report it to its maintainers.',
        })
    }
}

/** In bytes and files. */
const LARGEST = 1_000_000_000
const MOST = 50_000

function problemOf(path: string, type: string, link: string | undefined): string | undefined {
  if (/^(ExtendedHeader|GlobalExtendedHeader|OldExtendedHeader|NextFileHasLongPath|NextFileHasLongLinkpath)$/.test(type)) return undefined
  if (isOutside(path)) return `the path ${path} leads out of its folder`
  if (type === 'SymbolicLink' || type === 'Link') {
    // The target of a symbolic link is relative to the link, that of a hard link to the archive.
    const target = type === 'Link' ? (link ?? '') : join(dirname(path), link ?? '')
    const top = path.split('/')[0]
    const leaves = isAbsolute(link ?? '') || isOutside(target) || target.replaceAll('\\', '/').split('/')[0] !== top
    return leaves ? `the link ${path} → ${link} leads out of its folder` : undefined
  }
  return /^(File|OldFile|ContiguousFile|Directory|GNUDumpDir)$/.test(type) ? undefined : `${path} is a ${type}`
}

function isOutside(path: string): boolean {
  return isAbsolute(path) || /^[A-Za-z]:|^\\/.test(path) || path.split(/[\\/]/).includes('..')
}
