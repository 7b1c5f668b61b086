import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'

/** What stands for a file without reading it: its path, size and time. */
export function stampOf(file: string): string {
  const { size, mtimeMs } = statSync(file)
  return `${file} ${size} ${mtimeMs}`
}

/** Whether a path is that of a folder or lies in it, as they are written: links are not followed. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep)
}

/**
 * All files in a folder and below, none when there is no such folder. Links are followed, but for those that lead back to a folder above.
 */
export function filesIn(folder: string, above: string[] = []): string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return []
  const real = realpathSync(folder)
  if (above.includes(real)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isDirectory())
    return isFolder ? filesIn(path, [...above, real]) : entry.isSymbolicLink() && !existsSync(path) ? [] : [path]
  })
}
