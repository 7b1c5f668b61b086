import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Whom of an embedded server a kill may hit. */
export type Victim = 'server' | 'backend' | 'keeper' | 'watcher' | 'auxiliary'

/** The number of the server's process as its pid file has it; 0 where there is none. */
export function postmasterOf(pidFile: string): number {
  return existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8').split('\n')[0]) : 0
}

/**
 * The processes beside a server: the shell that started it (keeper), the one that waits for its last holder (watcher), those that it keeps
 * for itself (auxiliary: checkpointer, writers, launchers, workers) and those of clients (backend).
 */
export function processesOf(server: number): Record<Victim, number[]> {
  const all = processes()
  const keeper = all.find(({ pid }) => pid === server)?.parent ?? 0
  const children = all.filter(({ parent }) => parent === server)
  const isClient = ({ words }: Process) => /127\.0\.0\.1\(\d+\)/.test(words)
  return {
    server: server > 0 ? [server] : [],
    // A shell that is gone leaves its server to process 1.
    keeper: keeper > 1 ? [keeper] : [],
    watcher: keeper > 1 ? all.filter(({ parent, pid }) => parent === keeper && pid !== server).map(({ pid }) => pid) : [],
    auxiliary: children.filter(one => one.words.startsWith('postgres: ') && !isClient(one)).map(({ pid }) => pid),
    backend: children.filter(isClient).map(({ pid }) => pid),
  }
}

/** All processes below one, its own number first. */
export function below(root: number): number[] {
  const all = processes()
  const found = [root]
  for (const one of found) found.push(...all.filter(({ parent }) => parent === one).map(({ pid }) => pid))
  return found
}

/** What a process calls itself; '' where it has gone. */
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
      // The name in brackets may hold anything; a process that waits to be collected is gone.
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
