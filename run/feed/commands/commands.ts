import { Argument } from 'commander'
import { building, type OptionGroup, output, readWhole, waiting } from '../../cli/option-groups.ts'
import type { Definition, Definitions } from '../../cli/program.ts'

/** The commands of the runner with those that a warehouse with a feed adds, and what it adds to others. */
export function withFeed(commands: Definitions): Definitions {
  const { build, plan, diff, watch, clean, debug, ...others } = commands as Record<
    'build' | 'plan' | 'diff' | 'watch' | 'clean' | 'debug',
    Definition
  > &
    Definitions
  const withSeeds = (definition: Definition): Definition => ({ ...definition, options: [...definition.options, folder] })
  return {
    build: {
      ...build,
      options: [...build.options, data, accepting, extracting],
      run: async (command, args, program) => {
        // Without a batch of the day there is nothing to build.
        const code = command.options.extract ? await (await import('./extract.ts')).extractCommand(command, []) : 0
        return code === 0 ? build.run(command, args, program) : code
      },
    },
    extract: {
      description: 'Fetch a complete batch of the day from the APIs.',
      example: 'extract --dry-run',
      options: [folder, requesting],
      arguments: [new Argument('[sources...]', 'files of loaders/extract/ (default: all that tables read)')],
      run: async (command, sources) => (await import('./extract.ts')).extractCommand(command, sources),
    },
    plan: { ...plan, options: [...plan.options, data, unloaded, accepting] },
    diff: withSeeds(diff),
    watch: withSeeds(watch),
    load: {
      description: 'Land new and changed feed files, without a build.',
      example: 'load --data exports --prune',
      options: [data, waiting],
      run: async command => (await import('./load.ts')).loadCommand(command),
    },
    errors: {
      description: 'Show rejected records: counts, or the records themselves.',
      example: 'errors --entity agents --show 20',
      options: [refused, folder, building, output('table', 'json')],
      run: async command => (await import('./errors.ts')).errorsCommand(command),
    },
    debug: {
      ...debug,
      options: [...debug.options, checking],
      run: async (command, args, program) => {
        const code = await debug.run(command, args, program)
        return command.options.extract ? Math.max(code, await (await import('./extract.ts')).preflightCommand(command)) : code
      },
    },
    ...Object.fromEntries(Object.entries(others).map(([name, one]) => [name, READ_SEEDS.has(name) ? withSeeds(one) : one])),
    clean: {
      description: 'Remove target/ and logs/; with --landing, superseded landed records.',
      example: 'clean\n  npx tsx run.ts clean --landing --keep 90 --apply',
      options: [...clean.options, retiring],
      run: async (command, args, program) =>
        command.options.landing ? (await import('./retire.ts')).retireCommand(command) : clean.run(command, args, program),
    },
  }
}

/** Commands that read seeds, some of which the data folder may bring. */
const READ_SEEDS = new Set(['seed', 'run', 'snapshot', 'test', 'compile', 'show', 'ls', 'parse', 'docs generate'])

const folder: OptionGroup = command => command.option('--data <folder>', 'folder of the feed (default: DATA_DIR, or data)')

const data: OptionGroup = command => folder(command).option('--prune', 'remove the records of files that are no longer in the folder')

const accepting: OptionGroup = command =>
  command.option('--accept-shrink', 'accept snapshots that list far fewer records than the previous one')

const extracting: OptionGroup = command => command.option('--extract', 'run extract first')

const checking: OptionGroup = command => command.option('--extract', 'also check the key of each API')

const requesting: OptionGroup = command =>
  command
    .option('--batch <name>', 'name of the batch, with the day in it (default: sync-<day>)')
    .option('--dry-run', 'print the requests without sending them')
    .option('--full-refresh', 'request all transactions, not only what changed since the last publish')

const unloaded: OptionGroup = command => command.option('--no-load', 'ignore new feed files')

const refused: OptionGroup = command =>
  command
    .option('--entity <name>', 'one entity of the feed, such as agents or cards')
    .option('--show <n>', 'show this many records; -1 for all', readWhole)
    .option('--replay', 'validate all landed records again')

const retiring: OptionGroup = command =>
  waiting(
    command
      .option('--landing', 'show superseded landed records instead')
      .option('--keep <n>', 'with --landing: how many of the last batches of each entity stay complete', readWhole)
      .option('--apply', 'with --landing: remove them'),
  )
