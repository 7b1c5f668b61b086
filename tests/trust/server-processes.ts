import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** The processes of an embedded server that a kill may hit. */
export type Victim = 'server' | 'backend' | 'keeper' | 'watcher' | 'auxiliary'

/** The process id in the server's pid file; 0 without one. */
export function postmasterOf(pidFile: string): number {
  return existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8').split('\n')[0]) : 0
}

/**
 * The processes of a server: the shell that started it (keeper), the one that waits for its last holder (watcher), its own ones (auxiliary:
 * checkpointer, writers, launchers, workers) and those of clients (backend).
 */
export function processesOf(server: number): Record<Victim, number[]> {
  const all = processes()
  const keeper = all.find(({ pid }) => pid === server)?.parent ?? 0
  const children = all.filter(({ parent }) => parent === server)
  const isClient = ({ words }: Process) => /127\.0\.0\.1\(\d+\)/.test(words)
  return {
    server: server > 0 ? [server] : [],
    // When the shell is gone, the server's parent is process 1.
    keeper: keeper > 1 ? [keeper] : [],
    watcher: keeper > 1 ? all.filter(({ parent, pid }) => parent === keeper && pid !== server).map(({ pid }) => pid) : [],
    auxiliary: children.filter(one => one.words.startsWith('postgres: ') && !isClient(one)).map(({ pid }) => pid),
    backend: children.filter(isClient).map(({ pid }) => pid),
  }
}

/** All descendants of a process, and its own id first. */
export function below(root: number): number[] {
  const all = processes()
  const found = [root]
  for (const one of found) found.push(...all.filter(({ parent }) => parent === one).map(({ pid }) => pid))
  return found
}

/** The command line of a process; '' where it has ended. */
export function wordsOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()
}

interface Process {
  pid: number
  parent: number
  words: string
}

function processes(): Process[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      // The name in brackets may contain anything; a zombie has ended.
      const [state, parent] = read(`/proc/${name}/stat`).split(') ').at(-1)!.split(' ')
      return parent === undefined || state === 'Z' ? [] : [{ pid: Number(name), parent: Number(parent), words: wordsOf(Number(name)) }]
    })
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
