import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { decimal } from '../figures.ts'
import { dbtTarget } from '../peers/dbt.ts'
import { type Ended, run } from '../process.ts'
import type { ProjectResult, Side } from '../projects-text.ts'
import { projectDir, type Site } from '../site.ts'
import { relationsOf } from './relations.ts'

/** A dbt project that somebody else maintains. */
export interface DbtProject {
  /** `owner/name`, and the name in the table. */
  project: string
  commit: string
  folder: string
  /** Environment variables that it requires. */
  env?: Record<string, string>
  vars?: Record<string, unknown>
  /** The schema of the target, where the project's own sources name it. */
  schema?: string
}

/** A runner, and its results. */
interface Runner {
  name: 'dbt' | 'ours'
  url: string
  target: string
  hasPackages: boolean
  call(args: string[]): Promise<Ended>
}

/**
 * Runs seeds and then everything else of a project with dbt and with ours, each in a database of its own, and compares the results node by
 * node, and all relations, columns and rows. Where tests of the project fail with dbt too, ours runs with --no-atomic, as otherwise it
 * publishes nothing.
 */
export async function compareProject(site: Site, dbt: string, project: DbtProject): Promise<ProjectResult> {
  const { folder, env = {} } = project
  const profiles = join(site.dir, 'profiles')
  const runners: Runner[] = []
  for (const name of ['dbt', 'ours'] as const) {
    const url = await site.database(name)
    const target = join(site.dir, 'targets', name)
    rmSync(target, { recursive: true, force: true })
    writeProfile(join(profiles, name), folder, url, project.schema)
    const own =
      name === 'dbt'
        ? [dbt]
        : [process.execPath, '--import', join(projectDir, 'node_modules/tsx/dist/esm/index.mjs'), join(projectDir, 'run.ts')]
    const [program = '', ...words] = own
    const folders = { DBT_PROFILES_DIR: join(profiles, name), DBT_TARGET_PATH: target, DBT_LOG_PATH: join(target, 'logs') }
    const environment = { ...clean(), ...env, ...folders, DBT_SEND_ANONYMOUS_USAGE_STATS: 'false', NO_COLOR: '1' }
    runners.push({
      name,
      url,
      target,
      hasPackages: existsSync(join(folder, 'packages.yml')) || existsSync(join(folder, 'dependencies.yml')),
      call: args => run(program, [...words, ...args], { signal: site.signal, cwd: folder, env: environment, codes: [0, 1] }),
    })
  }
  const sides: Record<string, Side> = {}
  const vars = project.vars ? ['--vars', JSON.stringify(project.vars)] : []
  for (const runner of runners) {
    sides[runner.name] = await measure(runner, vars, sides.dbt).catch((error: Error): Side => {
      site.signal.throwIfAborted()
      return { failure: error.message.slice(-1500), parse: [], build: [], results: {} }
    })
    const { build, failure, results } = sides[runner.name]!
    site.say(
      `${project.project}, ${runner.name}: ${failure ?? `${Object.keys(results).length} results, ${build.map(s => decimal(s)).join(' + ')} s`}`,
    )
  }
  // A cached parse makes the next one faster: the sides alternate, so that other load affects both.
  for (let round = 1; round <= PARSES && !Object.values(sides).some(({ failure }) => failure); round++)
    for (const { name, call } of runners) sides[name]!.parse.push((await call(['parse', ...vars])).seconds)
  const [theirs, mine] = await Promise.all(runners.map(({ url }) => site.ask(url, relationsOf)))
  return {
    project: project.project,
    commit: project.commit,
    dbt: sides.dbt!,
    ours: sides.ours!,
    relations: compare(theirs!, mine!),
    results: compare(new Map(Object.entries(sides.dbt!.results)), new Map(Object.entries(sides.ours!.results))),
  }
}

const PARSES = 4

async function measure({ name, target, hasPackages, call }: Runner, vars: string[], dbt: Side | undefined): Promise<Side> {
  if (hasPackages) await call(['deps'])
  const parsed = [await call(['parse', ...vars]), await call(['parse', ...vars])]
  const failed = Object.values(dbt?.results ?? {}).some(status => ['error', 'fail', 'skipped'].includes(status))
  const atomic = name === 'ours' && failed ? ['--no-atomic'] : []
  const results: Record<string, string> = {}
  const build: number[] = []
  for (const words of [['seed'], ['build', '--exclude-resource-type', 'seed', ...atomic]]) {
    const { seconds } = await call([...words, ...vars])
    build.push(seconds)
    Object.assign(results, statusesOf(target))
  }
  return { parse: parsed.map(({ seconds }) => seconds), build, results }
}

/** The status of each node, from run_results.json. */
function statusesOf(target: string): Record<string, string> {
  const { results } = JSON.parse(readFileSync(join(target, 'run_results.json'), 'utf8')) as {
    results: { unique_id: string; status: string }[]
  }
  return Object.fromEntries(results.map(({ unique_id, status }) => [unique_id, status]))
}

/** The number of items on both sides, and those that differ. */
function compare(theirs: Map<string, string>, mine: Map<string, string>): { dbt: number; ours: number; other: string[] } {
  const names = [...new Set([...theirs.keys(), ...mine.keys()])].sort()
  const other = names
    .filter(name => theirs.get(name) !== mine.get(name))
    .map(name => `${name}: ${theirs.get(name) ?? '–'}, ours ${mine.get(name) ?? '–'}`)
  return { dbt: theirs.size, ours: mine.size, other }
}

function writeProfile(profiles: string, folder: string, url: string, schema?: string): void {
  const file = readdirSync(folder).find(name => /^dbt_project\.ya?ml$/.test(name))
  if (!file) throw new Error(`${folder} has no dbt_project.yml`)
  const { profile = 'default' } = parse(readFileSync(join(folder, file), 'utf8')) as { profile?: string }
  mkdirSync(profiles, { recursive: true })
  writeFileSync(
    join(profiles, 'profiles.yml'),
    `${JSON.stringify({ [profile]: { target: 'postgres', outputs: { postgres: dbtTarget(url, schema) } } })}\n`,
  )
}

function clean(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(PG|DBT_|DATABASE_URL$|DATA_DIR$|NODE_OPTIONS$|npm_)/.test(name)),
  )
}
