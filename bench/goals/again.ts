import { renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Bench, floorNote, largePlan, linesOf, scaledAgents } from '../context.ts'
import { feed } from '../feeds.ts'
import { decimal, ratio, times, whole } from '../figures.ts'
import { copyFloor } from '../floor.ts'
import type { Line, Measured } from '../results.ts'

/** P1b: all transactions again as the next batch, a tenth of them new or changed, compared with the copy of that batch. */
export async function measureAgain(bench: Bench): Promise<Measured> {
  const { site } = bench
  const plan = { ...largePlan(bench), agents: scaledAgents(bench, 500), changes: 0.1, days: 2, snapshots: true as const }
  const again = await feed(site, 'again', plan)
  const lines = await feed(site, 'again-lines', { ...plan, format: 'ndjson' })
  const floorFile = linesOf(lines, 'transactions').replace('sync-day1', 'sync-day2')
  const load: Line = { what: 'load of the next batch', seconds: [], megabytes: [] }
  const first: Line = { what: 'load of the batch before it', seconds: [], megabytes: [] }
  const floor: Line = { what: 'floor of the next batch', seconds: [] }
  const aside = join(again, '_later')
  const second = join(again, 'sync-day2')
  const runs = bench.runs(3)
  for (let run = 1; run <= runs; run++) {
    floor.seconds!.push(await copyFloor(site, [floorFile]))
    const url = await site.database('again', 'migrated')
    renameSync(second, aside)
    for (const line of [first, load]) {
      const { seconds, megabytes } = await site.runner(url, ['load', '--data', again])
      line.seconds!.push(seconds)
      if (megabytes) line.megabytes!.push(megabytes)
      if (line === first) renameSync(aside, second)
    }
    site.say(`P1b run ${run} of ${runs}: ${decimal(load.seconds!.at(-1)!)} s, floor ${decimal(floor.seconds!.at(-1)!)} s`)
  }
  await site.drop('again')
  bench.peaks.push({ ...load, what: 'a file that comes again (P1b)' })
  const found = ratio(load.seconds!, floor.seconds!)
  return {
    measured: times(found),
    isMet: found <= 0.3,
    lines: [{ ...load, against: floor.seconds! }, floor, first],
    notes: [
      `${decimal(statSync(join(second, 'transactions/1.json')).size / 1e6, 0)} MB of transactions in one array, with the few agents, groups, budgets and cards of a small feed. ${floorNote()}`,
    ],
  }
}

/** P11: the space that an unchanged repeated record takes, in landing and in the base models, with their indexes. */
export async function measureRoom(bench: Bench): Promise<Measured> {
  const { site } = bench
  const agents = scaledAgents(bench, 5000)
  const days = 30
  const folder = await feed(site, 'room', { agents, groups: 50, transactions: 0, churn: 0, active: 0, used: 0, days })
  const url = await site.database('room')
  const later = Array.from({ length: days - 1 }, (_, at) => `sync-day${at + 2}`)
  for (const day of later) renameSync(join(folder, day), join(folder, `_${day}`))
  await site.runner(url, ['build', '--data', folder])
  const before = await room()
  for (const day of later) {
    renameSync(join(folder, `_${day}`), join(folder, day))
    await site.runner(url, ['build', '--data', folder])
  }
  const after = await room()
  await site.drop('room')
  const each = (after - before) / (agents * later.length)
  site.say(`P11 ${decimal(each)} bytes`)
  return {
    measured: `${decimal(each)} bytes`,
    isMet: each <= 80,
    lines: [],
    notes: [
      `${whole(agents)} agents on ${days} days, each sent again as it was. By how much tables and indexes of raw.agents, raw.agents_repeats and base_agents grew after the first day, for each record of the later ones; after VACUUM.`,
    ],
  }

  function room(): Promise<number> {
    return site.ask(url, async sql => {
      await sql.unsafe('vacuum raw.agents, raw.agents_repeats, staging.base_agents')
      const [row] = await sql<{ bytes: string }[]>`
        select sum(pg_total_relation_size(name::regclass))::text as bytes
        from unnest(array['raw.agents', 'raw.agents_repeats', 'staging.base_agents']) as tables (name)`
      return Number(row?.bytes)
    })
  }
}
