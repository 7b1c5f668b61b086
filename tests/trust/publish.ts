import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { randomOf } from '../../bench/random.ts'
import type { Sql } from '../../run/database/driver.ts'
import { tables } from '../pipeline/rules/tables.ts'
import { createSite, type Site } from './site.ts'

/** What readers saw while builds ran, succeeded, failed and were interrupted. */
export interface Watched {
  reads: number
  /** Reads of something that no build had published, or of an older version after a newer one. */
  mixed: number
  versions: number
  builds: Record<string, number>
  /** The longest wait of a reader for an answer, in milliseconds. */
  longest: number
  /** Wrong effects of builds. */
  faults: string[]
}

/** Lets readers poll every so many milliseconds while builds of all (or some) kinds run, until each has run and there are enough reads. */
export async function watch({
  reads,
  seed,
  of,
  every = 20,
}: {
  reads: number
  seed: number
  of?: string[]
  every?: number
}): Promise<Watched> {
  const site = await createSite()
  const { sql, letGo } = await site.hold()
  const watched: Watched = { reads: 0, mixed: 0, versions: 1, builds: {}, longest: 0, faults: [] }
  try {
    const first = await site.build('next')
    if (first.code !== 0) throw new Error(first.printed)
    for (const statement of ofUsers) await sql.unsafe(statement)
    // A version is known from when its build may commit: readers may see it before we can query it.
    const published = [await versionOf(sql)]
    const seen: { version: string; at: number }[] = []
    let isDone = false
    const reading = read()
    const wanted = kinds.filter(([name]) => of?.includes(name) ?? true)
    for (let round = 0; round < wanted.length || watched.reads < reads; round++) {
      const [name, kind] = wanted[round % wanted.length]!
      const before = published.at(-1)!
      const faults = await kind(site, sql, { round, random: randomOf(seed, 'publish', round) })
      const after = await versionOf(sql)
      if (after !== before) published.push(after)
      if (!publishing.has(name) && after !== before) faults.push('it changed the warehouse')
      watched.faults.push(...faults.map(fault => `round ${round}, ${name}: ${fault}`))
      watched.builds[name] = (watched.builds[name] ?? 0) + 1
    }
    isDone = true
    await reading
    let last = 0
    for (const { version } of seen) {
      const at = published.indexOf(version, last)
      if (at < 0) watched.mixed++
      else last = at
    }
    watched.versions = published.length
    return watched

    async function read(): Promise<void> {
      while (!isDone) {
        const began = performance.now()
        seen.push({ version: await versionOf(sql), at: began })
        watched.longest = Math.max(watched.longest, performance.now() - began)
        watched.reads++
        await sleep(every)
      }
    }
  } finally {
    await letGo()
    await site.remove()
  }
}

export function summaryOf({ reads, mixed, versions, builds, longest, faults }: Watched): string {
  const kinds = Object.entries(builds).map(([name, count]) => `${count} × ${name}`)
  return [
    `${mixed} mixed reads in ${reads}, of ${versions} versions`,
    `  builds: ${kinds.join(', ')}`,
    `  the longest wait of a reader was ${longest.toFixed(0)} ms`,
    `  ${faults.length} faults`,
    ...faults.map(fault => `    ${fault}`),
  ].join('\n')
}

type Kind = (site: Site, sql: Sql, turn: { round: number; random: ReturnType<typeof randomOf> }) => Promise<string[]>

const kinds: [string, Kind][] = [
  ['a changed feed', changedFeed],
  ['a failing test', failingTest],
  ['a changed model', changedModel],
  ['a failing model', failingModel],
  ['Ctrl-C', interrupted],
  ['a lost connection', lostConnection],
  ['a full refresh', (site, sql) => ends(site, sql, ['build', '--full-refresh'], 0, 'published')],
]

const publishing = new Set(['a changed feed', 'a changed model', 'a lost connection', 'a full refresh'])

// Views of users, on core, marts and staging, on a model whose columns change, and on each other.
const ofUsers = [
  'create schema people',
  'create view people.active as select agent_id, name from core.agents where is_active',
  'create view people.names as select name, count(*) as n from marts.trust_names group by name',
  'create view people.busy as select b.name, a.name as active from marts.trust_busy as b left join people.active as a using (agent_id)',
  'create view people.staged as select source, count(*) as n from staging.stg_agents group by source',
]

// One statement over everything published: it sees a single moment. (ops.file_accounting follows landing, which commits by files.)
const read = [...Object.keys(tables).filter(name => /^(core|marts|errors)\./.test(name)), 'people.busy', 'people.names', 'people.staged']
const versionQuery = `select md5(concat_ws('|', ${read
  .map(
    name =>
      `(select md5(string_agg(t::text, ',' order by t::text)) from ${name} as t${name.startsWith('errors.') ? ' where resolved_at is null' : ''})`,
  )
  .join(', ')})) as version`

