import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { ProjectError } from '../base/errors.ts'
import type { Command } from '../cli/command.ts'
import { connectionOf } from '../cli/open-database.ts'
import { urlOf } from '../database/address.ts'
import { embeddedAddress } from '../embedded/embedded-address.ts'
import { keepEmbedded, runningEmbedded, startEmbedded, stopEmbedded } from '../embedded/server.ts'

/** db start, stop, url, psql: the embedded server, kept running for other clients. */
export const dbCommands: Record<'start' | 'stop' | 'url' | 'psql', (command: Command, args: string[]) => Promise<number>> = {
  start,
  stop,
  url,
  psql,
}

async function start({ options, report }: Command): Promise<number> {
  await refuseOther(options)
  report.result(await keepEmbedded(folder(options)))
  report.note('It runs until `npx tsx run.ts db stop`.')
  return 0
}

async function stop({ options, report }: Command): Promise<number> {
  await refuseOther(options)
  const state = await stopEmbedded(folder(options))
  report.note(
    { stopped: 'Stopped.', 'not running': 'It was not running.', 'in use': 'It stops when the process that works with it has ended.' }[
      state
    ],
  )
  return 0
}

// The password is in it: it is what the user asks for.
async function url({ options, report }: Command): Promise<number> {
  const { address } = await connectionOf(options)
  const given = process.env.DATABASE_URL || (address ? urlOf(address) : runningEmbedded(folder(options))?.url)
  if (!given) throw new ProjectError('The embedded server is not running', { hint: 'Start it with `npx tsx run.ts db start`.' })
  report.result(given)
  return 0
}

async function psql({ options }: Command, args: string[]): Promise<number> {
  const { address: given } = await connectionOf(options)
  const server = given ? null : await startEmbedded(folder(options))
  try {
    // By environment, so that the password stands in no list of processes.
    const { PGSERVICE: _, ...environment } = process.env
    const env = { ...environment, ...(given ?? embeddedAddress(server!.url)).environment }
    const child = spawn('psql', args, { stdio: 'inherit', env })
    const [code] = await once(child, 'exit')
    return code === 0 ? 0 : 2
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error
    throw new ProjectError('psql is not installed', {
      hint: 'Install the PostgreSQL client, or use `show --inline "select …"`; any client takes the URL of `db url`.',
    })
  } finally {
    await server?.close()
  }
}

async function refuseOther(options: Command['options']): Promise<void> {
  const { address } = await connectionOf(options)
  if (!address) return
  throw new ProjectError(`${address.from} names a server, so the embedded one is not in use`, {
    hint: 'Work with the embedded one where DATABASE_URL is not set and there is no profile.',
  })
}

function folder({ projectDir }: Command['options']): string {
  return path.resolve(projectDir)
}
