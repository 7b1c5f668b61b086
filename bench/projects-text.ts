import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decimal, median } from './figures.ts'
import { table } from './results.ts'

/** Projects of others, built with dbt and with ours. */
export interface ProjectsResult {
  /** `dbt-core 1.11.16, dbt-postgres 1.11.0, PostgreSQL 15.20` */
  versions: string
  projects: ProjectResult[]
  date: string
  commit: string
  /** Notes for the reader. */
  note?: string
}

/** A project, its results on both sides, and their differences. */
export interface ProjectResult {
  project: string
  commit: string
  dbt: Side
  ours: Side
  relations: Compared
  results: Compared
}

/** The number of items, and those that differ: `"public"."orders": 12 rows …, ours 11 rows …`. */
interface Compared {
  dbt: number
  ours: number
  other: string[]
}

/** Seconds of whole processes, and the status of each node. */
export interface Side {
  /** Seconds of the first parse, then of each repetition. */
  parse: number[]
  /** Seeds, then everything else. */
  build: number[]
  results: Record<string, string>
  failure?: string
}

/** The section on projects of others in RESULTS.md; empty without measurements. */
export function projectsText(folder: string): string {
  const file = join(folder, 'projects.json')
  if (!existsSync(file)) return ''
  const { versions, projects, date, commit, note } = JSON.parse(readFileSync(file, 'utf8')) as ProjectsResult
  return [
    '## dbt projects of others',
    `Written by \`npm run bench:projects -- <list>\`: ${versions}. Each project as it is at the commit, its packages installed from their repositories; \`seed\`, then \`build\` of all else, in an empty database for each side. Seconds are of whole processes, one run of each; parse from nothing, and again with what the first one kept: the median of those, which dbt and ours took in turns. Results are compared node by node, relations by columns, types and a hash of all rows.${note ? ` ${note}` : ''}`,
    table(
      ['', 'commit', 'results: dbt, ours', 'equal', 'relations: dbt, ours', 'equal', 'build, s: dbt, ours', 'parse, s: dbt, ours'],
      projects.map(({ project, commit, dbt, ours, relations, results }) => [
        project,
        commit.slice(0, 7),
        `${countsOf(dbt)} · ${countsOf(ours)}`,
        String(equal(results)),
        `${relations.dbt}, ${relations.ours}`,
        String(equal(relations)),
        `${total(dbt.build)}, ${total(ours.build)}`,
        [dbt, ours]
          .map(({ parse: [first, ...again] }) => [first, median(again)].map(s => decimal(s ?? Number.NaN)).join(' and '))
          .join(', '),
      ]),
    ),
    `*${date.slice(0, 16).replace('T', ' ')} UTC, commit ${commit}*`,
  ].join('\n\n')
}

const equal = ({ dbt, ours, other }: Compared) => Math.max(dbt, ours) - other.length
const total = (seconds: number[]) => (seconds.length > 0 ? decimal(seconds.reduce((sum, one) => sum + one, 0)) : '–')

/** `43 success, 2 fail` */
function countsOf({ results, failure }: Side): string {
  if (failure) return 'refused'
  const counts = new Map<string, number>()
  for (const status of Object.values(results)) counts.set(status, (counts.get(status) ?? 0) + 1)
  return (
    [...counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([status, count]) => `${count} ${status}`)
      .join(', ') || '–'
  )
}
