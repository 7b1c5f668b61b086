import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bench, scaled, scaledAgents } from '../context.ts'
import { feed } from '../feeds.ts'
import { decimal, median, whole } from '../figures.ts'
import type { Line, Measured } from '../results.ts'
import { projectDir, type Site } from '../site.ts'

/** P9: the cost of an edit after a year, when no row changes. */
export async function measureEdits(bench: Bench): Promise<Measured> {
  const { site } = bench
  const [agents, transactions] = [scaledAgents(bench, 1500), scaled(bench, 2000)]
  const days = Math.max(10, Math.round(365 * Math.min(1, bench.scale * 4)))
  const year = await feed(site, 'edited-year', { agents, transactions, changes: 1, churn: 0.005, days })
  const project = copyOf(site, 'edited')
  const url = await site.database('edited')
  const build = (...args: string[]) => site.runner(url, ['build', '--data', year, '--project-dir', project, ...args])
  site.say(`P9 ${days} days: ${decimal((await build()).seconds)} s`)

  const edits: { what: string; most: number; edit: (run: number) => string[] }[] = [
    { what: 'nothing new', most: 0.8, edit: () => [] },
    {
      what: 'a comment edited in core.agents',
      most: 2,
      edit: run => edited('models/core/agents.sql', text => `${text.trimEnd()}\n-- once more: ${run}\n`),
    },
    {
      what: 'a rule edited in base_agents, with the same verdicts',
      most: 8,
      edit: () =>
        edited('models/staging/base/base_agents.sql', text =>
          text.replace(/(\w+) is null and (\w+) is null/, (_, one, other) => `${other} is null and ${one} is null`),
        ),
    },
    { what: '`--full-refresh`', most: 60, edit: () => ['--full-refresh'] },
  ]
  const lines: Line[] = []
  let isMet = true
  for (const { what, most, edit } of edits) {
    const line: Line = { what, seconds: [], note: '' }
    for (let run = 1; run <= bench.runs(3); run++) {
      const ended = await build(...edit(run))
      line.seconds!.push(ended.seconds)
      line.note = `goal ≤ ${most} s; ${/Done\. (.*)/.exec(ended.stdout)?.[1]?.replace(/WARN=0 ERROR=0 SKIP=0 NO-OP=0 /, '') ?? 'nothing ran'}`
    }
    site.say(`P9 ${what}: ${decimal(median(line.seconds!))} s`)
    isMet &&= median(line.seconds!) <= most
    lines.push(line)
  }
  await site.drop('edited')
  return {
    measured: lines.map(({ seconds }) => `${decimal(median(seconds!))} s`).join(', '),
    isMet,
    lines,
    notes: [
      `${days} days of ${whole(agents)} agents and more, as many cards, and some ${whole(transactions * 0.8)} new or changed transactions a day, on the embedded server.`,
    ],
  }

  function edited(file: string, change: (text: string) => string): string[] {
    const path = join(project, file)
    const text = readFileSync(path, 'utf8')
    const after = change(text)
    if (after === text) throw new Error(`${file} has not what is to be edited`)
    writeFileSync(path, after)
    return []
  }
}

/** P10: a new day of a small company, and a first build of the sample. */
export async function measureSmall(bench: Bench): Promise<Measured> {
  const { site } = bench
  const runs = bench.runs(5)
  const small = await feed(site, 'small', { agents: 500, transactions: 2000, changes: 1, days: 1 + runs })
  const fed = join(site.dir, 'feeds/small-so-far')
  const url = await site.database('small')
  const day: Line = { what: 'a new day of 500 agents and 2,000 transactions', seconds: [], note: 'goal ≤ 2.0 s' }
  const sample: Line = { what: 'the sample from nothing', seconds: [], note: 'goal ≤ 2.5 s' }
  for (let run = 0; run <= runs; run++) {
    cpSync(join(small, `sync-day${run + 1}`), join(fed, `sync-day${run + 1}`), { recursive: true })
    const { seconds } = await site.runner(url, ['build', '--data', fed])
    if (run > 0) day.seconds!.push(seconds)
  }
  for (let run = 1; run <= runs; run++) {
    const nothing = await site.database('sample')
    sample.seconds!.push((await site.runner(nothing, ['build', '--data', 'data'])).seconds)
  }
  await site.drop('small')
  await site.drop('sample')
  const [one, other] = [median(day.seconds!), median(sample.seconds!)]
  site.say(`P10 a day ${decimal(one)} s, the sample ${decimal(other)} s`)
  return {
    measured: `${decimal(one)} s, ${decimal(other)} s`,
    isMet: one <= 2 && other <= 2.5,
    lines: [day, sample],
    notes: ['`node --import tsx run.ts build` with DATABASE_URL set, whole process.'],
  }
}

/** A copy of the project's models, seeds, tests and declarations, for edits. */
function copyOf(site: Site, name: string): string {
  const dir = join(site.dir, name)
  for (const part of ['dbt_project.yml', 'models', 'macros', 'seeds', 'migrations', 'tests/data', 'loaders/entities'])
    if (existsSync(join(projectDir, part))) cpSync(join(projectDir, part), join(dir, part), { recursive: true })
  return dir
}
