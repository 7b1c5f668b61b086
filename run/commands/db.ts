import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { ProjectError } from '../base/errors.ts'
import type { Command } from '../cli/command.ts'
import { connectionOf, withDatabase } from '../cli/open-database.ts'
import { describeAddress, urlOf } from '../database/address.ts'
import { embeddedAddress } from '../embedded/embedded-address.ts'
import { keepEmbedded, runningEmbedded, startEmbedded, stopEmbedded } from '../embedded/server.ts'
import { numberText, plural } from '../report/format.ts'

/** db start, stop, restart, status, url, psql: the embedded server, kept running for other clients. */
export const dbCommands: Record<
  'start' | 'stop' | 'restart' | 'status' | 'url' | 'psql',
  (command: Command, args: string[]) => Promise<number>
> = {
  start,
  stop,
  restart,
  status,
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
    { stopped: 'Stopped.', 'not running': 'It was not running.', 'in use': 'It stops when the process that uses it has ended.' }[state],
  )
  return 0
}

async function restart({ options, report }: Command): Promise<number> {
  await refuseOther(options)
  if ((await stopEmbedded(folder(options))) === 'in use')
    throw new ProjectError('The embedded server was not restarted: another process is using it', {
      hint: 'Wait until that build or load has ended, then run `db restart` again. The server stops when that process ends.',
    })
  report.result(await keepEmbedded(folder(options)))
  return 0
}

// Exit code for scripts: 0 when the server runs, 1 when it does not. Asks the configured server where another one is in use.
async function status(command: Command): Promise<number> {
  const { options, report } = command
  const { address } = await connectionOf(options)
  const running = address ? undefined : runningEmbedded(folder(options))
  const held = running?.held ? 'until `db stop`' : 'until the process that uses it ends'
  if (!address && !running) {
    report.result(options.output === 'json' ? JSON.stringify({ running: false }) : 'The embedded server is not running.')
    return 1
  }
  return withDatabase(command, async sql => {
    const [row] = await sql<{ version: string; since: string; sessions: number; bytes: string }[]>`
      select
          current_setting('server_version') as version,
          pg_postmaster_start_time() as since,
          (select count(*)::int from pg_stat_activity where datname = current_database() and pid != pg_backend_pid()) as sessions,
          pg_database_size(current_database())::text as bytes`
    const { version, since, sessions, bytes } = row!
    const where = address ? describeAddress(address) : 'embedded'
    if (options.output === 'json')
      report.result(
        JSON.stringify({ running: true, server: where, version, since, sessions, bytes: Number(bytes), held: running?.held ?? null }),
      )
    else
      report.result(
        [
          `PostgreSQL ${version}, ${where}: running since ${since.slice(0, 19).replace('T', ' ')} UTC${address ? '' : `, ${held}`}`,
          `${plural(sessions, 'other session')}, database of ${numberText(Math.ceil(Number(bytes) / 1_000_000))} MB`,
        ].join('\n'),
      )
    return 0
  })
}

// The URL includes the password, which is what the user asks for.
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
    // By environment, so that no process list shows the password.
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
  throw new ProjectError(`The embedded server is not in use: ${address.from} names another one`, {
    hint: 'To use it, unset DATABASE_URL and remove the profile.',
  })
}

function folder({ projectDir }: Command['options']): string {
  return path.resolve(projectDir)
}
