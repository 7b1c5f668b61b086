import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { look } from '../run/citus/cluster.ts'
import type { CitusResult, CitusStep } from './citus-text.ts'
import { clear } from './clear.ts'
import { feed } from './feeds.ts'
import { decimal, ratio, times } from './figures.ts'
import { commitOf } from './machine.ts'
import { rewrite } from './record.ts'
import { projectDir, type Site, withSite } from './site.ts'

const { transactions, runs, out } = new Command('bench:citus')
  .description('Measures load, build and daily delta on the cluster of CITUS_URL, whose database is EMPTIED, and on plain PostgreSQL.')
  .option('--transactions <n>', 'size of the feed', count, 100_000)
  .option('--runs <n>', 'runs of each', count, 2)
  .option('--out <folder>', 'where citus.json and RESULTS.md are', join(projectDir, 'bench'))
  .parse()
  .opts<{ transactions: number; runs: number; out: string }>()

const plan = { transactions, agents: Math.max(100, Math.round(transactions / 20)), churn: 0, active: 0, used: 0, changes: 0.01 }
const citusUrl = process.env.CITUS_URL

try {
  if (!citusUrl) process.stdout.write('Skipped: CITUS_URL is not set. It names a database of a Citus coordinator, which is emptied.\n')
  else if (!/test/.test(new URL(citusUrl).pathname))
    throw new Error("CITUS_URL must name a database with 'test' in its name: it is emptied.")
  else {
    // The same server with the same settings: only the cluster differs.
    process.env.BENCH_DATABASE_URL ??= Object.assign(new URL(citusUrl), { pathname: '/postgres' }).href
    await withSite(2 + (transactions * 15_000) / 1e9, site => measure(site, citusUrl))
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}

async function measure(site: Site, cluster: string): Promise<void> {
  const { version, workers } = await site.ask(cluster, look)
  if (!version || workers.length === 0)
    throw new Error('The database of CITUS_URL has no citus, or no workers: npx tsx run.ts debug says what to type.')
  const folder = await feed(site, 'citus', plan)
  const days = await feed(site, 'citus-days', { ...plan, from: 2, days: 1 + runs })
  const steps = new Map<string, CitusStep>()
  const note = (kind: 'plain' | 'cluster', what: string, seconds: number) => {
    const step = steps.get(what) ?? { what, plain: [], cluster: [] }
    step[kind].push(seconds)
    steps.set(what, step)
  }
  const timed = async (kind: 'plain' | 'cluster', url: string, what: string, args: string[]) => {
    const { seconds } = await site.runner(url, args)
    site.say(`${kind}, ${what}: ${decimal(seconds)} s`)
    note(kind, what, seconds)
    return seconds
  }

  let plain = ''
  for (let run = 1; run <= runs; run++) {
    plain = await site.database('citus')
    await site.ask(cluster, clear)
    for (const [kind, url] of [
      ['plain', plain],
      ['cluster', cluster],
    ] as const) {
      const load = await timed(kind, url, 'load', ['load', '--data', folder])
      const build = await timed(kind, url, 'build of what is landed', ['build', '--data', folder])
      for (const [what, seconds] of await stepsOf(site, url)) note(kind, `… ${what}`, seconds)
      note(kind, 'load and build', load + build)
    }
  }
  for (let day = 2; day <= 1 + runs; day++) {
    cpSync(join(days, `sync-day${day}`), join(folder, `sync-day${day}`), { recursive: true })
    await timed('plain', plain, 'daily delta', ['build', '--data', folder])
    await timed('cluster', cluster, 'daily delta', ['build', '--data', folder])
  }

  const result: CitusResult = {
    versions: `Citus ${version}, ${workers.length} workers, PostgreSQL ${site.postgres}`,
    cores: cpus().length,
    ...plan,
    steps: [...steps.values()],
    date: new Date().toISOString(),
    commit: commitOf(projectDir),
  }
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, 'citus.json'), `${JSON.stringify(result, null, 2)}\n`)
  rewrite(out)
  for (const { what, plain: ours, cluster: theirs } of result.steps) site.say(`${what}: ${times(ratio(theirs, ours))}`)
}

/** Seconds of the last build by layer, from its run log. */
async function stepsOf(site: Site, url: string): Promise<[string, number][]> {
  const rows = await site.ask(
    url,
    sql => sql<{ what: string; seconds: number }[]>`
      select what, sum(extract(epoch from finished_at - started_at))::float8 as seconds
      from ops.run_nodes
      cross join lateral (
          select case
              when resource_type in ('test', 'unit_test') then 'tests'
              when unique_id like '%history' then 'history'
              when resource_type = 'model' then replace(split_part(relation, '.', 2), '"', '')
          end
      ) as steps (what)
      where run_id = (select run_id from ops.runs order by sequence desc limit 1) and what is not null
      group by what
      order by array_position(array['staging', 'core', 'history', 'errors', 'marts', 'ops', 'tests'], what)
    `,
  )
  return rows.map(({ what, seconds }) => [what, seconds])
}

function count(text: string): number {
  const value = Number(text)
  if (!(Number.isInteger(value) && value > 0)) throw new InvalidArgumentError('It must be a whole number above 0.')
  return value
}
