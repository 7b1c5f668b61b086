import { mkdtempSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder, in memory where there is plenty of it: what tests write, make sure of and remove need not outlive a power failure. */
export function quickFolder(prefix: string): string {
  return mkdtempSync(join(memory(), prefix))
}

function memory(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    return bavail * bsize > 4 * 1024 ** 3 ? '/dev/shm' : tmpdir()
  } catch {
    return tmpdir()
  }
}
