import { createRequire } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { Argument, Command as Commander, CommanderError, InvalidArgumentError, Option } from 'commander'
import { dbtFlags, refusedCommands } from './run/dbtflags.ts'
import { ProjectError } from './run/errors.ts'
import { Interrupted } from './run/failing.ts'
import type { Node } from './run/node.ts'
import type { Command } from './run/open.ts'
import type { Options } from './run/options.ts'
import { createReport } from './run/report.ts'

// While there is garbage, V8 lets its nurseries grow to 48 MB each; as they are now they are as fast (P6).
setFlagsFromString('--semi-space-growth-factor=1')

type Run = (command: Command, args: string[]) => Promise<number>
type Group = (command: Commander) => Commander
type Types = Node['resourceType'][]

// What a command needs is read when it is called for: most of it is of no use to the others.
const project = () => import('./run/commands/project.ts')
const db = () => import('./run/commands/db.ts')
const build = async (command: Command, types: Types, loads = false) =>
  (await import('./run/commands/build.ts')).buildCommand(command, { types, loads })
const testCommand = async (command: Command) => (await import('./run/commands/test.ts')).testCommand(command)
const planCommand = async (command: Command) => (await import('./run/commands/plan.ts')).planCommand(command)

const program = new Commander('run.ts')
  .description('Loads the feed, builds the warehouse and tests it, in SQL.')
  .usage('<command> [options]')
  .helpCommand(true)
  .configureHelp({ sortSubcommands: false })
  .addHelpText(
    'after',
    '\nThe database is DATABASE_URL, or else an embedded PostgreSQL in .pg/, which is started when needed.\nExit codes: 0 all good, 1 something ran and failed, 2 usage, project, connection or Ctrl-C.',
  )

const models: Types = ['model', 'seed', 'snapshot', 'test', 'unit_test']
// What retry can do again.
const repeatable = {
  build: (command: Command) => build(command, models, true),
  plan: planCommand,
  seed: (command: Command) => build(command, ['seed']),
  run: (command: Command) => build(command, ['model']),
  snapshot: (command: Command) => build(command, ['snapshot']),
  test: testCommand,
}
define(
  'build',
  'Load new feed files, then seeds, models and tests; publish when no test fails.',
  'build --select +agents',
  [selection, building, feed, testing, accepting, apart],
  async command => (await (await import('./run/nothingnew.ts')).nothingNew(command)) ?? repeatable.build(command),
)
define(
  'plan',
  'The whole build for real, new feed files too, then undone: what it would change.',
  'plan --select agents+ --output json',
  [selection, building, feed, unloaded, testing, accepting, listed, output('text', ['text', 'json'])],
  repeatable.plan,
)
define(
  'diff',
  'Where two relations differ, or what is published from what edited models would make of it.',
  'diff --select agents+ --limit 10\n  npx tsx run.ts diff core.agents scratch.agents --key agent_id\n  npx tsx run.ts diff --against last_week/target',
  [selection, comparing, building, output('text', ['text', 'json'])],
  async (command, args) => (await import('./run/commands/diff.ts')).diffCommand(command, args),
).argument('[relations...]', 'two relations, or models; none for all that were edited since they were published')
define(
  'watch',
  'Build what is saved, and what depends on it, without publishing: its first rows and its tests.',
  'watch --select marts',
  [selection],
  async command => (await import('./run/commands/watch.ts')).watchCommand(command),
)
define('load', 'Land new and changed feed files, nothing else.', 'load --data exports --prune', [feed], async command =>
  (await import('./run/commands/load.ts')).loadCommand(command),
)
define('seed', 'Load the CSV files of seeds/.', 'seed --select currencies', [selection, building, apart], repeatable.seed)
define('run', 'Build models without their tests.', 'run --select agents+ --full-refresh', [selection, building, apart], repeatable.run)
define(
  'snapshot',
  'Keep what changed since the last time in the snapshots.',
  'snapshot --select prices',
  [selection, building, apart],
  repeatable.snapshot,
)
define('test', 'Run the data tests on what is published.', 'test --select agents --store-failures', [selection, testing], testCommand)
define('retry', 'Do the last command again, from what failed.', 'retry', [again], async command =>
  (await import('./run/commands/retry.ts')).retryCommand(command, repeatable),
)
define(
  'compile',
  'Write the SQL of models and tests to target/compiled.',
  'compile --select agents',
  [selection, building, inline, output('text', ['text', 'json'])],
  async command => (await import('./run/commands/query.ts')).compileCommand(command),
)
define(
  'show',
  'Print rows of a query or a model.',
  `show --inline "select * from {{ ref('agents') }}" --output json --limit -1`,
  [selection, inline, rows, output('table', ['table', 'json'])],
  async command => (await import('./run/commands/query.ts')).showCommand(command),
)
define(
  'errors',
  'What was refused: counts, or the records.',
  'errors --entity agents --show 20',
  [refused, building, output('table', ['table', 'json'])],
  async command => (await import('./run/commands/errors.ts')).errorsCommand(command),
)
define('ls', 'List nodes.', 'ls --select tag:nightly --output name', [selection, listing], async command =>
  (await project()).lsCommand(command),
).alias('list')
define('run-operation', 'Run a macro, or SQL.', 'run-operation grant_all --args "{role: reader}"', [operating], async (command, args) =>
  (await import('./run/commands/operation.ts')).operationCommand(command, args),
).argument('[macro]')
define('parse', 'Read the project and tell its mistakes.', 'parse', [], async command => (await project()).parseCommand(command))
define('debug', 'Check project and connection.', 'debug', [], async command => (await project()).debugCommand(command))
define(
  'clean',
  'Remove target/ and logs/; with --landing, landed records that nothing needs any more.',
  'clean\n  npx tsx run.ts clean --landing --keep 90 --apply',
  [retiring],
  async command =>
    command.options.landing ? (await import('./run/commands/retire.ts')).retireCommand(command) : (await project()).cleanCommand(command),
)

