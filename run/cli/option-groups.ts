import { createRequire } from 'node:module'
import { type Command as Commander, InvalidArgumentError, Option } from 'commander'

/** Options that are added together to each command that has them. An option that two groups share is added once. */
export type OptionGroup = (command: Commander) => Commander

/** For every command. */
export const common: OptionGroup = command =>
  command
    .option('--project-dir <folder>', 'folder of dbt_project.yml', process.env.DBT_PROJECT_DIR ?? '.')
    .option(
      '--profiles-dir <folder>',
      'folder of profiles.yml (default: DBT_PROFILES_DIR, the project, ~/.dbt); DATABASE_URL takes precedence',
    )
    .option('--profile <name>', 'profile (default: that of dbt_project.yml)')
    .option('-t, --target <name>', 'target of the profile')
    .option('--vars <yaml>', 'variables that override those of the project: "{first_sync_date: 2026-01-05}"', readVars)
    .addOption(new Option('--log-format <format>', 'format of progress on stderr').choices(['text', 'json']).default('text'))
    .addOption(new Option('--log-level <level>', 'the lowest level that is shown').choices(['debug', 'info', 'warn', 'error', 'none']))
    .addOption(new Option('-d, --debug', 'the same as --log-level debug').hideHelp())
    .option('--log-path <folder>', 'folder of dbt.log (default: DBT_LOG_PATH, or logs)')
    .option('-q, --quiet', 'print errors and results only')
    .option('--warn-error', 'treat warnings as errors')
    .option('--target-path <folder>', 'folder of artifacts (default: target)')

/** Which nodes a command selects. */
export const selection: OptionGroup = command =>
  command
    .option(
      '-s, --select <terms...>',
      'nodes by name, folder, tag:x, path:x, source:x, with graph operators + and @; a space for a union, a comma for an intersection',
    )
    .addOption(new Option('-m, --models <terms...>').hideHelp())
    .addOption(new Option('--model <terms...>').hideHelp())
    .option('--exclude <terms...>', 'nodes to leave out')
    .option('--selector <name>', 'a selection of selectors.yml')
    .option('--resource-type <types...>', 'only these types: model, seed, test, report, source')
    .option('--exclude-resource-type <types...>', 'all types except these')
    .addOption(
      new Option('--indirect-selection <mode>', 'which tests are selected with their models').choices([
        'eager',
        'cautious',
        'buildable',
        'empty',
      ]),
    )
    .option('--state <folder>', 'artifacts of an earlier run, for state: and result:', process.env.DBT_STATE || undefined)
    .hook('preAction', self => {
      const { select = [], models = [], model = [] } = self.opts()
      if (models.length + model.length === 0) return
      self.setOptionValue('select', [...select, ...models, ...model])
      // In dbt these options restrict ls to models.
      if (self.name() === 'ls') self.setOptionValue('resourceType', ['model'])
    })

/** How relations are built. */
export const building: OptionGroup = command =>
  waiting(failFast(command.option('-f, --full-refresh', 'run every node, and rebuild incremental models from scratch')))

/** Where parents are read that are not selected. */
export const deferring: OptionGroup = command =>
  command
    .option('--defer', 'read parents that are neither selected nor in this database from where the state has them', isSet('DBT_DEFER'))
    .addOption(new Option('--no-defer').hideHelp())
    .option('--favor-state', 'with --defer: read all parents that are not selected from there', isSet('DBT_FAVOR_STATE'))
    .addOption(new Option('--no-favor-state').hideHelp())
    .option(
      '--defer-state <folder>',
      'artifacts of an earlier run for --defer (default: those of --state)',
      process.env.DBT_DEFER_STATE || undefined,
    )

/** Whether one of dbt's variables of the environment turns its option on. */
function isSet(variable: string): true | undefined {
  return /^(1|true|t|yes|y|on)$/i.test(process.env[variable] ?? '') || undefined
}

/** Each node in a transaction of its own. */
export const nonAtomic: OptionGroup = command =>
  command.option('--no-atomic', 'run each model in its own transaction, for hooks that need that')

/** Whether rows of the loaded seeds are printed. */
export const sampled: OptionGroup = command =>
  command.addOption(new Option('--show', 'print ten rows of each seed that was loaded').preset(10))

/** What debug omits. */
export const debugging: OptionGroup = command => command.option('--connection', 'check only the connection')

/** How tests are run. */
export const testing: OptionGroup = command => failFast(command.option('--store-failures', 'keep failing rows in tables'))

/** Whether to wait for another build or load. */
export const waiting: OptionGroup = command =>
  once(command, '--wait', () => command.option('--no-wait', 'exit at once if another build or load is running'))

