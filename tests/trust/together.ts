import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { randomOf } from '../../bench/random.ts'
import { readFeed } from '../pipeline/rules/read-feed.ts'
import { readSeeds } from '../pipeline/rules/seeds.ts'
import { compare, snapshot } from '../pipeline/rules/snapshot.ts'
import { expectedWarehouse } from '../pipeline/rules/warehouse.ts'
import { createSite } from './site.ts'
import { untilFree } from './state.ts'

/** The outcome of runs that were started together. */
export interface Together {
  rounds: number
  /** Runs that waited for the other and reported it, and runs that ended at once and named the lock's holder. */
  waited: number
  left: number
  killed: number
  /** The longest time that a lock outlived its killed holder, in milliseconds. */
  longest: number
  faults: string[]
}

/** Starts two runs at once, `rounds` times, each time with something new in the feed; compares the warehouse with the rules after each. */
export async function together({ rounds, seed }: { rounds: number; seed: number }): Promise<Together> {
  const site = await createSite()
  const { sql, letGo } = await site.hold()
  const found: Together = { rounds, waited: 0, left: 0, killed: 0, longest: 0, faults: [] }
  try {
    for (let round = 1; round <= rounds; round++) {
      const random = randomOf(seed, 'together', round)
      const pair = pairs[round % pairs.length]!
      site.correct(round)
      const runners = pair.map(line => {
        const args = line.split(' ').filter(word => word !== 'killed')
        const at = random.int(5, 300)
        return site.start([...args, '--data', 'next'], line.includes('killed') ? { TRUST_KILL: `runner ${at} 0` } : {})
      })
      const ended = await Promise.all(runners.map(runner => runner.ended))
      found.longest = Math.max(found.longest, await untilFree(sql))
      for (const [at, { code, signal, stderr }] of ended.entries()) {
        const line = pair[at] ?? ''
        const hasLeft =
          code === 2 && /Another build or load is running: (deskledger|its session)/.test(stderr) && line.includes('--no-wait')
        if (/Waiting for another build or load: (deskledger|its session)/.test(stderr)) found.waited++
        if (hasLeft) found.left++
        if (signal === 'SIGKILL') found.killed++
        if (code !== 0 && !hasLeft && !(signal === 'SIGKILL' && line.includes('killed')))
          found.faults.push(`round ${round}, ${line} beside ${pair[1 - at]}: ended with ${code}: ${stderr.slice(-1500)}`)
        if (/deadlock|^ +at /m.test(stderr)) found.faults.push(`round ${round}, ${line}: ${stderr.slice(-1500)}`)
      }
      if (pair.every(line => line === 'load')) await site.build('next')
      const expected = expectedWarehouse(readFeed(join(site.dir, 'next')), readSeeds(join(site.dir, 'seeds')))
      found.faults.push(
        ...compare(expected, await snapshot(sql))
          .slice(0, 5)
          .map(line => `round ${round}, ${pair.join(' beside ')}: ${line}`),
      )
    }
    return found
  } finally {
    await letGo()
    await site.remove()
  }
}

export function summaryOf({ rounds, waited, left, killed, longest, faults }: Together): string {
  return [
    `${rounds} rounds of two runs at once: ${faults.length} faults`,
    `  ${waited} waited, ${left} left at once with code 2 saying who holds the lock, ${killed} were killed`,
    `  sessions and locks were gone ${longest.toFixed(0)} ms after the end at most`,
    ...faults.map(fault => `    ${fault}`),
  ].join('\n')
}

const pairs = [
  ['build', 'build'],
  ['build', 'load'],
  ['build', 'build killed'],
  ['build --no-wait', 'build'],
  ['load', 'load'],
  ['build', 'load killed'],
  ['build --full-refresh', 'build'],
  ['build', 'load --no-wait'],
]

/** `npm run test:together -- --rounds 50 --seed 1` */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' } } })
  const found = await together({ rounds: Number(values.rounds), seed: Number(values.seed) })
  process.stdout.write(`${summaryOf(found)}\n`)
  process.exitCode = found.faults.length === 0 ? 0 : 1
}
