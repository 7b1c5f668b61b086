import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { type Bench, largeFeed, largePlan } from '../context.ts'
import { feed } from '../feeds.ts'
import { decimal, ratio, times, whole } from '../figures.ts'
import type { Line, Measured } from '../results.ts'
import { type Rows, rowsOf } from '../rows.ts'
import { buildWhole } from './whole.ts'

/** P3: the next days on top of P2's database: their time compared with P2's, and their written rows with those that differ afterwards. */
export async function measureDelta(bench: Bench): Promise<Measured> {
  const { site } = bench
  if (!bench.whole) await buildWhole(bench)
  const { url, line: first } = bench.whole!
  const folder = await largeFeed(bench)
  const runs = bench.runs(3)
  const last = 2 * runs + 3
  const days = await feed(site, 'days', { ...largePlan(bench), active: 0.3, used: 0.2, from: 2, days: runs + 1 })
  // A day without actions: earlier changes stay.
  const calm = await feed(site, 'calm-days', { ...largePlan(bench), from: runs + 2, days: last })
  const delta: Line = { what: 'build of the next day', seconds: [], megabytes: [] }
  const still: Line = { what: 'build of a day with all agents and cards as they were', seconds: [], megabytes: [] }
  const build = async (day: number) => {
    renameSync(join(day <= runs + 1 ? days : calm, `sync-day${day}`), join(folder, `sync-day${day}`))
    const { seconds, megabytes } = await site.runner(url, ['build', '--data', folder])
    site.say(`P3 day ${day} of ${last}: ${decimal(seconds)} s, ${decimal(megabytes ?? 0, 0)} MB`)
    return { seconds, megabytes }
  }
  for (let day = 2; day < last; day++) {
    const { seconds, megabytes } = await build(day)
    // On the first calm day the changes of the busy ones come back.
    if (day === runs + 2) continue
    const line = day <= runs + 1 ? delta : still
    line.seconds!.push(seconds)
    if (megabytes) line.megabytes!.push(megabytes)
  }
  // Not timed: the comparison itself warms the cache and bloats the database.
  const rows = await site.ask(url, sql => rowsOf(sql, () => build(last)))
  bench.peaks.push({ ...delta, what: 'a daily delta (P3)' })
  const share = ratio(delta.seconds!, first.seconds!)
  const stillShare = ratio(still.seconds!, first.seconds!)
  const all = sum(rows)
  const factor = all.written / all.changed
  return {
    measured: `${decimal(share * 100, 1)} % of P2's time, ${decimal(stillShare * 100, 1)} % when all is as it was; ${times(factor)} the rows that changed`,
    isMet: share <= 0.1 && stillShare <= 0.05 && factor <= 1.1,
    lines: [{ ...delta, against: first.seconds! }, { ...still, against: first.seconds! }, first, ...rows.map(lineOf)],
    notes: [
      `Each day sends all ${whole(largePlan(bench).agents)} agents and cards again, three of ten agents with another last_active_at and a fifth of the cards used (those that show it), or all as they were, and 1 % of the transactions new or changed. Rows are counted on a day more, which is not timed: what pg_stat_user_tables counts as inserted, updated and deleted in tables of models, against the rows whose content differs after (those of a table that came or that went, whichever are more; landing and the run log, which take each record once, are left out).`,
    ],
  }
}

function sum(rows: Rows[]): { written: number; changed: number } {
  return rows.reduce((all, { written, changed }) => ({ written: all.written + written, changed: all.changed + changed }), {
    written: 0,
    changed: 0,
  })
}

function lineOf({ schema, written, changed }: Rows): Line {
  return { what: `rows in ${schema}`, note: `${whole(written)} written, ${whole(changed)} changed` }
}
