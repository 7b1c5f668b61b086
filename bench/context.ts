import { linkSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { feed } from './feeds.ts'
import { floorTool } from './floor.ts'
import type { Line } from './results.ts'
import type { Site } from './site.ts'

/** The context shared by the measurements of one run. */
export interface Bench {
  site: Site
  /** 1 is the size in the goals. */
  scale: number
  /** The number of repetitions: the requested one, or else `usual`. */
  runs(usual: number): number
  /** The database that P2 filled, and its measurement, once available. */
  whole?: { url: string; line: Line }
  /** The peak memory of loads and builds, for P6. */
  peaks: Line[]
}

/** A count in the goals at the scale of this run, at least 1. */
export const scaled = (bench: Bench, count: number) => Math.max(1, Math.round(count * bench.scale))

/** The number of agents at the scale of this run, never too few for those in seeds/user_agent_overrides.csv. */
export const scaledAgents = (bench: Bench, count: number) => Math.max(100, scaled(bench, count))

/** The feed of P1 to P3, day 1: a million transactions in a single array, 50,000 agents, as many cards. */
export const largeFeed = (bench: Bench) => feed(bench.site, 'large', largePlan(bench))

/** The same records as NDJSON, for the floor. */
export async function largeLines(bench: Bench): Promise<{ folder: string; files: string[] }> {
  const folder = await feed(bench.site, 'large-lines', { ...largePlan(bench), format: 'ndjson' })
  const files = ['agents', 'admin_groups', 'roles', 'budgets', 'cards', 'transactions'].map(entity => linesOf(folder, entity))
  return { folder, files }
}

/** The NDJSON file of an entity. */
export const linesOf = (folder: string, entity: string) => join(folder, 'sync-day1', entity, '1.ndjson')

/**
 * Agents, groups, budgets and cards stay the same except for each day's own events; 1 % of the transactions are new or changed. `days` sets
 * how many agents act.
 */
export const largePlan = (bench: Bench) => ({
  transactions: scaled(bench, 1_000_000),
  agents: scaledAgents(bench, 50_000),
  churn: 0,
  active: 0,
  used: 0,
  changes: 0.01,
})

/** A feed of only the transactions: a folder with a link to the same file, which takes no space. */
export async function transactionsAlone(bench: Bench): Promise<{ folder: string; file: string }> {
  const large = await largeFeed(bench)
  const folder = join(bench.site.dir, 'feeds/transactions-alone')
  const file = join(folder, 'sync-day1/transactions/1.json')
  share(join(large, 'sync-day1/transactions/1.json'), file)
  return { folder, file }
}

/** Links a file into a folder, which is created, unless the link exists. */
export function share(from: string, to: string): void {
  mkdirSync(join(to, '..'), { recursive: true })
  try {
    linkSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** The definition of the floor. */
export const floorNote = () =>
  `Floor: ${floorTool()} of the same records as NDJSON into a logged table of one jsonb column without keys, over one connection, on the same server, in turn with the other runs.`
