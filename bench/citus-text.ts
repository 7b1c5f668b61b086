import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ratio, spread, times, whole } from './figures.ts'
import { table } from './results.ts'

/** Times of plain PostgreSQL and of a cluster for the same work on the same cores. */
export interface CitusResult {
  /** `Citus 13.2.2, 2 workers, PostgreSQL 15.20` */
  versions: string
  cores: number
  transactions: number
  agents: number
  steps: CitusStep[]
  date: string
  commit: string
}

/** A step, with the seconds of each run. */
export interface CitusStep {
  what: string
  plain: number[]
  cluster: number[]
}

/** The section on the cluster in RESULTS.md; empty without measurements. */
export function citusText(folder: string): string {
  const file = join(folder, 'citus.json')
  if (!existsSync(file)) return ''
  const { versions, cores, transactions, agents, steps, date, commit } = JSON.parse(readFileSync(file, 'utf8')) as CitusResult
  return [
    '## Citus',
    `Written by \`npm run bench:citus\`: ${versions}, all nodes on the ${cores} cores of one machine, against a plain database of the coordinator's own server. ${whole(transactions)} transactions, ${whole(agents)} agents, as many cards, from nothing; then a day that sends the agents and cards again and 1 % of the transactions new or changed. Load, build and the delta are whole processes, the steps between are what the run log says of the models and tests of the build.`,
    table(
      ['', 'plain, s', 'cluster, s', 'ratio'],
      steps.map(({ what, plain, cluster }) => [what, spread(plain), spread(cluster), times(ratio(cluster, plain))]),
    ),
    `*${date.slice(0, 16).replace('T', ' ')} UTC, commit ${commit}*`,
  ].join('\n\n')
}