const source = program.command('source').description('The tables that others fill.')
define(
  'freshness',
  'How old the newest rows are.',
  'source freshness --select source:shop',
  [selection, sourcesFile],
  async command => (await import('./run/commands/freshness.ts')).freshnessCommand(command),
  source,
)
const docs = program.command('docs').description('The page of the project: tables, lineage, data quality, runs.')
define(
  'generate',
  'Write the page, target/index.html, and manifest.json and catalog.json.',
  'docs generate',
  [selection, catalog],
  async command => (await import('./run/commands/docs.ts')).docsCommand(command),
  docs,
)
define(
  'serve',
  'Show the page on this machine until Ctrl-C.',
  'docs serve --port 8081',
  [serving],
  async command => (await import('./run/commands/docs.ts')).serveCommand(command),
  docs,
)

const server = program.command('db').description('The embedded server, kept running for other clients.')
define(
  'start',
  'Start it, keep it running, print its URL.',
  'db start',
  [],
  async (command, args) => (await db()).dbCommands.start!(command, args),
  server,
)
define('stop', 'Stop it.', 'db stop', [], async (command, args) => (await db()).dbCommands.stop!(command, args), server)
define(
  'url',
  'Print its URL, with the password.',
  'db url',
  [],
  async (command, args) => (await db()).dbCommands.url!(command, args),
  server,
)
define(
  'psql',
  "Open psql on it; what follows is psql's.",
  'db psql -- -c "select * from core.agents"',
  [],
  async (command, args) => (await db()).dbCommands.psql!(command, args),
  server,
).argument('[arguments...]')

define(
  'completion',
  'The script that completes commands, options and names of nodes in your shell.',
  'completion bash',
  [],
  async (command, args) => (await import('./run/commands/completion.ts')).completionCommand(command, args, program),
)
  .addArgument(new Argument('<shell>', 'your shell').choices(['bash', 'zsh', 'fish']))
  .addHelpText(
    'after',
    '\nIn ~/.bashrc:  source <(cd where/the/project/is && npx tsx run.ts completion bash)\nfish:          npx tsx run.ts completion fish | source',
  )

for (const [name, instead] of Object.entries(refusedCommands))
  program
    .command(name, { hidden: true })
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => program.error(`error: not supported: ${name}. Use ${instead} instead.`))

await main()

