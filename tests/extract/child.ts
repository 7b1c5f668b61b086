// Extracts from fake servers in a process that can be killed: `child.ts '{"dataDir":…,"hosts":…,"env":…,"killAt":17,"how":"after"}'`. It
// kills itself with -9 before, after or in the middle of its n-th disk operation; otherwise exits with the extraction's exit code.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { systemClock } from '../../loaders/extract/clock.ts'
import { extract } from '../../loaders/extract/extract.ts'
import { exitCodeOf } from '../../loaders/extract/failure.ts'
import { eventLine } from '../../loaders/extract/progress.ts'
import type { ChildOrder } from './kill.ts'
import { smallSources } from './site.ts'

const order = JSON.parse(process.argv[2]!) as ChildOrder
const began = Date.now()
// The same day for all runs, whatever the time is.
const clock = { ...systemClock, now: () => Date.parse('2026-01-05T05:00:00.000Z') + Date.now() - began }
const sources = smallSources(order.pageSize).map(config => ({ ...config, calls_per_minute: 600_000, timeout_seconds: 20 }))
const things = arm(order)
try {
  await extract({
    sources,
    dataDir: order.dataDir,
    env: order.env,
    testHosts: order.hosts,
    signal: new AbortController().signal,
    clock,
    onEvent: event => console.log(eventLine(event)),
  })
  console.log(`${things()} things done to the disk`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = exitCodeOf(error) ?? 1
}

function arm({ killAt, how }: ChildOrder): () => number {
  let count = 0
  const functions = fs as unknown as Record<string, (...args: unknown[]) => unknown>
  for (const name of [
    'openSync',
    'writeSync',
    'fsyncSync',
    'closeSync',
    'renameSync',
    'mkdirSync',
    'rmSync',
    'linkSync',
    'writeFileSync',
  ]) {
    const real = functions[name]!
    functions[name] = (...args) => {
      count += 1
      if (count !== killAt) return real(...args)
      if (how === 'amid' && name === 'writeSync') real(args[0], (args[1] as Buffer).subarray(0, (args[1] as Buffer).length >> 1))
      if (how === 'after') real(...args)
      process.kill(process.pid, 'SIGKILL')
      return undefined
    }
  }
  syncBuiltinESMExports()
  return () => count
}
