import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkServer, connect } from '../run/database/connection.ts'
import type { Sql } from '../run/database/driver.ts'
import { migrate } from '../run/database/migrate.ts'
import { runningEmbedded, startEmbedded } from '../run/embedded/server.ts'
import { type Ended, run } from './process.ts'

/** The environment of measurements: a temporary folder, and a PostgreSQL server with databases that are dropped when the site is closed. */
export interface Site {
  /** For feeds and other files; removed at the end. */
  dir: string
  signal: AbortSignal
  /** The server's version. */
  postgres: string
  /** Recreates a database, empty or with the migrations applied, and gives its URL. */
  database(name: string, content?: 'empty' | 'migrated'): Promise<string>
  drop(name: string): Promise<void>
  /** Runs the project's command line on a database as users do, and measures it; before that the server writes everything to disk. */
  runner(url: string, args: string[]): Promise<Ended>
  /** Runs another program. */
  program(name: string, args: string[], env?: Record<string, string>, cwd?: string): Promise<Ended>
  /** Runs some work over one connection. */
  ask<T>(url: string, work: (sql: Sql) => Promise<T>): Promise<T>
  /** Prints progress. */
  say(line: string): void
}

/** The folder of the measured project. */
export const projectDir = join(import.meta.dirname, '..')

/**
 * Opens a site for as long as the work takes: on the server of BENCH_DATABASE_URL, else on an embedded one with the project's settings.
 * Everything is removed afterwards, also on failure and on Ctrl-C. `gigabytes` must be free.
 */
export async function withSite<T>(gigabytes: number, work: (site: Site) => Promise<T>): Promise<T> {
  sweep()
  const interrupt = new AbortController()
  const stop = () => interrupt.abort(new Error('Interrupted.'))
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop)
  const dir = mkdtempSync(join(tmpdir(), prefix))
  writeFileSync(join(dir, 'pid'), String(process.pid))
  try {
    checkRoom(dir, gigabytes)
    const server = await openServer(dir)
    try {
      return await work(await siteIn(dir, server.url, interrupt.signal))
    } finally {
      await server.close()
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, stop)
  }
}

async function siteIn(dir: string, server: string, signal: AbortSignal): Promise<Site> {
  const urlOf = (name: string) => Object.assign(new URL(server), { pathname: `/${nameOf(name)}` }).href
  const admin = <T>(work: (sql: Sql) => Promise<T>) => ask(server, work)
  const environment = cleanEnvironment()
  const postgres = await admin(async sql => (await checkServer(sql, server)).version)
  let began = performance.now()

  return {
    dir,
    signal,
    postgres,
    async database(name, content = 'empty') {
      signal.throwIfAborted()
      await drop(name)
      await admin(sql => sql.unsafe(`create database ${nameOf(name)} template template0`))
      const url = urlOf(name)
      if (content === 'migrated') await ask(url, sql => migrate(sql, projectDir))
      return url
    },
    drop,
    async runner(url, args) {
      await settle()
      const words = ['--import', 'tsx', join(projectDir, 'run.ts'), ...args, '--target-path', targetOf(dir, url)]
      return run(process.execPath, words, { signal, cwd: projectDir, env: { ...environment, DATABASE_URL: url } })
    },
    async program(name, args, env = {}, cwd = projectDir) {
      await settle()
      return run(name, args, { signal, cwd, env: { ...environment, ...env } })
    },
    ask,
    say(line) {
      const seconds = (performance.now() - began) / 1000
      began = performance.now()
      process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}${seconds > 1 ? ` (${seconds.toFixed(0)} s)` : ''}\n`)
    },
  }

  async function drop(name: string): Promise<void> {
    await admin(sql => sql.unsafe(`drop database if exists ${nameOf(name)} with (force)`))
  }

  // Otherwise the next run would pay for pending writes of an earlier one. Not every user has the right.
  async function settle(): Promise<void> {
    await admin(sql => sql.unsafe('checkpoint')).catch(() => {})
  }
}

/** The folder of artifacts of a database's runs: one for each, as the cache there belongs to one command line. */
export const targetOf = (dir: string, url: string) => join(dir, 'targets', new URL(url).pathname.slice(1))

const prefix = 'deskledger-bench-'
const runId = randomBytes(3).toString('hex')
const nameOf = (name: string) => `deskledger_bench_${runId}_${name}`

async function openServer(dir: string): Promise<{ url: string; close(): Promise<void> }> {
  const given = process.env.BENCH_DATABASE_URL
  if (given) return { url: given, close: await tidying(given) }
  const { url, close } = await startEmbedded(dir)
  return {
    url,
    async close() {
      await close()
      for (let tries = 0; tries < 200 && runningEmbedded(dir); tries++) await sleep(50)
    },
  }
}

/** Gives a function that removes our databases from a server that is not ours, and the role of the migrations unless it existed before. */
async function tidying(url: string): Promise<() => Promise<void>> {
  const hasRole = (sql: Sql) => sql`select from pg_roles where rolname = 'deskledger_reader'`.then(rows => rows.length > 0)
  const hadRole = await ask(url, hasRole)
  return () =>
    ask(url, async sql => {
      const left = await sql<{ name: string }[]>`select datname as name from pg_database where starts_with(datname, ${nameOf('')})`
      for (const { name } of left) await sql.unsafe(`drop database if exists ${name} with (force)`)
      if (!hadRole) await sql.unsafe('drop role if exists deskledger_reader').catch(() => {})
    })
}

async function ask<T>(url: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = connect(url, { max: 1, application: 'deskledger bench' })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Without variables that make the project read another feed, or connect elsewhere. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(([name]) => !/^(PG|DBT_|DATABASE_URL$|DATA_DIR$|NODE_OPTIONS$|npm_)/.test(name))
  return { ...Object.fromEntries(ours), NO_COLOR: '1' }
}

/** Removes folders of benchmarks that were killed before they could clean up. */
function sweep(): void {
  for (const name of readdirSync(tmpdir()).filter(name => name.startsWith(prefix))) {
    const file = join(tmpdir(), name, 'pid')
    if (existsSync(file) && !isAlive(Number(readFileSync(file, 'utf8')))) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function checkRoom(dir: string, gigabytes: number): void {
  const { bavail, bsize } = statfsSync(dir)
  const free = (bavail * bsize) / 1e9
  if (free < gigabytes)
    throw new Error(
      `${tmpdir()} has ${free.toFixed(0)} GB free, ${gigabytes.toFixed(0)} are needed: set TMPDIR, or make it smaller with --scale.`,
    )
  mkdirSync(join(dir, 'feeds'))
}
