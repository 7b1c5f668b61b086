import { join } from 'node:path'
import type { Bench } from '../context.ts'
import { decimal, median, whole } from '../figures.ts'
import { writeProject } from '../project.ts'
import type { Line, Measured } from '../results.ts'

/** P7: the command line on a dbt project of 600 models. */
export async function measureParse(bench: Bench): Promise<Measured> {
  const { site } = bench
  const models = Math.max(20, Math.round(600 * Math.min(1, bench.scale * 4)))
  const folder = join(site.dir, 'project')
  const { tests } = writeProject(folder, models)
  const url = await site.database('parse')
  const parse: Line = { what: 'parse', seconds: [], megabytes: [] }
  const compile: Line = { what: 'compile: parse, render and write everything', seconds: [], megabytes: [] }
  const tsx: Line = { what: 'floor: start of node with tsx', seconds: [] }
  const runs = bench.runs(5)
  for (let run = 1; run <= runs; run++) {
    tsx.seconds!.push((await site.program(process.execPath, ['--import', 'tsx', '--eval', '0'])).seconds)
    for (const [line, command] of [
      [parse, 'parse'],
      [compile, 'compile'],
    ] as const) {
      const { seconds, megabytes } = await site.runner(url, [command, '--project-dir', folder])
      line.seconds!.push(seconds)
      if (megabytes) line.megabytes!.push(megabytes)
    }
  }
  await site.drop('parse')
  const found = median(compile.seconds!)
  site.say(`P7 parse ${decimal(median(parse.seconds!))} s, compile ${decimal(found)} s`)
  return {
    measured: `${decimal(found, 2)} s`,
    isMet: found <= 1,
    lines: [compile, parse, tsx],
    notes: [
      `A generated project of ${whole(models)} models with descriptions, Jinja loops and macros, and ${whole(tests)} data tests, which are compiled too. Whole processes; \`compile\` counts, and with it the writing of target/compiled and manifest.json.`,
    ],
  }
}
