import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { load } from '../../loaders/load.ts'
import { connect } from '../../run/database/connection.ts'
import type { Sql } from '../../run/database/driver.ts'
import { migrate } from '../../run/database/migrate.ts'
import { startEmbedded } from '../../run/embedded/server.ts'
import { buildFixture } from '../pipeline/fixture.ts'
import { type Entity, entities } from '../pipeline/rules/feed.ts'
import { type HostileFile, hostileFiles, type Valid } from './hostile.ts'

/** The outcome of a round of hostile files. */
export interface Round {
  files: number
  refused: number
  records: number
  staged: number
  quarantined: number
  duplicates: number
  /** Files without an account, or with a wrong one, and failed builds: any of these is a bug of the product. */
  faults: string[]
}

const root = join(import.meta.dirname, '../..')

/** A copy of the project, so that a build writes nothing into the project itself. */
export function projectCopy(): string {
  const dir = mkdtempSync(join(tmpdir(), 'deskledger-fuzz-'))
  for (const name of ['dbt_project.yml', 'models', 'macros', 'seeds', 'tests/data', 'loaders/entities'])
    cpSync(join(root, name), join(dir, name), { recursive: true, filter: source => !source.endsWith('_unit_tests.yml') })
  writeFileSync(join(dir, 'seeds/user_agent_overrides.csv'), 'user_id,agent_id\n')
  return dir
}

/** Lands and builds `count` mutated files in one data folder, on an empty database with all migrations. */
export async function fuzzRound(sql: Sql, project: string, { files: count, seed }: { files: number; seed: number }): Promise<Round> {
  const folder = mkdtempSync(join(project, 'round-'))
  const files = written(fc.sample(hostileFiles(validFeed()), { numRuns: count, seed }), folder)
  try {
    await load(sql, join(folder, 'data'), { prune: false })
    const built = await buildFixture(sql, project, { hasLog: true })
    const failed = built.results
      .filter(({ status }) => status === 'error' || status === 'fail')
      .map(({ node, message }) => `${node.name}: ${message}`)
    return await accountOf(sql, files, built.status === 'published' ? [] : failed.length > 0 ? failed : [built.printed])
  } catch (error) {
    const { stack = String(error) } = error as Error
    return { files: files.length, refused: 0, records: 0, staged: 0, quarantined: 0, duplicates: 0, faults: [stack] }
  } finally {
    if (!process.env.FUZZ_KEEP) rmSync(folder, { recursive: true, force: true })
  }
}

/** The documents of the sample feed, as lists of records. */
export function validFeed(): Valid {
  const valid = Object.fromEntries(entities.map(entity => [entity, []])) as unknown as Valid
  for (const path of readdirSync(join(root, 'data'), { recursive: true, encoding: 'utf8' })) {
    const entity = entities.find(name => path.split(/[\\/]/)[1]?.split('.')[0] === name)
    if (!entity || !path.endsWith('.json')) continue
    const records = recordsIn(readFileSync(join(root, 'data', path), 'utf8'), entity)
    if (records.length > 0) valid[entity].push(records)
  }
  return valid
}

function recordsIn(text: string, entity: Entity): object[] {
  try {
    const value = JSON.parse(text.replace(/^\ufeff/, ''))
    return Array.isArray(value) ? value : (value.results ?? value.data ?? value[entity] ?? [value])
  } catch {
    return []
  }
}

/** Writes the files, each path only once, and gives those that exist. */
function written(files: HostileFile[], folder: string): HostileFile[] {
  const data = join(folder, 'data')
  mkdirSync(join(data, 'sync-day1'), { recursive: true })
  writeFileSync(join(folder, 'outside.json'), '[{"id":7777777,"name":"outside"}]')
  writeFileSync(join(data, 'sync-day1/real.json'), '[{"id":1,"name":"inside"}]')
  const done = new Map<string, HostileFile>()
  for (const [index, file] of files.entries()) {
    const [, batch, entity, name] = /^([^/]+)\/([^/]+)\/([^/]+)$/s.exec(file.path) ?? []
    const path = done.has(file.path) ? `${batch}/${entity}/${index}-${name?.slice(-100)}` : file.path
    const location = join(data, path)
    mkdirSync(dirname(location), { recursive: true })
    if (file.link) symlinkSync(file.link === 'self' ? location : file.link, location)
    else if (file.isFolder) mkdirSync(location)
    else writeFileSync(location, file.bytes ?? '')
    if (file.isUnreadable) chmodSync(location, 0)
    done.set(path, { ...file, path })
  }
  return [...done.values()].filter(file => lstatSync(join(data, file.path)))
}

