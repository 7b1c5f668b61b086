import { mkdtempSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder, in memory if there is plenty: what tests write, sync and remove need not survive a power failure. */
export function quickFolder(prefix: string): string {
  return mkdtempSync(join(memory(), prefix))
}

function memory(): string {
  // The tests' own folder may be there already.
  if (tmpdir().startsWith(SHARED)) return tmpdir()
  try {
    const { bavail, bsize } = statfsSync(SHARED)
    return bavail * bsize > 4 * 1024 ** 3 ? SHARED : tmpdir()
  } catch {
    return tmpdir()
  }
}

const SHARED = '/dev/shm'
