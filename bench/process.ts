import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** The cost of a program, and its output. */
export interface Ended {
  /** From start to end of the whole process. */
  seconds: number
  /** Its peak resident memory with all child processes, in MB (1e6 bytes); undefined without /proc. */
  megabytes: number | undefined
  stdout: string
  stderr: string
}

/** Where and how a program runs. `signal` kills it with its child processes. */
export interface Surroundings {
  signal: AbortSignal
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** Exit codes that are no failure (default: only 0). */
  codes?: number[]
}

/** Runs a program to its end. Throws an Error with the end of its output when it fails, and the signal's reason when that killed it. */
export async function run(program: string, args: string[], { signal, cwd, env, codes = [0] }: Surroundings): Promise<Ended> {
  signal.throwIfAborted()
  const began = performance.now()
  // A process group of its own, so that all its processes can be killed at once.
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', text => (said[name] += text))
  const ended = new Promise<string>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, by) => resolve(codes.includes(code ?? -1) ? '' : by ? `was ended by ${by}` : `ended with ${code}`))
  })
  const stop = () => void (child.pid && killGroup(child.pid))
  signal.addEventListener('abort', stop)
  const memory = watch(child.pid)
  try {
    const failure = await ended
    const seconds = (performance.now() - began) / 1000
    signal.throwIfAborted()
    if (failure) throw new Error(`${program} ${args.join(' ')} ${failure}\n${telling(said)}`)
    return { seconds, megabytes: memory(), ...said }
  } finally {
    memory()
    signal.removeEventListener('abort', stop)
  }
}

const SAMPLE_MS = 40

/** The end of a program's output; for our runner without the nodes that succeeded or were skipped. */
function telling({ stdout, stderr }: { stdout: string; stderr: string }): string {
  const lines = (stderr.trim() || stdout.trim()).split('\n').filter(line => !/^\S+ +\d+ of \d+ (START|OK|PASS|SKIP)/.test(line))
  return lines.join('\n').slice(-3000)
}

/** Samples the memory of a process and its children; calling the result stops that and gives the peak. */
function watch(root: number | undefined): () => number | undefined {
  let peak = 0
  const sample = () => {
    let sum = 0
    for (const pid of root ? treeOf(root) : []) {
      const { now, most } = memoryOf(pid)
      sum += now
      // The kernel knows the peak of a single process between two samples.
      peak = Math.max(peak, most)
    }
    peak = Math.max(peak, sum)
  }
  const timer = setInterval(sample, SAMPLE_MS)
  return () => {
    clearInterval(timer)
    return peak > 0 ? peak / 1e6 : undefined
  }
}

function treeOf(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap(task => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '))
    return [pid, ...children.filter(Boolean).flatMap(child => treeOf(Number(child)))]
  } catch {
    return []
  }
}

/** Resident memory in bytes, now and at its peak. */
function memoryOf(pid: number): { now: number; most: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
    return { now: of('VmRSS'), most: of('VmHWM') }
  } catch {
    return { now: 0, most: 0 }
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // The process has just ended.
  }
}
