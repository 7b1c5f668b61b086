import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build } from 'esbuild'
import { places } from '../../run/cli/bundle.ts'

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

/** Writes the child as one file into a folder: as its modules, under tsx, it would take a second to start. Gives its path. */
export async function writeChild(folder: string): Promise<string> {
  const file = join(folder, 'child.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'child.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    plugins: [places],
    // What packages require() of Node.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
    logLevel: 'silent',
  })
  return file
}

/** Runs the child to its end: its exit code, null when it was killed, and what it printed. */
export function runChild(file: string, order: ChildOrder): Promise<{ code: number | null; printed: string }> {
  const child = spawn(process.execPath, [file, JSON.stringify(order)])
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      printed += String(chunk)
    })
  return new Promise(resolve => child.on('close', code => resolve({ code, printed })))
}
