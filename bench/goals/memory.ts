import { createReadStream, createWriteStream, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Bench, largeLines, linesOf, scaled, share, transactionsAlone } from '../context.ts'
import { feed } from '../feeds.ts'
import { decimal, whole } from '../figures.ts'
import type { Line, Measured } from '../results.ts'

/** P6: the peak memory of Node for feeds of any form. */
export async function measureMemory(bench: Bench): Promise<Measured> {
  const { site } = bench
  const lines: Line[] = []
  for (const [name, make] of Object.entries(forms)) {
    if (name === 'array' && bench.peaks.some(({ what }) => what.endsWith('(P1)'))) continue
    const what = await make(bench, join(site.dir, 'feeds', name))
    const { seconds, megabytes } = await site.runner(await site.database('memory', 'migrated'), [
      'load',
      '--data',
      join(site.dir, 'feeds', name),
    ])
    lines.push({ what: `load of ${what}`, seconds: [seconds], megabytes: megabytes ? [megabytes] : [] })
    site.say(`P6 ${what}: ${decimal(seconds)} s, ${decimal(megabytes ?? 0, 0)} MB`)
  }
  await site.drop('memory')
  const all = [...lines, ...bench.peaks]
  const peaks = all.flatMap(({ megabytes = [] }) => megabytes)
  const most = Math.max(...peaks)
  return {
    measured: peaks.length > 0 ? `${decimal(most, 0)} MB` : 'no /proc here',
    isMet: peaks.length > 0 ? most <= 200 : null,
    lines: all,
    notes: [
      'Resident memory of Node with all processes below it, the most of what /proc showed every 40 ms, and never less than what the kernel calls the peak of one process. PostgreSQL is not in it.',
    ],
  }
}

/** Each writes its feed into the folder, and gives its description. */
const forms: Record<string, (bench: Bench, folder: string) => Promise<string>> = {
  async array(bench, folder) {
    const { file } = await transactionsAlone(bench)
    share(file, join(folder, 'sync-day1/transactions/1.json'))
    return `a single array of ${size(file)}`
  },
  async ndjson(bench, folder) {
    const file = linesOf((await largeLines(bench)).folder, 'transactions')
    share(file, join(folder, 'sync-day1/transactions/1.ndjson'))
    return `NDJSON of ${size(file)}`
  },
  async gz(bench, folder) {
    const { file } = await transactionsAlone(bench)
    const zipped = place(folder, 'sync-day1/transactions/1.json.gz')
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), createGzip({ level: 1 }), createWriteStream(zipped), {
      signal: bench.site.signal,
    })
    return `the same array as .gz, ${size(zipped)}`
  },
  async pretty(bench, folder) {
    const file = place(folder, 'sync-day1/transactions/1.json')
    const source = linesOf((await largeLines(bench)).folder, 'transactions')
    await pipeline(Readable.from(pretty(source, scaled(bench, 300_000))), createWriteStream(file), { signal: bench.site.signal })
    return `an array printed over many lines, ${size(file)}`
  },
  async small(bench, folder) {
    const count = scaled(bench, 100_000)
    const made = await feed(bench.site, 'details', { agents: count, groups: 10, transactions: 0, churn: 0, details: true })
    mkdirSync(join(folder, 'sync-day1'), { recursive: true })
    renameSync(join(made, 'sync-day1/agent_details'), join(folder, 'sync-day1/agent_details'))
    return `${whole(count)} small files`
  },
  async huge(_bench, folder) {
    const file = place(folder, 'sync-day1/agents/1.json')
    const agent = (id: number, signature: string) => ({
      id,
      available: true,
      signature,
      contact: { name: `Agent ${id}`, email: 'a@example.com' },
    })
    writeFileSync(file, JSON.stringify([agent(1, ''), agent(2, 'x'.repeat(60_000_000)), agent(3, '')]))
    return 'a record of 60 MB'
  },
}

function place(folder: string, path: string): string {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  return file
}

async function* pretty(file: string, count: number): AsyncGenerator<string> {
  let [text, at] = ['{\n  "results": [\n', 0]
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (at === count) break
    text += (at++ > 0 ? ',\n' : '') + JSON.stringify(JSON.parse(line), null, 2).replace(/^/gm, '    ')
    if (text.length < 1 << 19) continue
    yield text
    text = ''
  }
  yield `${text}\n  ]\n}\n`
}

const size = (file: string) => `${decimal(statSync(file).size / 1e6, 0)} MB`
