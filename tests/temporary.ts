import { chmodSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { quickFolder } from './memory.ts'

/** Before all tests: whatever they write to the folder of temporary files lies in one folder, and goes with it. */
export default function setup(): (() => void) | undefined {
  if (tmpdir().includes(NAME)) return undefined
  const before = process.env.TMPDIR
  const folder = quickFolder(NAME)
  // As that of the system: what root runs as a plain user writes there, too.
  chmodSync(folder, 0o1777)
  process.env.TMPDIR = folder
  return () => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    rmSync(folder, { recursive: true, force: true })
  }
}

const NAME = 'deskledger-tests-'
