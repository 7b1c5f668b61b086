import { chmodSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { quickFolder } from './memory.ts'

/** Before all tests: makes one folder for all their temporary files, and removes it at the end. */
export default function setup(): (() => void) | undefined {
  if (tmpdir().includes(NAME)) return undefined
  const before = process.env.TMPDIR
  const folder = quickFolder(NAME)
  // With the mode of the system's folder: what root runs as a plain user writes there, too.
  chmodSync(folder, 0o1777)
  process.env.TMPDIR = folder
  return () => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    rmSync(folder, { recursive: true, force: true })
  }
}

const NAME = 'deskledger-tests-'