async function main(): Promise<void> {
  for (const command of [program, ...program.commands, ...program.commands.flatMap(group => group.commands)])
    command.exitOverride().showHelpAfterError('Add --help for the options.')
  try {
    await program.parseAsync()
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? 0 : 2
  }
}

/** A command with its options, its example, and what runs it. */
function define(name: string, description: string, example: string, groups: Group[], run: Run, parent = program): Commander {
  const command = parent.command(name).description(description).addHelpText('after', `\nExample:\n  npx tsx run.ts ${example}`)
  for (const group of [...groups, common, dbtFlags]) group(command)
  return command.action(async (...given: unknown[]) => {
    const args = Array.isArray(given[0]) ? (given[0] as string[]) : typeof given[0] === 'string' ? [given[0]] : []
    process.exitCode = await perform(name, command.opts<Options>(), run, args)
  })
}

async function perform(name: string, options: Options, run: Run, args: string[]): Promise<number> {
  const report = createReport({
    format: options.logFormat,
    quiet: options.quiet ?? false,
    level: options.debug ? 'debug' : (options.logLevel ?? 'info'),
    invocationId: crypto.randomUUID(),
  })
  const interrupt = new AbortController()
  process.on('SIGINT', () => (interrupt.signal.aborted ? process.exit(2) : interrupt.abort()))
  process.on('SIGTERM', () => interrupt.abort())
  try {
    return await run({ name, options, report, signal: interrupt.signal }, args)
  } catch (error) {
    if (error instanceof Interrupted || interrupt.signal.aborted)
      report.fail(new ProjectError('Exited because of keyboard interrupt. Nothing was published.'))
    else report.fail(error)
    // A load that was cut off may still have workers at work; nothing of it counts.
    if (interrupt.signal.aborted) setTimeout(() => process.exit(2), 2_000).unref()
    return 2
  }
}

function common(command: Commander): Commander {
  return command
    .option('--project-dir <folder>', 'where dbt_project.yml is', process.env.DBT_PROJECT_DIR ?? '.')
    .option('--profiles-dir <folder>', 'where profiles.yml is (default: DBT_PROFILES_DIR, the project, ~/.dbt); DATABASE_URL wins')
    .option('--profile <name>', 'which profile (default: that of dbt_project.yml)')
    .option('-t, --target <name>', 'which of its targets')
    .option('--vars <yaml>', 'variables over those of the project: "{first_sync_date: 2026-01-05}"', readVars)
    .addOption(new Option('--log-format <format>', 'of progress on stderr').choices(['text', 'json']).default('text'))
    .addOption(new Option('--log-level <level>', 'the least that is told').choices(['debug', 'info', 'warn', 'error', 'none']))
    .addOption(new Option('-d, --debug', 'the same as --log-level debug').hideHelp())
    .option('--log-path <folder>', 'folder of dbt.log (default: DBT_LOG_PATH, or logs)')
    .option('-q, --quiet', 'only errors and results')
    .option('--warn-error', 'warnings count as errors')
    .option('--target-path <folder>', 'folder of artifacts (default: target)')
}

function selection(command: Commander): Commander {
  return command
    .option(
      '-s, --select <terms...>',
      'which nodes: names, folders, tag:x, path:x, source:x, graph operators + @; space is or, comma is and',
    )
    .addOption(new Option('-m, --models <terms...>').hideHelp())
    .option('--exclude <terms...>', 'which of them not')
    .option('--selector <name>', 'a selection that selectors.yml names')
    .option('--resource-type <types...>', 'only these: model, seed, test, source')
    .option('--exclude-resource-type <types...>', 'all but these')
    .addOption(
      new Option('--indirect-selection <mode>', 'which tests follow their models').choices(['eager', 'cautious', 'buildable', 'empty']),
    )
    .option('--state <folder>', 'artifacts of an earlier run, for state: and result:')
    .hook('preAction', self => {
      const { models } = self.opts()
      if (models) self.setOptionValue('select', [...(self.opts().select ?? []), ...models])
    })
}

function building(command: Commander): Commander {
  return command
    .option('-f, --full-refresh', 'make incremental models from nothing')
    .option('-x, --fail-fast', 'stop at the first failure')
    .option('--no-wait', 'leave at once when another build or load is running')
}

