import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { feed } from './feeds.ts'
import { decimal, whole } from './figures.ts'
import { growthChart } from './growth-chart.ts'
import { type Growth, growthOf } from './growth-text.ts'
import { commitOf } from './machine.ts'
import { rewrite } from './record.ts'
import { projectDir, type Site, withSite } from './site.ts'

const { sizes, out } = new Command('bench:growth')
  .description(
    'Loads and builds feeds of several sizes and draws how time, memory and database size grow. A size that was measured before is measured anew, the others stay.',
  )
  .option('--sizes <list>', 'numbers of transactions', sizesOf, sizesOf('10k,100k,1m'))
  .option('--out <folder>', 'where growth.json, growth.svg and RESULTS.md are', join(projectDir, 'bench'))
  .parse()
  .opts<{ sizes: number[]; out: string }>()

// Landing, models, indexes and sort space, per transaction; the feed is deleted by then.
const bytesEach = 4_500

try {
  await withSite(4 + (Math.max(...sizes) * bytesEach) / 1e9, async site => {
    mkdirSync(out, { recursive: true })
    for (const transactions of sizes) {
      const measured = await measure(site, transactions)
      const all = [...growthOf(out).filter(size => size.transactions !== transactions), measured].sort(
        (a, b) => a.transactions - b.transactions,
      )
      writeFileSync(join(out, 'growth.json'), `${JSON.stringify(all, null, 2)}\n`)
      writeFileSync(join(out, 'growth.svg'), growthChart(all))
      rewrite(out)
    }
    site.say(`Written: ${out}/growth.svg`)
  })
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}

async function measure(site: Site, transactions: number): Promise<Growth> {
  const name = `growth-${transactions}`
  const folder = await feed(site, name, { transactions, agents: Math.min(50_000, Math.max(100, Math.round(transactions / 20))) })
  const url = await site.database('growth', 'migrated')
  const load = await site.runner(url, ['load', '--data', folder])
  site.say(`${whole(transactions)} transactions, load: ${decimal(load.seconds)} s, ${decimal(load.megabytes ?? 0, 0)} MB`)
  const file = join(folder, 'sync-day1/transactions/1.json')
  const megabytes = statSync(file).size / 1e6
  // The file is not needed after landing: ten million transactions are 13 GB.
  rmSync(file)
  const build = await site.runner(url, ['build', '--data', folder])
  site.say(`${whole(transactions)} transactions, build: ${decimal(build.seconds)} s, ${decimal(build.megabytes ?? 0, 0)} MB`)
  const [row] = await site.ask(url, sql => sql<{ bytes: number }[]>`select pg_database_size(current_database())::float8 as bytes`)
  await site.drop('growth')
  rmSync(folder, { recursive: true })
  const peaks = [load, build].flatMap(ended => ended.megabytes ?? [])
  return {
    transactions,
    megabytes,
    loadSeconds: load.seconds,
    buildSeconds: build.seconds,
    peakMegabytes: peaks.length > 0 ? Math.max(...peaks) : null,
    databaseMegabytes: (row?.bytes ?? 0) / 1e6,
    date: new Date().toISOString(),
    commit: commitOf(projectDir),
  }
}

/** Parses `10k,1m`. */
function sizesOf(text: string): number[] {
  return text
    .toLowerCase()
    .split(',')
    .map(word => {
      const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([km]?)$/.exec(word.trim()) ?? []
      const size = Math.round(Number(digits) * ({ k: 1e3, m: 1e6 }[unit] ?? 1))
      if (!(size > 0)) throw new InvalidArgumentError('Write them as 10k,100k,1m.')
      return size
    })
}
