import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { generate } from '../../bench/generate.ts'
import { buildCommand } from '../../run/commands/build.ts'
import { connect } from '../../run/database/connection.ts'
import type { Sql } from '../../run/database/driver.ts'
import { type Embedded, runningEmbedded, startEmbedded } from '../../run/embedded/server.ts'
import { feed as feedExtension } from '../../run/feed/extension.ts'
import { quickFolder } from '../memory.ts'
import { silentReport } from '../pipeline/fixture.ts'

/** A copy of the project with its own embedded server and feed, in a temporary folder. */
export interface Site {
  dir: string
  /** Starts the runner as a user does; `env` is added to the environment. */
  start(args: string[], env?: Record<string, string>): Runner
  /** A build in this process, as the command does it: much faster, as its code is warm. Gives the exit code and output. */
  build(data: string): Promise<{ code: number; printed: string }>
  /** Corrects a file of the second delivery, differently in each round. */
  correct(round: number): void
  /** Adds columns to one model, or removes them again. */
  widen(isWide: boolean): void
  /** Holds the server and gives a connection to one of its databases; `letGo` ends both. */
  hold(database?: string): Promise<{ sql: Sql; letGo(): Promise<void> }>
  /** Recreates the project's database as a copy of another one, or keeps it under another name. */
  copy(from: string, to: string): Promise<void>
  /** Processes of the server, found by the port on their command line. */
  processes(): number[]
  remove(): Promise<void>
}

/** A running command. */
export interface Runner {
  pid: number
  stderr(): string
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>
  signal(name: NodeJS.Signals): void
}

/** The name of the embedded server's database. */
export const main = 'deskledger'

/**
 * Creates a site. Its feed is dirty, and so small that a build takes a second. `--data first` is the first delivery, `--data next` the
 * second: another day, a corrected file and a refused one. `--data large` is the first with a file that lands in several pieces.
 */
export async function createSite(): Promise<Site> {
  // A site has its own embedded server, whatever server the other tests use.
  delete process.env.DATABASE_URL
  const dir = quickFolder('deskledger-trust-')
  for (const name of ['dbt_project.yml', 'models', 'macros', 'migrations', 'seeds', 'tests/data', 'loaders/entities'])
    if (existsSync(join(project, name))) cpSync(join(project, name), join(dir, name), { recursive: true })
  // A model whose columns change between the deliveries, and a view on it.
  writeFileSync(join(dir, 'models/marts/trust_names.sql'), "select agent_id, name from {{ ref('trust_busy') }}\n")
  const [first, next] = [join(dir, 'first'), join(dir, 'next')]
  await generate({ ...feed, days: 1, from: 1, out: first })
  await generate({ ...feed, days: 2, from: 1, out: next })
  correct(join(next, 'sync-day1/agents/1.json'), 'Corrected')
  mkdirSync(join(next, 'sync-day2/cards'), { recursive: true })
  writeFileSync(join(next, 'sync-day2/cards/2.json'), '{"results":[{"id":')
  cpSync(first, join(dir, 'large'), { recursive: true })
  writeFileSync(join(dir, 'large/sync-day1/roles/2.json'), JSON.stringify(largeRoles))
  const site = siteIn(dir)
  site.widen(false)
  // A killed process loses nothing that it wrote: fsync only protects against power cuts, which are not tested, and is slow.
  const { sql, letGo } = await site.hold('postgres')
  await sql.unsafe('alter system set fsync = off')
  await sql.unsafe('select pg_reload_conf()')
  await letGo()
  return site
}

/** Copies a site, including its server, while that has no holder. */
export function cloneSite({ dir }: Site): Site {
  const copy = quickFolder('deskledger-trust-')
  execFileSync('cp', ['-a', `${dir}/.`, copy])
  return siteIn(copy)
}

function siteIn(dir: string): Site {
  return {
    dir,
    start,
    build,
    correct: round => correct(join(dir, 'next/sync-day2/agents/1.json'), `Round ${round}`),
    widen,
    hold,
    copy,
    processes,
    remove,
  }

  function start(args: string[], env: Record<string, string> = {}): Runner {
    const words = ['--import', 'tsx', '--import', join(import.meta.dirname, 'kill-at.ts'), join(project, 'run.ts')]
    const child = spawn(process.execPath, [...words, ...args, '--project-dir', dir], {
      cwd: project,
      env: { ...process.env, NO_COLOR: '1', TRUST_POSTMASTER: join(dir, '.pg/18/data/postmaster.pid'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', chunk => (stdout += chunk))
    child.stderr.on('data', chunk => (stderr += chunk))
    const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>(resolve =>
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
    )
    return { pid: child.pid ?? 0, stderr: () => stderr, ended, signal: name => void child.kill(name) }
  }

  async function build(data: string): Promise<{ code: number; printed: string }> {
    const { report, printed } = silentReport()
    const options = { projectDir: dir, data: join(dir, data), logFormat: 'text' as const }
    const command = { name: 'build', options, report, extension: feedExtension, signal: new AbortController().signal }
    const code = await buildCommand(command, { types: ['model', 'seed', 'test'], loads: true }).catch(error => {
      report.fail(error)
      return 2
    })
    return { code, printed: printed() }
  }

  function widen(isWide: boolean): void {
    writeFileSync(join(dir, 'models/marts/trust_busy.sql'), busy.replace('name', isWide ? 'name, email, is_active' : 'name'))
  }

  async function hold(database = main): Promise<{ sql: Sql; letGo(): Promise<void> }> {
    const server: Embedded = await startEmbedded(dir)
    const url = new URL(server.url)
    url.pathname = `/${database}`
    const sql = connect(url.href, { max: 2, application: 'trust' })
    return {
      sql,
      async letGo() {
        await sql.end({ timeout: 1 })
        await server.close()
      },
    }
  }

  async function copy(from: string, to: string): Promise<void> {
    const { sql, letGo } = await hold('postgres')
    try {
      await sql.unsafe(`drop database if exists ${to} with (force)`)
      await sql.unsafe(`create database ${to} template ${from} strategy file_copy`)
    } finally {
      await letGo()
    }
  }

  function processes(): number[] {
    const port = existsSync(join(dir, '.pg/18/port')) ? readFileSync(join(dir, '.pg/18/port'), 'utf8').trim() : ''
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name) && commandOf(name).includes(`port=${port}`))
      .map(Number)
  }

  async function remove(): Promise<void> {
    for (let tries = 0; tries < 100 && runningEmbedded(dir); tries++) await sleep(50)
    rmSync(dir, { recursive: true, force: true })
  }
}

const project = join(import.meta.dirname, '../..')

const feed = {
  seed: 7,
  agents: 40,
  groups: 8,
  transactions: 200,
  churn: 0.2,
  changes: 0.2,
  snapshots: false,
  details: true,
  dirty: 0.05,
  format: 'array' as const,
}

const busy = "{{ config(materialized='table') }}\nselect agent_id, name from {{ ref('agents') }}\n"

// Seven MB in seventy records, in a field that no rule reads.
const largeRoles = Array.from({ length: 70 }, (_, at) => ({ id: 9_000_000 + at, name: `Large ${at}`, ballast: `${at} `.repeat(25_000) }))

function correct(file: string, title: string): void {
  const records = JSON.parse(readFileSync(file, 'utf8').replace(/\bNaN\b/g, 'null')) as { contact?: { job_title?: string } }[]
  for (const record of records.slice(0, 10)) if (record?.contact) record.contact.job_title = title
  writeFileSync(file, JSON.stringify(records))
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
