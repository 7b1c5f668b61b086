import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { checkServer, connect } from '../../run/database/connection.ts'
import { migrate } from '../../run/database/migrate.ts'
import { startEmbedded } from '../../run/embedded/server.ts'
import { quickFolder } from '../memory.ts'
import { projectDir, withDatabase } from './database.ts'

/** The shared server, as passed to the test files. */
export interface TestServer {
  url: string
  /** The prefix of all databases of this run. */
  prefix: string
  /** The database with all migrations applied, for copies. */
  template: string
  /** The migration's error if there is no template. */
  failure?: string
}

declare module 'vitest' {
  export interface ProvidedContext {
    server: TestServer
  }
}

/** One server for all pipeline tests: that of TEST_DATABASE_URL or DATABASE_URL, in databases of their own; else an embedded one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, close } = await server()
  const prefix = `deskledger_test_${randomBytes(4).toString('hex')}`
  const template = `${prefix}_template`
  const admin = connect(url, { max: 1 })
  await checkServer(admin, url)
  // Roles belong to the whole server: the one of the migrations is dropped at the end, unless it existed before.
  const [{ hadRole } = { hadRole: true }] = await admin<{ hadRole: boolean }[]>`
    select exists (select from pg_roles where rolname = 'deskledger_reader') as "hadRole"
  `
  await admin.unsafe(`create database ${template} template template0`)
  const failure = await migrateTemplate(withDatabase(url, template))
  project.provide('server', { url, prefix, template, ...(failure && { failure }) })

  return async () => {
    const left = await admin<{ name: string }[]>`select datname as name from pg_database where starts_with(datname, ${prefix})`
    for (const { name } of left) await admin.unsafe(`drop database if exists ${name} with (force)`)
    if (!hadRole) await admin.unsafe('drop role if exists deskledger_reader').catch(() => {})
    await admin.end()
    await close()
  }
}

async function server(): Promise<{ url: string; close(): Promise<void> }> {
  const url = process.env.TEST_DATABASE_URL || process.env.DATABASE_URL
  if (url) return { url, close: async () => {} }

  const folder = quickFolder('deskledger-test-')
  const embedded = await startEmbedded(folder)
  await hurry(embedded.url)
  return {
    url: embedded.url,
    close: async () => {
      await embedded.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The databases of these tests need not survive a power failure. */
async function hurry(url: string): Promise<void> {
  const admin = connect(url, { max: 1 })
  // Nor does a database exist long enough to need a vacuum.
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit', 'autovacuum']) await admin.unsafe(`alter system set ${name} = off`)
  await admin`select pg_reload_conf()`
  await admin.end()
}

async function migrateTemplate(url: string): Promise<string | undefined> {
  const sql = connect(url)
  try {
    await migrate(sql, projectDir)
    return undefined
  } catch (error) {
    const { message, place } = error as { message: string; place?: { file: string; line?: number } }
    return `${place ? `${place.file}:${place.line}: ` : ''}${message}`
  } finally {
    await sql.end()
  }
}
