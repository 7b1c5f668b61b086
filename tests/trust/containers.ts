import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer } from 'testcontainers'
import { connect } from '../../run/database/connection.ts'
import { citusTrial } from './citus.ts'

/** The result for one image. */
export interface Ran {
  image: string
  server: string
  /** Exit code of vitest, or the number of faults of a Citus trial. */
  failed: number
}

/** Runs the pipeline tests against a server of each image, one after the other; `filters` are vitest's, none for all of them. */
export async function runAgainst(images: string[], filters: string[], say: (line: string) => void): Promise<Ran[]> {
  const ran: Ran[] = []
  for (const image of images) {
    say(`${image}: starting`)
    const { url, server, container } = await startServer(image)
    try {
      say(`${image}: ${server}`)
      ran.push({ image, server, failed: await vitest(url, filters) })
    } finally {
      await container.stop()
    }
  }
  return ran
}

/** Compares the results of a single-node cluster of the image with those of plain PostgreSQL. */
export async function runCitus(image: string, say: (line: string) => void): Promise<Ran> {
  say(`${image}: starting`)
  const { url, container } = await startServer(image)
  try {
    const admin = connect(url, { max: 1 })
    await admin.unsafe('create database citus_test')
    await admin.unsafe("alter database citus_test set timezone = 'UTC'")
    await admin.end()
    const citusUrl = url.replace(/postgres$/, 'citus_test')
    const sql = connect(citusUrl, { max: 1 })
    await sql.unsafe('create extension citus')
    await sql.unsafe("select citus_set_coordinator_host('localhost', 5432)")
    await sql.unsafe("select citus_set_node_property('localhost', 5432, 'shouldhaveshards', true)")
    const [row] = await sql<{ version: string }[]>`select citus_version() as version`
    await sql.end()
    const faults = await citusTrial({ citusUrl, transactions: 2000, say })
    faults.forEach(say)
    return { image, server: row!.version, failed: faults.length }
  } finally {
    await container.stop()
  }
}

interface Server {
  url: string
  server: string
  container: StartedTestContainer
}

async function startServer(image: string): Promise<Server> {
  const container = await new GenericContainer(image)
    .withEnvironment({ POSTGRES_PASSWORD: 'test' })
    .withExposedPorts(5432)
    .withStartupTimeout(180_000)
    .start()
  const url = `postgres://postgres:test@${container.getHost()}:${container.getMappedPort(5432)}/postgres`
  // The official images start twice: first to create the cluster, without listening, then for good.
  for (let tries = 0; ; tries++) {
    const sql = connect(url, { max: 1 })
    try {
      const [row] = await sql<{ version: string }[]>`select version() as version`
      return { url, server: row!.version, container }
    } catch (error) {
      if (tries < 120) await sleep(500)
      else {
        await container.stop()
        throw error
      }
    } finally {
      await sql.end({ timeout: 1 })
    }
  }
}

function vitest(url: string, filters: string[]): Promise<number> {
  const words = [
    join(project, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    'pipeline',
    ...(filters.length > 0 ? filters : ['tests/pipeline']),
  ]
  const child = spawn(process.execPath, words, {
    cwd: project,
    env: { ...process.env, TEST_DATABASE_URL: url, DATABASE_URL: '' },
    stdio: 'inherit',
  })
  return new Promise(resolve => child.on('close', code => resolve(code ?? 1)))
}

const project = join(import.meta.dirname, '../..')

/** `npm run test:containers -- sample`; images from POSTGRES_IMAGES and CITUS_IMAGE, the latter empty for none. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { POSTGRES_IMAGES: listed = 'postgres:15,postgres:16,postgres:17,postgres:18', CITUS_IMAGE: citus = 'citusdata/citus:13.2' } =
    process.env
  const say = (line: string) => void process.stdout.write(`${line}\n`)
  const engine = await getContainerRuntimeClient().catch((error: Error) => error)
  if (engine instanceof Error) say(`Skipped: no Docker engine answers (${engine.message}). Set DOCKER_HOST where it listens elsewhere.`)
  else {
    const images = listed.split(',').flatMap(name => name.trim() || [])
    const ran = await runAgainst(images, process.argv.slice(2), say)
    if (citus) ran.push(await runCitus(citus, say))
    for (const { image, server, failed } of ran) say(`${failed === 0 ? 'passed' : 'FAILED'}  ${image}  ${server}`)
    process.exitCode = ran.every(({ failed }) => failed === 0) ? 0 : 1
  }
}
