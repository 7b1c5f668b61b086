import type { Bench } from '../context.ts'
import { largeFeed } from '../context.ts'
import { decimal, median } from '../figures.ts'
import type { Line, Measured } from '../results.ts'
import type { Site } from '../site.ts'

/** P5: a build without changes, on the sample feed and, where P2 ran, on the large one. */
export async function measureNothing(bench: Bench): Promise<Measured> {
  const { site } = bench
  const url = await site.database('sample')
  await site.runner(url, ['build', '--data', 'data'])
  const lines: Line[] = [{ what: 'build of the sample feed, nothing new', seconds: [], megabytes: [] }]
  const builds = [{ line: lines[0]!, url, data: 'data' }]
  if (bench.whole) {
    const line = { what: 'build of the large feed (P2), nothing new', seconds: [], megabytes: [] }
    lines.push(line)
    builds.push({ line, url: bench.whole.url, data: await largeFeed(bench) })
  }
  const [node, tsx]: [Line, Line] = [
    { what: 'floor: start of node', seconds: [] },
    { what: 'floor: start of node with tsx', seconds: [] },
  ]
  // Files that are seconds old are hashed once more.
  for (const { url, data } of builds) await unchanged(site, url, data)
  const runs = bench.runs(7)
  for (let run = 1; run <= runs; run++) {
    node.seconds!.push((await site.program(process.execPath, ['--eval', '0'])).seconds)
    tsx.seconds!.push((await site.program(process.execPath, ['--import', 'tsx', '--eval', '0'])).seconds)
    for (const { line, url, data } of builds) {
      const { seconds, megabytes } = await unchanged(site, url, data)
      line.seconds!.push(seconds)
      if (megabytes) line.megabytes!.push(megabytes)
    }
  }
  await site.drop('sample')
  const worst = Math.max(...lines.map(({ seconds }) => median(seconds!)))
  site.say(`P5 nothing new: ${decimal(worst)} s`)
  return {
    measured: `${decimal(worst, 2)} s`,
    isMet: worst <= 0.6,
    lines: [...lines, tsx, node],
    notes: ['`node --import tsx run.ts build` with DATABASE_URL set, whole process; the slower of the two counts.'],
  }
}

async function unchanged(site: Site, url: string, data: string) {
  const ended = await site.runner(url, ['build', '--data', data])
  if (!/Nothing new/.test(ended.stdout + ended.stderr)) throw new Error(`A second build found something new:\n${ended.stderr}`)
  return ended
}
