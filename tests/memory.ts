import { mkdtempSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder, in memory where there is plenty of it: what tests write, make sure of and remove need not outlive a power failure. */
export function quickFolder(prefix: string): string {
  return mkdtempSync(join(memory(), prefix))
}

function memory(): string {
  // The tests' own folder may lie there already.
  if (tmpdir().startsWith(SHARED)) return tmpdir()
  try {
    const { bavail, bsize } = statfsSync(SHARED)
    return bavail * bsize > 4 * 1024 ** 3 ? SHARED : tmpdir()
  } catch {
    return tmpdir()
  }
}

const SHARED = '/dev/shm'
