import { Command, InvalidArgumentError } from 'commander'
import type { Bench } from './context.ts'
import { measurements } from './goals.ts'
import { folderOf, record, rewrite } from './record.ts'
import { projectDir, withSite } from './site.ts'

interface Options {
  only?: string[]
  runs?: number
  scale: number
  quick: boolean
  render: boolean
  out?: string
}

const command = new Command('bench')
  .description('Measures the goals side by side with their floors and writes bench/RESULTS.md.')
  .option('--only <goals>', 'some of them: P1,P3', goalsOf)
  .option('--runs <n>', 'runs of each, instead of the usual number', positive)
  .option('--scale <n>', 'size of the feeds, 1 being that of the goals', positive, 1)
  .option('--quick', 'scale 0.04 and few runs: about two minutes', false)
  .option('--render', 'measure nothing: write RESULTS.md again, with what bench/reasons.yml says by now', false)
  .option('--out <folder>', 'where RESULTS.md goes (default: bench/ at scale 1, else target/bench/)')

const options = command.parse().opts<Options>()
const scale = options.quick ? 0.04 : options.scale
const folder = options.out ?? folderOf(scale)
let isWhole = true
if (options.render) rewrite(folder)
else await measureAll()
process.exitCode = isWhole ? 0 : 1

async function measureAll(): Promise<void> {
  try {
    // Two copies of the feed, landing, models, indexes and the server's log.
    await withSite(4 + 16 * scale, async site => {
      const runs = (usual: number) => options.runs ?? (options.quick ? Math.min(usual, 2) : usual)
      const bench: Bench = { site, scale, runs, peaks: [] }
      // The first command in a checkout makes the bundle of the program, which is neither its time nor its memory afterwards.
      await site.program(process.execPath, ['--import', 'tsx', 'run.ts', '--version'], {}, projectDir)
      for (const [id, measure] of measurements)
        if (!options.only || options.only.includes(id))
          isWhole = (await record({ site, scale, folder }, id, () => measure(bench))) && isWhole
      site.say(`Written: ${folder}/RESULTS.md`)
    })
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    isWhole = false
  }
}

function goalsOf(text: string): string[] {
  const known: string[] = measurements.map(([id]) => id)
  const asked = text.toUpperCase().split(',')
  const unknown = asked.filter(id => !known.includes(id))
  if (unknown.length > 0) throw new InvalidArgumentError(`There are ${known.sort().join(', ')}.`)
  return asked
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.')
  return value
}
