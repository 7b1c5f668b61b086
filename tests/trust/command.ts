import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const project = join(import.meta.dirname, '../..')

/** Runs the command line on a database, to its end; gives its exit code and output. */
export function run(url: string, args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; printed: string }> {
  const target = mkdtempSync(join(tmpdir(), 'deskledger-target-'))
  const own = args.includes('--target-path') ? [] : ['--target-path', target]
  const child = spawn(process.execPath, ['--import', 'tsx', join(project, 'run.ts'), ...args, ...own], {
    cwd: project,
    env: { ...process.env, NO_COLOR: '1', DATABASE_URL: url, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (printed += chunk))
  return new Promise(resolve =>
    child.on('close', code => {
      rmSync(target, { recursive: true, force: true })
      resolve({ code, printed })
    }),
  )
}

/** Runs a shell command of the trial's user; throws when it fails. */
export function shell(command: string): void {
  const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`)
}
