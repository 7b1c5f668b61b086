import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { type Bench, scaled, scaledAgents } from '../context.ts'
import { feed } from '../feeds.ts'
import { decimal, ratio, times, whole } from '../figures.ts'
import { readManifest, writeDbtProject } from '../peers/dbt.ts'
import type { Venv } from '../peers/venv.ts'
import type { Line, Measured } from '../results.ts'
import { projectDir, type Site, targetOf } from '../site.ts'

/** Seconds of our runs and of the other's, for the same work. */
interface Pair {
  ours: Line
  peer: Line
}

/** P8: dbt on our models' SQL, and dlt on our feed, alternating with ours. */
export async function measurePeers(bench: Bench, venv: Venv): Promise<Measured> {
  const plan = { transactions: scaled(bench, 100_000), agents: scaledAgents(bench, 5_000), churn: 0, active: 0, used: 0, changes: 0.01 }
  const size = `${whole(plan.transactions)} transactions`
  const large = await feed(bench.site, 'peers', plan)
  const loads = await againstDlt(bench, venv, join(large, 'sync-day1/transactions/1.json'), size)
  const sample = pair('the sample feed from nothing', 'dbt build')
  const first = pair(`${size} from nothing`, 'dbt build')
  const next = pair('the next day on top of them', 'dbt build')
  const runs = bench.runs(2)
  await againstDbt(bench, venv, { data: join(projectDir, 'data'), runs: bench.runs(3), first: sample })
  const days = await feed(bench.site, 'peers-days', { ...plan, from: 2, days: 1 + runs })
  const agreeing = await againstDbt(bench, venv, { data: large, runs, first, next, days })

  const builds = [sample, first, next].map(({ ours, peer }) => ratio(peer.seconds!, ours.seconds!))
  const load = Math.min(...loads.map(({ peer, ours }) => ratio(peer.seconds!, ours.seconds!)))
  return {
    measured: `dbt: sample feed ${times(builds[0]!)}, ${size} ${times(builds[1]!)}, next day ${times(builds[2]!)}; dlt ${times(load)}`,
    isMet: builds.every(found => found >= 3) && load >= 5,
    lines: [sample, first, next, loads[0]!, ...loads.slice(1)].flatMap(({ ours, peer }, at) => [
      ...(at <= 3 ? [ours] : []),
      { ...peer, against: ours.seconds! },
    ]),
    notes: [
      `${venv.versions}, threads: 4, ${cpus().length} cores. Whole processes, ratios are theirs to ours.`,
      `dbt gets a project generated from ours: the compiled SQL of every model as a table or a view, the seeds, every data test. Unit tests are left out on both sides. Landing is filled before, by our loader, and not timed. What dbt builds has no keys, no foreign keys and no history that survives, and is published table by table; its parse is cached from an earlier run. After the last day ${agreeing}.`,
      `dlt loads the ${size} of one file into typed columns, by INSERTs as it does by default and by COPY of CSV; ours lands them as jsonb, validated and ledgered. The quicker of dlt's counts.`,
    ],
  }
}

const pair = (what: string, peer: string): Pair => ({
  ours: { what: `${what}, ours`, seconds: [], megabytes: [] },
  peer: { what: `${what}, ${peer}`, seconds: [], megabytes: [] },
})

function note({ seconds, megabytes }: Line, ended: { seconds: number; megabytes: number | undefined }): void {
  seconds!.push(ended.seconds)
  if (ended.megabytes) megabytes!.push(ended.megabytes)
}