/** Compares the ledger with the files: each is listed, refused with a reason or accounted for to the last record (R7). */
async function accountOf(sql: Sql, files: HostileFile[], faults: string[]): Promise<Round> {
  const rows = await sql<{ path: string; status: string; reason: string | null; records: number; counts: string[] | null }[]>`
    select files.path, files.status, files.reason, files.records,
      case when accounting.path is not null then array[staged, quarantined, duplicates]::text[] end as counts
    from ops.files as files left join ops.file_accounting as accounting on files.path = accounting.path`
  const ledger = new Map(rows.map(row => [row.path, row]))
  const round = { files: files.length, refused: 0, records: 0, staged: 0, quarantined: 0, duplicates: 0, faults }
  const leaked = await sql`select from raw.roles where record ->> 'name' = 'outside' or raw_text like '%root:%' limit 1`
  if (leaked.length > 0) faults.push('a file from outside of the data folder has landed')

  for (const { path } of files) {
    const row = ledger.get(path)
    ledger.delete(path)
    const [staged = -1, quarantined = -1, duplicates = -1] = row?.counts?.map(Number) ?? []
    if (!row) faults.push(`${JSON.stringify(path)} is not in the ledger`)
    else if (row.status === 'refused') {
      round.refused += 1
      if (!row.reason || row.records !== 0) faults.push(`${JSON.stringify(path)} is refused without a reason`)
    } else if (row.records !== staged + quarantined + duplicates)
      faults.push(`${JSON.stringify(path)}: ${row.records} records are not ${staged} + ${quarantined} + ${duplicates}`)
    else {
      round.records += row.records
      round.staged += staged
      round.quarantined += quarantined
      round.duplicates += duplicates
    }
  }
  for (const path of ledger.keys()) faults.push(`${JSON.stringify(path)} is in the ledger, but was not written`)
  return round
}

/** The long run: `npm run test:fuzz -- --files 10000 --seed 1`. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { files: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } } })
  const total = { rounds: 0, files: 0, refused: 0, records: 0, staged: 0, quarantined: 0, duplicates: 0, faults: 0 }
  const project = projectCopy()
  const server = await startEmbedded(project)
  const began = performance.now()
  try {
    for (let left = Number(values.files); left > 0; ) {
      const seed = Number(values.seed) + total.rounds
      const round = await onNewDatabase(server.url, sql => fuzzRound(sql, project, { files: Math.min(left, 500), seed }))
      left -= round.files
      total.rounds += 1
      total.faults += round.faults.length
      for (const key of ['files', 'refused', 'records', 'staged', 'quarantined', 'duplicates'] as const) total[key] += round[key]
      console.log(`seed ${seed}: ${JSON.stringify({ ...round, faults: round.faults.length })}`)
      for (const fault of round.faults.slice(0, 5)) console.log(`  ${fault.slice(0, 2000)}`)
    }
    const { rounds, files, refused, records, staged, quarantined, duplicates, faults } = total
    console.log(`${files} mutated files in ${rounds} rounds, ${Math.round((performance.now() - began) / 1000)} s: ${faults} faults.`)
    console.log(
      `${refused} refused with a reason; ${records} records = ${staged} staged + ${quarantined} quarantined + ${duplicates} duplicates.`,
    )
    process.exitCode = faults > 0 || records !== staged + quarantined + duplicates ? 1 : 0
  } finally {
    await server.close()
    if (!process.env.FUZZ_KEEP) rmSync(project, { recursive: true, force: true })
  }
}

async function onNewDatabase<T>(server: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const url = new URL(server)
  url.pathname = '/fuzz'
  const admin = connect(server, { max: 1 })
  await admin.unsafe('drop database if exists fuzz with (force)')
  await admin.unsafe('create database fuzz template template0')
  const sql = connect(url.href)
  try {
    await migrate(sql, root)
    return await work(sql)
  } finally {
    await sql.end({ timeout: 1 })
    await admin.end()
  }
}

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href) await main()
