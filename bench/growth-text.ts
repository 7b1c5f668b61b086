import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decimal, whole } from './figures.ts'
import { table } from './results.ts'

/** A size of the feed, and the cost of its load and build. */
export interface Growth {
  transactions: number
  /** Of the feed. */
  megabytes: number
  loadSeconds: number
  buildSeconds: number
  /** Peak of Node with its child processes, the larger of load and build, in MB; null without /proc. */
  peakMegabytes: number | null
  databaseMegabytes: number
  date: string
  commit: string
}

/** The sizes measured so far, smallest first. */
export function growthOf(folder: string): Growth[] {
  const file = join(folder, 'growth.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Growth[]) : []
}

/** The section on growth in RESULTS.md; empty without measurements. */
export function growthText(folder: string): string {
  const sizes = growthOf(folder)
  if (sizes.length === 0) return ''
  const rows = sizes.map(size => [
    whole(size.transactions),
    decimal(size.megabytes, 0),
    decimal(size.loadSeconds),
    decimal(size.buildSeconds),
    decimal(((size.loadSeconds + size.buildSeconds) / size.transactions) * 1e6, 0),
    size.peakMegabytes === null ? '–' : decimal(size.peakMegabytes, 0),
    decimal(size.databaseMegabytes, 0),
    `${size.commit}, ${size.date.slice(0, 10)}`,
  ])
  return [
    '## Growth',
    'Written by `npm run bench:growth`: one day of a feed from nothing, an agent and a card for every twenty transactions, 50,000 of each at most. Load and build are whole processes, one run of each.',
    table(['transactions', 'feed, MB', 'load, s', 'build, s', 'µs per transaction', 'peak RSS, MB', 'database, MB', 'commit'], rows),
    '![Time, memory and database size over the number of transactions](growth.svg)',
  ].join('\n\n')
}