/** Which packages are installed. */
export const packaging: OptionGroup = command =>
  command
    .option('--lock', 'only write package-lock.yml')
    .option('--upgrade', 'install the newest versions that packages.yml allows')
    .option('--add-package <name>', 'add this package to packages.yml first: dbt-labs/dbt_utils@1.3.0')
    .addOption(new Option('--source <kind>', 'origin of --add-package').choices(['hub', 'git', 'local']))

/** How retry finds what failed. */
export const retrying: OptionGroup = command => command.option('--state <folder>', 'artifacts of the run to retry (default: the last run)')

/** How two relations are compared. */
export const comparing: OptionGroup = command =>
  command
    .option('--key <columns...>', 'columns that identify a row (default: unique_key, or the primary key)')
    .option('--ignore <columns...>', 'columns to ignore')
    .option('--against <folder>', 'compare the models modified since the manifest.json of this folder')
    .option('--limit <n>', 'maximum number of examples of each kind; -1 for all', readWhole, 5)
    .option('--exit-code', 'exit with 1 if anything differs')

/** How many new and resolved errors a plan shows. */
export const listed: OptionGroup = command =>
  command.option('--limit <n>', 'maximum number of new and resolved errors; -1 for all', readWhole, 20)

/** What run-operation runs. */
export const operating: OptionGroup = command =>
  waiting(
    command
      .option('--args <yaml>', 'arguments of the macro: "{role: reader}"', readVars)
      .option('--sql <sql>', 'SQL with Jinja, instead of a macro'),
  )

/** Where source freshness writes. */
export const sourcesFile: OptionGroup = command =>
  command.option('-o, --output <file>', 'path of sources.json (default: in the folder of artifacts)')

/** What docs generate omits. */
export const catalog: OptionGroup = command =>
  command
    .option('--no-compile', 'leave the SQL of models out of manifest.json')
    .option('--report <name>', 'only this report, as one small page to send: report-NAME.html')
    .option('--personal', 'show contacts and free text of people on the page, which are masked otherwise')

/** Pages about the effects of a change. */
export const changePages: OptionGroup = command =>
  command
    .option('--html [file]', 'also write one page, with rows before and after (default: plan.html or diff.html in the folder of artifacts)')
    .option('--markdown [file]', 'also write a summary for a pull request (default: plan.md or diff.md there)')
    .option('--personal', 'show contacts and free text of people in them, which are masked otherwise')

/** Where docs serve listens. */
export const serving: OptionGroup = command => command.option('--port <n>', 'port on 127.0.0.1; 0 for a free one', readWhole, 8080)

/** Where watch serves the page. */
export const live: OptionGroup = command =>
  command.option(
    '--port <n>',
    'serve the page on this port of 127.0.0.1 and refresh its reports after each save; 0 for a free one',
    readWhole,
  )

/** SQL of the command line. */
export const inline: OptionGroup = command => command.option('--inline <sql>', 'SQL with Jinja')

/** How many rows are shown. */
export const rows: OptionGroup = command => command.option('--limit <n>', 'maximum number of rows; -1 for all', readWhole, 5)

/** How many runs are listed. */
export const shownRuns: OptionGroup = command => command.option('--limit <n>', 'maximum number of runs; -1 for all', readWhole, 20)

/** How nodes are listed. */
export const listing: OptionGroup = command =>
  command
    .addOption(new Option('--output <form>', 'format of a node').choices(['selector', 'name', 'path', 'json']).default('selector'))
    .option('--output-keys <keys...>', 'keys of --output json')

/** The output formats of a result, the default first. */
export function output(...forms: string[]): OptionGroup {
  return command => command.addOption(new Option('--output <form>', 'format of results').choices(forms).default(forms[0]))
}

/** Reads the value of an option that must be a whole number. */
export function readWhole(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

function failFast(command: Commander): Commander {
  return once(command, '--fail-fast', () => command.option('-x, --fail-fast', 'stop at the first failure'))
}

function once(command: Commander, long: string, add: () => Commander): Commander {
  const isThere = command.options.some(option => option.long === long || option.long === long.replace('--', '--no-'))
  return isThere ? command : add()
}

function readVars(text: string): Record<string, unknown> {
  const { parse } = createRequire(import.meta.url)('yaml') as typeof import('yaml')
  const vars = (() => {
    try {
      return parse(text)
    } catch {
      throw new InvalidArgumentError('Invalid YAML.')
    }
  })()
  if (typeof vars !== 'object' || vars === null || Array.isArray(vars))
    throw new InvalidArgumentError('It must be a mapping: "{name: value}".')
  return vars
}
