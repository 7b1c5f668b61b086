import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { ExtractError } from './failure.ts'

/** Makes a folder that only its owner can enter, as the feed is about people. */
export function makeFolder(path: string): void {
  onDisk(path, () => mkdirSync(path, { recursive: true, mode: 0o700 }))
}

/** Writes a file completely or not at all, even across a power cut: first as `beside`, then renamed. Only its owner can read it. */
export function writeWhole(path: string, bytes: Buffer, beside: string): void {
  onDisk(path, () => {
    const fd = openSync(beside, 'w', 0o600)
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    renameSync(beside, path)
  })
}

/** Makes the names in a folder survive a power cut, where the file system supports it. */
export function syncFolder(path: string): void {
  let fd: number | undefined
  try {
    fd = openSync(path, 'r')
    fsyncSync(fd)
  } catch (error) {
    // Windows cannot open folders, and some network file systems cannot sync them.
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF'].includes((error as NodeJS.ErrnoException).code ?? ''))
      onDisk(path, () => {
        throw error
      })
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** The hash of bytes, in hexadecimal. */
export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Runs file operations; a system error becomes an ExtractError with the file and the next step. */
export function onDisk<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (error instanceof ExtractError || code === undefined) throw error
    throw new ExtractError(4, `Cannot access ${path}: ${sayings[code] ?? 'file system error'} (${code})`, {
      hint: 'Check the free space and the permissions of the data folder, then run extract again: it continues where it stopped.',
    })
  }
}

const sayings: Record<string, string> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'disk quota exceeded',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'read-only file system',
}
