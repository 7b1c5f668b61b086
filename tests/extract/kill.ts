import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build } from 'esbuild'
import { places } from '../../run/cli/bundle.ts'

/** The parameters of the child. */
export interface ChildOrder {
  dataDir: string
  hosts: Record<string, string>
  env: Record<string, string>
  pageSize: number
  /** The disk operation at which it kills itself, counted from 1; 0 for none. */
  killAt: number
  how: 'before' | 'after' | 'amid'
}

/** Bundles the child into one file in a folder, as starting its modules under tsx would take a second. Gives its path. */
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
    // For packages that require() Node's modules.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
    logLevel: 'silent',
  })
  return file
}

/** Runs the child to its end: gives its exit code, null when it was killed, and its output. */
export function runChild(file: string, order: ChildOrder): Promise<{ code: number | null; printed: string }> {
  const child = spawn(process.execPath, [file, JSON.stringify(order)])
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      printed += String(chunk)
    })
  return new Promise(resolve => child.on('close', code => resolve({ code, printed })))
}
