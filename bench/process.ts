import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** What a program took, and what it printed. */
export interface Ended {
  /** From start to end of the whole process. */
  seconds: number
  /** The most resident memory that it had with all processes below it, in MB (1e6 bytes); undefined where there is no /proc. */
  megabytes: number | undefined
  stdout: string
  stderr: string
}

/** Where and how a program runs. `signal` kills it with all that it started. */
export interface Surroundings {
  signal: AbortSignal
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** The exit codes that are no failure (default: 0 alone). */
  codes?: number[]
}

/**
 * Runs a program to its end. Throws an Error with the end of what it said when it fails, and the signal's reason when it was killed for
 * that.
 */
export async function run(program: string, args: string[], { signal, cwd, env, codes = [0] }: Surroundings): Promise<Ended> {
  signal.throwIfAborted()
  const began = performance.now()
  // A group of its own, so that everything in it can be ended at once.
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

/** The end of what a program said; of our runner without the nodes that went well or were left out. */
function telling({ stdout, stderr }: { stdout: string; stderr: string }): string {
  const lines = (stderr.trim() || stdout.trim()).split('\n').filter(line => !/^\S+ +\d+ of \d+ (START|OK|PASS|SKIP)/.test(line))
  return lines.join('\n').slice(-3000)
}

/** Samples the memory of a process and all below it; the result ends that and gives the peak. */
function watch(root: number | undefined): () => number | undefined {
  let peak = 0
  const sample = () => {
    let sum = 0
    for (const pid of root ? treeOf(root) : []) {
      const { now, most } = memoryOf(pid)
      sum += now
      // What one process alone had between two samples is known to the kernel.
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

/** Resident memory in bytes, now and at most. */
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
    // It has just ended.
  }
}
