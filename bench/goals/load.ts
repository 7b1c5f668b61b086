import { statSync } from 'node:fs'
import { type Bench, floorNote, largeLines, linesOf, transactionsAlone } from '../context.ts'
import { decimal, median, ratio, times } from '../figures.ts'
import { copyFloor } from '../floor.ts'
import type { Line, Measured } from '../results.ts'

/** P1: a single array, validated and recorded in the ledger, compared with the copy of the same records. */
export async function measureLoad(bench: Bench): Promise<Measured> {
  const { site } = bench
  const { folder, file } = await transactionsAlone(bench)
  const lines = linesOf((await largeLines(bench)).folder, 'transactions')
  const megabytes = statSync(file).size / 1e6
  const load: Line = { what: 'load of a single array', seconds: [], megabytes: [] }
  const floor: Line = { what: 'floor', seconds: [] }
  const runs = bench.runs(3)
  for (let run = 1; run <= runs; run++) {
    floor.seconds!.push(await copyFloor(site, [lines]))
    site.say(`P1 floor, run ${run} of ${runs}: ${decimal(floor.seconds!.at(-1)!)} s`)
    const ended = await site.runner(await site.database('load', 'migrated'), ['load', '--data', folder])
    load.seconds!.push(ended.seconds)
    if (ended.megabytes) load.megabytes!.push(ended.megabytes)
    site.say(`P1 load, run ${run} of ${runs}: ${decimal(ended.seconds)} s, ${decimal(ended.megabytes ?? 0, 0)} MB`)
  }
  await site.drop('load')
  bench.peaks.push({ ...load, what: `a single array of ${decimal(megabytes, 0)} MB (P1)` })
  const found = ratio(load.seconds!, floor.seconds!)
  const speed = (line: Line) => `${decimal(megabytes / median(line.seconds!), 1)} MB/s`
  return {
    measured: `${times(found)} (${speed(load)})`,
    isMet: found <= 0.75,
    lines: [
      { ...load, against: floor.seconds!, note: speed(load) },
      { ...floor, note: speed(floor) },
    ],
    notes: [
      `${decimal(megabytes, 0)} MB of transactions in one array. ${floorNote()} The load runs on a database whose migrations are applied; its seconds are of the whole process, start-up and the files' ledger included.`,
    ],
  }
}
