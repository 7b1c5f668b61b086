import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ProjectError } from '../base/errors.ts'
import { type DataDirectory, isRunning, programEnvironment, readPostmaster } from './data-directory.ts'
import { serverSettings } from './settings.ts'

/**
 * Starts the server on Windows, which lacks signals and the named pipes that count holders elsewhere, and where PostgreSQL refuses
 * administrators unless pg_ctl starts it. The process that starts the server stops it. A server whose starter was killed is used by the
 * next process and ends with `db stop`. Gives whether the server was started here.
 */
export async function startByPgCtl(cluster: DataDirectory, bin: string, port: number): Promise<boolean> {
  const running = readPostmaster(cluster)
  if (running && isRunning(running)) return false
  // pg_ctl's quoting breaks words that contain blanks or are empty.
  const words = serverSettings(port).filter(word => word !== '-c' && !/[ ]|=$/.test(word))
  const options = words.map(word => `-c ${word}`).join(' ')
  const code = await pgCtl(bin, ['start', '-w', '-t', '60', '-D', cluster.data, '-l', cluster.log, '-o', options])
  if (code === 0) return true
  throw new ProjectError('The embedded PostgreSQL did not start', { hint: `Its log: ${cluster.log}. Or set DATABASE_URL.` })
}

/** Shuts the server down and waits for it; gives whether it ran. */
export async function stopByPgCtl(cluster: DataDirectory, bin: string): Promise<boolean> {
  return (await pgCtl(bin, ['stop', '-w', '-m', 'fast', '-D', cluster.data])) === 0
}

async function pgCtl(bin: string, words: string[]): Promise<number> {
  // With pipes to us the server would keep them open, and pg_ctl would never seem to end.
  const child = spawn(join(bin, 'pg_ctl'), words, { stdio: 'ignore', windowsHide: true, env: programEnvironment })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}
