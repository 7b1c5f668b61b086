import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { makeVenv } from '../../../bench/peers/venv.ts'
import { run } from '../../../bench/process.ts'
import { type Site, withSite } from '../../../bench/site.ts'
import { type Outcome, summaryOf } from './outcomes.ts'

/**
 * dbt's own functional tests for PostgreSQL, from a clone of dbt-adapters, with our program instead of dbt: reports what passes, what
 * fails, what we refuse, and what could not be read as it requires dbt's Python objects. Nothing of the clone is copied or changed.
 */
const { python, only, runner, all, atomic } = new Command('test:dbt')
  .description("Runs dbt's own functional tests for PostgreSQL on this program.")
  .argument('<dbt-adapters>', 'a clone of https://github.com/dbt-labs/dbt-adapters')
  .option(
    '--python <program>',
    'a Python that has dbt-core, dbt-postgres, pytest and freezegun (default: pip installs them for the time being)',
  )
  .option('--only <words...>', 'only these tests: files or folders below dbt-postgres/tests/functional')
  .option('--runner <which>', "'dbt' runs them on dbt itself, to see what passes here at all", 'ours')
  .option('--atomic', 'builds as they are by default, in one transaction, of which nothing stays when a node fails')
  .option('--all', 'names what passed, too')
  .parse()
  .opts<{ python?: string; only?: string[]; runner: string; all?: boolean; atomic?: boolean }>()

try {
  const adapters = resolve(process.argv[2] ?? '')
  const suite = join(adapters, 'dbt-postgres')
  if (!existsSync(join(suite, 'tests/functional')))
    throw new Error(`${adapters} is no clone of dbt-adapters: it has no dbt-postgres/tests/functional`)
  await withSite(1, async site => {
    const venv = python ? { python } : await makeVenv(site, ['dbt-core~=1.11.0', 'dbt-postgres~=1.10', 'pytest~=9.0', 'freezegun~=1.5'])
    if (typeof venv === 'string') throw new Error(venv)
    const outcomes = await withNames(site, (url, roles) => ask(site, { python: venv.python, suite, adapters, url, roles }))
    process.stdout.write(`${summaryOf(outcomes, { all: all ?? false })}\n`)
    if (outcomes.length === 0) process.exitCode = 1
  })
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}

interface Suite {
  python: string
  suite: string
  adapters: string
  url: URL
  roles: string[]
}

/** Runs the suite with pytest and the plugin beside this file. */
async function ask(site: Site, { python, suite, adapters, url, roles }: Suite): Promise<Outcome[]> {
  const report = join(site.dir, 'outcomes.jsonl')
  const env = {
    ...process.env,
    DESKLEDGER_COMMAND: JSON.stringify([process.execPath, '--import', import.meta.resolve('tsx'), join(import.meta.dirname, 'serve.ts')]),
    DESKLEDGER_ADAPTERS: adapters,
    DESKLEDGER_REPORT: report,
    DESKLEDGER_RUNNER: runner,
    DESKLEDGER_ATOMIC: atomic ? '1' : '',
    POSTGRES_TEST_HOST: url.hostname,
    POSTGRES_TEST_PORT: url.port || '5432',
    POSTGRES_TEST_USER: decodeURIComponent(url.username),
    POSTGRES_TEST_PASS: decodeURIComponent(url.password) || 'none',
    POSTGRES_TEST_DATABASE: url.pathname.slice(1),
    PYTHONPATH: import.meta.dirname,
    PYTHONDONTWRITEBYTECODE: '1',
    ...Object.fromEntries(roles.map((role, at) => [`DBT_TEST_USER_${at + 1}`, role])),
  }
  const words = ['-p', 'plugin', '-p', 'no:cacheprovider', '-q', '-W', 'ignore', '--tb=no', '-c', '/dev/null', '--rootdir', site.dir]
  const tests = (only ?? ['']).map(name => join(suite, 'tests/functional', name))
  // 1: some tests failed.
  const { stdout } = await run(python, ['-m', 'pytest', ...words, '--basetemp', join(site.dir, 'pytest'), ...tests], {
    signal: site.signal,
    cwd: suite,
    env,
    codes: [0, 1],
  })
  if (!existsSync(report)) throw new Error(stdout.slice(-3000))
  return readFileSync(report, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Outcome)
}

// Some tests require dbt's own names: a database and a user as in its repository, and three roles for grants.
async function withNames<T>(site: Site, work: (url: URL, roles: string[]) => Promise<T>): Promise<T> {
  const admin = await site.database('names')
  const roles = [1, 2, 3].map(at => `deskledger_dbt_tests_${process.pid}_${at}`)
  const made: string[] = []
  const make = async (what: string, more = '') => {
    await site.ask(admin, sql => sql.unsafe(`create ${what} ${more}`))
    made.push(what)
  }
  try {
    for (const role of roles) await make(`role ${role}`)
    await make('role root', "superuser login password 'password'").catch(() => {})
    await make('database dbt')
    return await work(Object.assign(new URL(admin), { username: 'root', password: 'password', pathname: '/dbt' }), roles)
  } finally {
    for (const what of made.reverse())
      await site.ask(admin, sql => sql.unsafe(`drop ${what}${what.startsWith('database') ? ' with (force)' : ''}`))
  }
}