async function againstDlt({ site, runs }: Bench, venv: Venv, file: string, size: string): Promise<Pair[]> {
  const what = `load of ${size}`
  const loads = [pair(what, 'dlt, INSERT'), pair(what, 'dlt, CSV')]
  loads[1]!.ours = loads[0]!.ours
  const folder = join(site.dir, 'feeds/peers-load')
  mkdirSync(join(folder, 'sync-day1/transactions'), { recursive: true })
  const data = join(folder, 'sync-day1/transactions/1.json')
  renameSync(file, data)
  for (let run = 1; run <= runs(2); run++) {
    note(loads[0]!.ours, await site.runner(await site.database('ours', 'migrated'), ['load', '--data', folder]))
    for (const [at, format] of ['insert_values', 'csv'].entries()) {
      const url = await site.database('dlt')
      const own = join(site.dir, 'dlt')
      const ended = await site.program(venv.python, [join(projectDir, 'bench/peers/dlt-load.py'), data, url, own, format], {
        RUNTIME__DLTHUB_TELEMETRY: 'false',
      })
      rmSync(own, { recursive: true, force: true })
      note(loads[at]!.peer, ended)
      site.say(`P8 ${loads[at]!.peer.what}: ${decimal(ended.seconds)} s, ours ${decimal(loads[0]!.ours.seconds!.at(-1)!)} s`)
    }
  }
  renameSync(data, file)
  for (const name of ['ours', 'dlt']) await site.drop(name)
  return loads
}

interface Work {
  /** The feed. */
  data: string
  runs: number
  first: Pair
  /** Builds of the following days, one per run, in another folder. */
  next?: Pair
  days?: string
}

async function againstDbt({ site }: Bench, venv: Venv, { data, runs, first, next, days }: Work): Promise<string> {
  const project = join(site.dir, 'dbt')
  const dbt = (command: string) =>
    site.program(venv.dbt, ['--no-version-check', command, '--project-dir', project, '--profiles-dir', project], {}, project)
  let agreeing = ''
  const ours = (url: string) => site.runner(url, ['build', '--data', data, '--exclude-resource-type', 'unit_test'])
  for (let run = 1; run <= runs; run++) {
    const [mine, theirs] = [await site.database('ours', 'migrated'), await site.database('dbt', 'migrated')]
    for (const url of [mine, theirs]) await site.runner(url, ['load', '--data', data])
    await site.ask(theirs, sql => sql.unsafe(withoutForeignKeys))
    await site.runner(theirs, ['compile', '--full-refresh'])
    rmSync(project, { recursive: true, force: true })
    writeDbtProject(project, readManifest(targetOf(site.dir, theirs)), theirs)
    await dbt('parse')
    await both(first, mine)
    if (!next || !days || run < runs) continue
    for (let day = 2; day <= 1 + runs; day++) {
      renameSync(join(days, `sync-day${day}`), join(data, `sync-day${day}`))
      for (const url of [mine, theirs]) await site.runner(url, ['load', '--data', data])
      await both(next, mine)
    }
    agreeing = await agreement(site, mine, theirs)
  }
  for (const name of ['ours', 'dbt']) await site.drop(name)
  return agreeing

  async function both({ ours: line, peer }: Pair, url: string): Promise<void> {
    note(line, await ours(url))
    note(peer, await dbt('build'))
    site.say(`P8 ${peer.what}: ${decimal(peer.seconds!.at(-1)!)} s, ours ${decimal(line.seconds!.at(-1)!)} s`)
  }
}

/** Whether both have the same result, by the numbers of rows. */
async function agreement(site: Site, mine: string, theirs: string): Promise<string> {
  const count = (url: string) =>
    site.ask(url, async sql => {
      const tables = await sql<{ name: string }[]>`
        select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('core', 'errors', 'marts') order by 1
      `
      const counts = new Map<string, string>()
      for (const { name } of tables) {
        const [row] = await sql.unsafe<{ n: string }[]>(`select count(*) as n from ${name}`)
        counts.set(name, row?.n ?? '')
      }
      return counts
    })
  const [ours, dbts] = [await count(mine), await count(theirs)]
  const others = [...ours].filter(([name, n]) => dbts.get(name) !== n).map(([name]) => name)
  const same = `${ours.size - others.length} of ${ours.size} tables of core, errors and marts have as many rows as ours`
  return others.length > 0 ? `${same}; other are ${others.join(', ')}` : same
}

// dbt replaces several tables of migrations at once: foreign keys between them would cause deadlocks.
const withoutForeignKeys = `
do $$
declare
    tie record;
begin
    for tie in select conrelid::regclass as referring, conname from pg_constraint where contype = 'f' loop
        execute format('alter table %s drop constraint %I', tie.referring, tie.conname);
    end loop;
end $$`
