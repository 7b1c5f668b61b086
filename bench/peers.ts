import { Command, InvalidArgumentError } from 'commander'
import type { Bench } from './context.ts'
import { measurePeers } from './goals/peers.ts'
import { makeVenv } from './peers/venv.ts'
import { folderOf, record } from './record.ts'
import { withSite } from './site.ts'

const { scale, runs, out } = new Command('bench:peers')
  .description(
    'Measures dbt and dlt on the same data (P8), in a Python environment that is thrown away after, and writes bench/RESULTS.md.',
  )
  .option('--scale <n>', 'size of the feed, 1 being 100,000 transactions', positive, 1)
  .option('--runs <n>', 'runs of each, instead of the usual number', positive)
  .option('--out <folder>', 'where RESULTS.md goes (default: bench/ at scale 1, else target/bench/)')
  .parse()
  .opts<{ scale: number; runs?: number; out?: string }>()

try {
  await withSite(4 + 3 * scale, async site => {
    const venv = await makeVenv(site)
    const bench: Bench = { site, scale, runs: usual => runs ?? usual, peaks: [] }
    const folder = out ?? folderOf(scale)
    if (typeof venv === 'string') site.say(`P8 is skipped: ${venv}.`)
    else if (!(await record({ site, scale, folder }, 'P8', () => measurePeers(bench, venv)))) process.exitCode = 1
  })
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.')
  return value
}
