import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'

/** Identifies a version of a file without reading it: its path, size and time. */
export function stampOf(file: string): string {
  const { size, mtimeMs } = statSync(file)
  return `${file} ${size} ${mtimeMs}`
}

/** Whether a path is the folder or inside it, by its text: links are not followed. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep)
}

/** All files in a folder and below; empty when the folder does not exist. Links are followed, except to a folder above. */
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
