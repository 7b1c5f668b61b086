import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** What the child is told. */
export interface ChildOrder {
  dataDir: string
  hosts: Record<string, string>
  env: Record<string, string>
  pageSize: number
  /** It kills itself at this thing that it does to the disk, counted from 1; at none when it is 0. */
  killAt: number
  how: 'before' | 'after' | 'amid'
}

/** Runs the child to its end: its exit code, null when it was killed, and what it printed. */
export function runChild(order: ChildOrder): Promise<{ code: number | null; printed: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'child.ts'), JSON.stringify(order)])
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      printed += String(chunk)
    })
  return new Promise(resolve => child.on('close', code => resolve({ code, printed })))
}
