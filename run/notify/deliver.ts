import { spawn } from 'node:child_process'
import type { NotifySettings } from '../project/settings.ts'
import type { Message } from './message.ts'

/** The destination of messages. */
export interface Receiver extends NotifySettings {
  /** Working directory of a command: the project's folder. */
  dir: string
}

/** Delivers a message by HTTP or to a command. Throws on failure, without the address, which is a secret. */
export async function deliver(message: Message, to: Receiver, patience = PATIENCE): Promise<void> {
  if (to.url) await post(message, to.url, patience)
  if (to.command) await handOver(message, to.command, to.dir, patience)
}

/** The destination in readable form: of an address only the host. */
export function placeOfDelivery({ url, command }: NotifySettings): string {
  if (command) return `the command '${command.trim().split(/\s+/)[0]}'`
  return URL.canParse(url ?? '') ? new URL(url ?? '').host : 'the address in NOTIFY_URL'
}

/** In milliseconds. */
const PATIENCE = 10_000

async function post(message: Message, url: string, patience: number): Promise<void> {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw new Error('not an http or https URL')
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(message),
    signal: AbortSignal.timeout(patience),
  }).catch((error: Error & { cause?: { code?: string } }) => {
    throw new Error(error.name === 'TimeoutError' ? `no answer within ${patience / 1000} s` : (error.cause?.code ?? error.name))
  })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
}

/** Runs a shell command: the message as JSON on its standard input, its text in NOTIFY_TEXT. */
async function handOver(message: Message, command: string, cwd: string, patience: number): Promise<void> {
  const child = spawn(command, {
    cwd,
    shell: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, NOTIFY_TEXT: message.text },
    detached: process.platform !== 'win32',
  })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    end(child.pid)
  }, patience)
  // The command may ignore its input.
  child.stdin.on('error', () => {})
  child.stdin.end(JSON.stringify(message))
  const code = await new Promise<number | string | null>(resolve => {
    child.on('error', error => resolve((error as NodeJS.ErrnoException).code ?? error.message))
    child.on('close', code => resolve(code))
  }).finally(() => clearTimeout(timer))
  if (isLate) throw new Error(`it did not end within ${patience / 1000} s`)
  if (code !== 0) throw new Error(`it ended with ${code ?? 'a signal'}`)
}

// Ends the command with its child processes.
function end(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // The process has already ended.
  }
}
