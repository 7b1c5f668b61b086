import { type Bench, floorNote, largeFeed, largeLines, largePlan } from '../context.ts'
import { decimal, ratio, times, whole } from '../figures.ts'
import { copyFloor } from '../floor.ts'
import type { Line, Measured } from '../results.ts'

/** P2: load, models and tests from an empty database, compared with the copy of the same records. */
export async function measureWhole(bench: Bench): Promise<Measured> {
  const { site } = bench
  const { files } = await largeLines(bench)
  const floor: Line = { what: 'floor', seconds: [] }
  const runs = bench.runs(2)
  const steps: Line[] = []
  for (let run = 1; run <= runs; run++) {
    floor.seconds!.push(await copyFloor(site, files))
    site.say(`P2 floor, run ${run} of ${runs}: ${decimal(floor.seconds!.at(-1)!)} s`)
    await buildWhole(bench, `run ${run} of ${runs}`)
  }
  const { line, url } = bench.whole!
  bench.peaks.push({ ...line, what: 'the whole build (P2)' })
  const { transactions, agents } = largePlan(bench)
  const found = ratio(line.seconds!, floor.seconds!)
  return {
    measured: times(found),
    isMet: found <= 1.5,
    lines: [{ ...line, against: floor.seconds! }, floor, ...steps],
    notes: [
      `${whole(transactions)} transactions, ${whole(agents)} agents, as many cards; an empty database: migrations, load, models, data tests. ${floorNote()}`,
      `The slowest models of the last run, in seconds: ${await slowest(bench, url)}.`,
    ],
  }
}

/** A first build into the database that P3 and P5 continue with. */
export async function buildWhole(bench: Bench, run = 'to go on from'): Promise<void> {
  const { site } = bench
  const folder = await largeFeed(bench)
  const url = await site.database('whole')
  const { seconds, megabytes } = await site.runner(url, ['build', '--data', folder])
  const line = bench.whole?.line ?? { what: 'build from nothing', seconds: [], megabytes: [] }
  line.seconds!.push(seconds)
  if (megabytes) line.megabytes!.push(megabytes)
  bench.whole = { url, line }
  site.say(`P2 build from nothing, ${run}: ${decimal(seconds)} s, ${decimal(megabytes ?? 0, 0)} MB`)
}

async function slowest({ site }: Bench, url: string): Promise<string> {
  const nodes = await site.ask(
    url,
    sql => sql<{ name: string; seconds: number }[]>`
      select split_part(unique_id, '.', 3) as name, extract(epoch from finished_at - started_at)::float8 as seconds
      from ops.run_nodes
      where run_id = (select run_id from ops.runs order by sequence desc limit 1) and finished_at is not null
      order by 2 desc
      limit 8
    `,
  )
  return nodes.map(({ name, seconds }) => `${name} ${decimal(seconds, 1)}`).join(', ')
}
