import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { filesIn, stampOf } from './files.ts'
import { sha256 } from './hash.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** The cache folder, for files that can be recreated. */
export const CACHE = path.join(ROOT, 'node_modules/.cache/deskledger')

/** The bytes of a cached file, by its name; undefined when it is missing. */
export function cached(name: string): Buffer | undefined {
  try {
    return readFileSync(path.join(CACHE, name))
  } catch {
    return undefined
  }
}

/** Writes a cached file, whole or not at all, as other processes may write the same one. Errors are ignored. */
export function cache(name: string, bytes: Uint8Array): void {
  const file = path.join(CACHE, name)
  const part = `${file}.${process.pid}`
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(part, bytes)
    renameSync(part, file)
  } catch {
    // The file is recreated the next time.
  }
}

/** Removes all files of a cache folder except the newest. */
export function sweep(folder: string, most: number): void {
  const files = readdirSync(path.join(CACHE, folder), { withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ name }) => path.join(CACHE, folder, name))
  if (files.length <= most) return
  const byAge = files.map(file => ({ file, time: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 })).sort((a, b) => b.time - a.time)
  for (const { file } of byAge.slice(most)) rmSync(file, { force: true })
}

/** sha256 in hex of the program: of the sizes and times of its files, the installed packages, and Node's version. */
export function program(): string {
  if (digest !== undefined) return digest
  const modules = ['run', 'loaders'].flatMap(folder => filesIn(path.join(ROOT, folder))).filter(file => file.endsWith('.ts'))
  const packages = ['package.json', 'node_modules/.package-lock.json'].map(name => path.join(ROOT, name))
  digest = sha256([process.version, ...[...packages, ...modules.sort()].map(stampOf)].join('\n'))
  return digest
}

let digest: string | undefined
