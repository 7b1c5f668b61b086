import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { generate } from '../../bench/generate.ts'
import { startEmbedded } from '../../run/embedded/server.ts'
import { below } from './server-processes.ts'

const project = join(import.meta.dirname, '../..')

/** The size of a year, and Node's memory limit for it, in MB of 1024 × 1024 bytes. */
export interface Year {
  days: number
  agents: number
  transactions: number
  megabytes: number
}

/** The cost of the build. */
export interface Built {
  code: number | null
  seconds: number
  feedMegabytes: number
  /** The peak resident memory of Node with its threads, from the kernel. */
  peakMegabytes: number
  /** Whether the kernel enforced the limit; otherwise only the heap was limited. */
  isLimited: boolean
  printed: string
}

/** Builds a year's feed from an empty database in one process with limited memory; PostgreSQL is outside of the limit. */
export async function buildYear({ megabytes, ...plan }: Year): Promise<Built> {
  const folder = mkdtempSync(join(tmpdir(), 'deskledger-year-'))
  const group = limitedGroup(megabytes)
  mkdirSync(join(folder, 'server'))
  const feed = { seed: 1, groups: 40, changes: 1, churn: 0.005, snapshots: false, details: false, dirty: 0.001, format: 'array' as const }
  const bytes = await generate({ ...feed, ...plan, from: 1, out: join(folder, 'feed') })
  const server = await startEmbedded(join(folder, 'server'))
  try {
    const build = ['build', '--quiet', '--data', join(folder, 'feed'), '--target-path', join(folder, 'target')]
    const runner = ['--import', 'tsx', join(project, 'run.ts'), ...build, '--log-path', join(folder, 'logs')]
    // The shell enters the group, then becomes the runner.
    const enter = group ? `echo $$ > '${group}/cgroup.procs' && exec "$@"` : 'exec "$@"'
    const heap = group ? [] : [`--max-old-space-size=${Math.floor(megabytes / 2)}`]
    const began = performance.now()
    const child = spawn('sh', ['-c', enter, 'sh', process.execPath, ...heap, ...runner], {
      cwd: project,
      env: { ...process.env, DATABASE_URL: server.url, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (printed += chunk))
    let code: number | null | undefined
    child.on('close', status => (code = status))
    let peak = 0
    while (code === undefined) {
      peak = Math.max(
        peak,
        below(child.pid!).reduce((sum, pid) => sum + peakOf(pid), 0),
      )
      await sleep(100)
    }
    const seconds = (performance.now() - began) / 1000
    return { code, seconds, feedMegabytes: bytes / 1e6, peakMegabytes: peak, isLimited: group !== undefined, printed }
  } finally {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
    if (group) rmdirSync(group)
  }
}

/** The figures, as a line. */
export function lineOf({ days, megabytes }: Year, { code, seconds, feedMegabytes, peakMegabytes, isLimited }: Built): string {
  const limit = `${megabytes} MB for Node${isLimited ? ', held to it by the kernel' : ', of which half for its heap'}`
  return `${days} days, ${feedMegabytes.toFixed(0)} MB, under ${limit}: ended with ${code} after ${seconds.toFixed(0)} s, at most ${peakMegabytes.toFixed(0)} MB resident`
}

/** A control group with a memory limit, where this user may create one; cgroup version 1 or 2. */
function limitedGroup(megabytes: number): string | undefined {
  const roots = [
    { folder: '/sys/fs/cgroup/memory', file: 'memory.limit_in_bytes' },
    { folder: '/sys/fs/cgroup', file: 'memory.max' },
  ]
  for (const { folder, file } of roots.filter(({ folder, file }) => existsSync(join(folder, file)) || folder.endsWith('memory'))) {
    const group = join(folder, `deskledger-${process.pid}`)
    try {
      mkdirSync(group)
      writeFileSync(join(group, file), String(megabytes * 1024 * 1024))
      return group
    } catch {
      if (existsSync(group)) rmdirSync(group)
    }
  }
  return undefined
}

/** The peak resident memory of a process, in MB of 1024 × 1024 bytes; 0 without such a process. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** `npm run test:year -- --days 365 --agents 1500 --transactions 2000 --megabytes 256` */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      days: { type: 'string', default: '365' },
      agents: { type: 'string', default: '1500' },
      transactions: { type: 'string', default: '2000' },
      megabytes: { type: 'string', default: '256' },
    },
  })
  const [days, agents, transactions, megabytes] = [values.days, values.agents, values.transactions, values.megabytes].map(Number)
  const year = { days: days!, agents: agents!, transactions: transactions!, megabytes: megabytes! }
  const built = await buildYear(year)
  process.stdout.write(`${lineOf(year, built)}\n${built.code === 0 ? '' : built.printed.slice(-3000)}`)
  process.exitCode = built.code === 0 && built.peakMegabytes <= year.megabytes ? 0 : 1
}