function apart(command: Commander): Commander {
  return command.option('--no-atomic', 'each model in a transaction of its own, for hooks that cannot live in one transaction')
}

function accepting(command: Commander): Commander {
  return command.option('--accept-shrink', 'take snapshots as they are that list far fewer than the one before, and remember it')
}

function testing(command: Commander): Commander {
  command.option('--store-failures', 'keep failing rows in tables')
  return command.options.some(option => option.long === '--fail-fast')
    ? command
    : command.option('-x, --fail-fast', 'stop at the first failure')
}

function again(command: Commander): Commander {
  return command.option('--state <folder>', 'artifacts of the run to retry (default: those of the last)')
}

function feed(command: Commander): Commander {
  command
    .option('--data <folder>', 'folder of the feed (default: DATA_DIR, or data)')
    .option('--prune', 'take out what is gone from the folder')
  return command.options.some(option => option.long === '--no-wait')
    ? command
    : command.option('--no-wait', 'leave at once when another build or load is running')
}

function retiring(command: Commander): Commander {
  return command
    .option('--landing', 'instead: records of old batches that newer ones stand for; tells what it would remove')
    .option('--keep <n>', 'with --landing: the last batches of each entity that stay whole', readWhole)
    .option('--apply', 'with --landing: remove them')
    .option('--no-wait', 'leave at once when another build or load is running')
}

function unloaded(command: Commander): Commander {
  return command.option('--no-load', 'leave new feed files out')
}

function comparing(command: Commander): Commander {
  return command
    .option('--key <columns...>', 'columns that name a row (default: unique_key, or the primary key)')
    .option('--ignore <columns...>', 'columns that do not count')
    .option('--against <folder>', 'the models that were modified since the manifest.json of this folder')
    .option('--limit <n>', 'examples of each kind at most; -1 for all', readWhole, 5)
    .option('--exit-code', 'leave with 1 when anything differs')
}

function listed(command: Commander): Commander {
  return command.option('--limit <n>', 'new and resolved errors shown at most; -1 for all', readWhole, 20)
}

function operating(command: Commander): Commander {
  return command
    .option('--args <yaml>', 'arguments of the macro: "{role: reader}"', readVars)
    .option('--sql <sql>', 'SQL with Jinja, instead of a macro')
    .option('--no-wait', 'leave at once when another build or load is running')
}

function sourcesFile(command: Commander): Commander {
  return command.option('-o, --output <file>', 'where sources.json goes (default: the folder of artifacts)')
}

function catalog(command: Commander): Commander {
  return command.option('--no-compile', 'leave the SQL of models out of manifest.json')
}

function serving(command: Commander): Commander {
  return command.option('--port <n>', 'on which port of 127.0.0.1; 0 for any that is free', readWhole, 8080)
}

function inline(command: Commander): Commander {
  return command.option('--inline <sql>', 'SQL with Jinja')
}

function rows(command: Commander): Commander {
  return command.option('--limit <n>', 'rows at most; -1 for all', readWhole, 5)
}

function refused(command: Commander): Commander {
  return command
    .option('--entity <name>', 'of one feed only: agents, agent_details, admin_groups, roles, budgets, cards, transactions')
    .option('--show <n>', 'the records themselves, so many; -1 for all', readWhole)
    .option('--replay', 'judge everything that landed again')
}

function output(standard: string, choices: string[]): Group {
  return command => command.addOption(new Option('--output <form>', 'how results are printed').choices(choices).default(standard))
}

function listing(command: Commander): Commander {
  return command
    .addOption(new Option('--output <form>', 'how a node is printed').choices(['selector', 'name', 'path', 'json']).default('selector'))
    .option('--output-keys <keys...>', 'which keys of --output json')
}

function readWhole(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

function readVars(text: string): Record<string, unknown> {
  const { parse } = createRequire(import.meta.url)('yaml') as typeof import('yaml')
  const vars = (() => {
    try {
      return parse(text)
    } catch {
      throw new InvalidArgumentError('It is no YAML.')
    }
  })()
  if (typeof vars !== 'object' || vars === null || Array.isArray(vars))
    throw new InvalidArgumentError('It must be a mapping: "{name: value}".')
  return vars
}
