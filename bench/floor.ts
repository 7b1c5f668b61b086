import { spawnSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Site } from './site.ts'

/** The copying method of the floor, for the report. */
export const floorTool = () =>
  hasPsql() ? `\`\\copy\` of psql ${/[\d.]+/.exec(psqlVersion())?.[0]}` : 'COPY through the driver from a file stream: no psql here'

/**
 * Seconds to copy NDJSON files into a logged table of one jsonb column without keys, in a database of its own: the minimum for landing them
 * in jsonb over one connection.
 */
export async function copyFloor(site: Site, files: string[]): Promise<number> {
  const url = await site.database('floor')
  await site.ask(url, sql => sql.unsafe('create table landing (record jsonb not null)'))
  const seconds = hasPsql() ? await byPsql(site, url, files) : await byDriver(site, url, files)
  await site.drop('floor')
  return seconds
}

// Characters that never occur unescaped in JSON: a line becomes a row, with its bytes unchanged.
const form = `(format csv, quote e'\\x01', delimiter e'\\x02')`

async function byPsql(site: Site, url: string, files: string[]): Promise<number> {
  const { host, hostname, port, username, password, pathname, searchParams } = new URL(url)
  const env = {
    PGHOST: searchParams.get('host') ?? (host ? hostname : ''),
    PGPORT: port || '5432',
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: pathname.slice(1),
  }
  const copies = files.flatMap(file => ['-c', `\\copy landing (record) from '${file.replaceAll("'", "''")}' with ${form}`])
  return (await site.program('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...copies], env)).seconds
}

async function byDriver(site: Site, url: string, files: string[]): Promise<number> {
  return site.ask(url, async sql => {
    const began = performance.now()
    for (const file of files) {
      const copy = await sql.unsafe(`copy landing (record) from stdin with ${form}`).writable()
      await pipeline(createReadStream(file, { highWaterMark: 1 << 19 }), copy, { signal: site.signal })
    }
    return (performance.now() - began) / 1000
  })
}

const hasPsql = () => psqlVersion() !== ''

function psqlVersion(): string {
  const { status, stdout } = spawnSync('psql', ['--version'], { encoding: 'utf8' })
  return status === 0 ? stdout : ''
}