async function versionOf(sql: Sql): Promise<string> {
  const [row] = await sql.unsafe<{ version: string }[]>(versionQuery)
  return row?.version ?? ''
}

async function ends(
  site: Site,
  sql: Sql,
  args: string[],
  code: number,
  status: string,
  env: Record<string, string> = {},
): Promise<string[]> {
  const runner = site.start([...args, '--data', 'next'], env)
  return judge(sql, await runner.ended, code, status)
}

async function judge(
  sql: Sql,
  ended: { code: number | null; stdout: string; stderr: string },
  code: number,
  status: string,
): Promise<string[]> {
  const [run] = await sql<{ status: string; message: string | null }[]>`select status, message from ops.runs order by sequence desc limit 1`
  return [
    ...(ended.code === code ? [] : [`it ended with ${ended.code}: ${ended.stdout.slice(-500)}${ended.stderr.slice(-1500)}`]),
    ...(run?.status === status && run.message ? [] : [`the run log says ${run?.status}: ${run?.message}`]),
    ...(/^ +at /m.test(ended.stderr) ? [`a stack was printed: ${ended.stderr.slice(-1000)}`] : []),
  ]
}

async function changedFeed(site: Site, sql: Sql, { round }: { round: number }): Promise<string[]> {
  site.correct(round)
  return ends(site, sql, ['build'], 0, 'published')
}

// Columns appear, and disappear seven rounds later.
async function changedModel(site: Site, sql: Sql, { round }: { round: number }): Promise<string[]> {
  site.widen(round % 14 < 7)
  return ends(site, sql, ['build'], 0, 'published')
}

async function failingTest(site: Site, sql: Sql, { round }: { round: number }): Promise<string[]> {
  const file = join(site.dir, 'tests/data/trust_fails.sql')
  writeFileSync(file, "select agent_id, name from {{ ref('agents') }}\n")
  site.correct(round)
  const ended = await site.start(['build', '--store-failures', '--data', 'next']).ended
  rmSync(file)
  const faults = await judge(sql, ended, 1, 'failed')
  const [, stored] = /failing rows in (\S+)/.exec(ended.stdout) ?? []
  const [row] = stored ? await sql.unsafe<{ n: number }[]>(`select count(*)::int as n from ${stored} where name is not null`) : []
  const [nodes] = await sql<{ n: number }[]>`
    select count(*)::int as n from ops.run_nodes
    where status = 'fail' and failures > 0 and run_id = (select run_id from ops.runs order by sequence desc limit 1)`
  return [
    ...faults,
    ...(row?.n ? [] : [`the failing rows were not kept: ${stored}`]),
    ...(nodes?.n === 1 ? [] : ['the run log does not name the test']),
  ]
}

async function failingModel(site: Site, sql: Sql, { round }: { round: number }): Promise<string[]> {
  const file = join(site.dir, 'models/marts/trust_bad.sql')
  writeFileSync(
    file,
    "select 1 / (agent_id - agent_id) as a from {{ ref('agents') }} limit 1\n".replace(
      'select',
      "{{ config(materialized='table') }} select",
    ),
  )
  site.correct(round)
  const faults = await ends(site, sql, ['build'], 1, 'failed')
  rmSync(file)
  return faults
}

async function interrupted(
  site: Site,
  sql: Sql,
  { round, random }: { round: number; random: ReturnType<typeof randomOf> },
): Promise<string[]> {
  site.correct(round)
  const runner = site.start(['build', '--full-refresh', '--data', 'next'])
  const line = random.int(20, 110)
  while (runner.stderr().split('\n').length < line) await sleep(5)
  runner.signal('SIGINT')
  return judge(sql, await runner.ended, 2, 'interrupted')
}

async function lostConnection(
  site: Site,
  sql: Sql,
  { round, random }: { round: number; random: ReturnType<typeof randomOf> },
): Promise<string[]> {
  site.correct(round)
  const runner = site.start(['build', '--data', 'next'])
  const line = random.int(20, 110)
  while (runner.stderr().split('\n').length < line) await sleep(5)
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'deskledger build' and state != 'idle'`
  const ended = await runner.ended
  const isSaid = /The connection to the database was lost.*Retrying/.test(ended.stderr)
  return [...(await judge(sql, ended, 0, 'published')), ...(isSaid ? [] : [`the repetition was not said: ${ended.stderr.slice(-500)}`])]
}

/** `npm run test:publish -- --reads 1000 --seed 1` */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { reads: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } } })
  const watched = await watch({ reads: Number(values.reads), seed: Number(values.seed) })
  process.stdout.write(`${summaryOf(watched)}\n`)
  process.exitCode = watched.mixed === 0 && watched.faults.length === 0 ? 0 : 1
}
