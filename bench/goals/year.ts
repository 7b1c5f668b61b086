import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { type Bench, scaled, scaledAgents } from '../context.ts'
import { feed } from '../feeds.ts'
import { decimal, ratio, times, whole } from '../figures.ts'
import type { Line, Measured } from '../results.ts'

/** P4: whether the builds of a day cost the same at the end of a year as at its start. */
export async function measureYear(bench: Bench): Promise<Measured> {
  const { site } = bench
  const [agents, transactions] = [scaledAgents(bench, 1500), scaled(bench, 2000)]
  const plan = { agents, transactions, changes: 1, churn: 0.005 }
  const year = await feed(site, 'year', { ...plan, days: 365 })
  const fed = join(site.dir, 'feeds/year-so-far')
  mkdirSync(fed)
  const url = await site.database('year')
  const early: Line = { what: 'days 10, 11, 12', seconds: [], megabytes: [] }
  const late: Line = { what: 'days 363, 364, 365', seconds: [], megabytes: [] }

  await build(1, 9)
  await timed(10, early)
  await build(13, 362)
  await timed(363, late)
  await site.drop('year')

  bench.peaks.push({ ...late, what: 'a day after a year (P4)' })
  const found = ratio(late.seconds!, early.seconds!)
  return {
    measured: times(found),
    isMet: found <= 1.2,
    lines: [{ ...late, against: early.seconds! }, early],
    notes: [
      `Each day sends ${whole(agents)} agents and more, as many cards, and some ${whole(transactions * 0.8)} new or changed transactions. The days between come in one build; before the timed ones the tables are vacuumed, as autovacuum would have done in a year.`,
    ],
  }

  async function build(from: number, to: number) {
    for (let day = from; day <= to; day++) renameSync(join(year, `sync-day${day}`), join(fed, `sync-day${day}`))
    const ended = await site.runner(url, ['build', '--data', fed])
    site.say(`P4 ${from === to ? `day ${to}` : `days ${from} to ${to}`}: ${decimal(ended.seconds)} s`)
    return ended
  }

  async function timed(from: number, line: Line) {
    await site.ask(url, sql => sql.unsafe('vacuum (analyze)'))
    for (let day = from; day < from + 3; day++) {
      const { seconds, megabytes } = await build(day, day)
      line.seconds!.push(seconds)
      if (megabytes) line.megabytes!.push(megabytes)
    }
  }
}
