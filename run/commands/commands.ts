import { Argument } from 'commander'
import type { Command } from '../cli/command.ts'
import {
  building,
  catalog,
  changePages,
  comparing,
  debugging,
  deferring,
  inline,
  listed,
  listing,
  live,
  nonAtomic,
  operating,
  output,
  packaging,
  retrying,
  rows,
  sampled,
  selection,
  serving,
  shownRuns,
  sourcesFile,
  testing,
} from '../cli/option-groups.ts'
import type { Definitions } from '../cli/program.ts'
import type { Node } from '../manifest/node.ts'

const db = (verb: 'start' | 'stop' | 'restart' | 'status' | 'url' | 'psql') => async (command: Command, args: string[]) =>
  (await import('./db.ts')).dbCommands[verb](command, args)
const build = async (command: Command, types?: Node['resourceType'][]) => {
  const { BUILT, buildCommand } = await import('./build.ts')
  return buildCommand(command, { types: types ?? BUILT, loads: types === undefined })
}

/** Every command of the runner, in the order of the help. */
export const commands: Definitions = {
  build: {
    description: 'Load new feed files, build seeds, models, tests and reports, publish if no test fails.',
    example: 'build --select +agents',
    options: [selection, building, testing, nonAtomic, deferring],
    run: async command => (await (await import('../cli/up-to-date.ts')).nothingNew(command)) ?? build(command),
  },
  plan: {
    description: 'Preview a build: run it, show what it would change, roll it back.',
    example: 'plan --select agents+ --output json\n  npx tsx run.ts plan --html --markdown',
    options: [selection, building, testing, listed, output('text', 'json'), changePages],
    run: async command => (await import('./plan.ts')).planCommand(command),
  },
  diff: {
    description: 'Compare two relations, or published tables with their edited models.',
    example:
      'diff --select agents+ --limit 10\n  npx tsx run.ts diff core.agents scratch.agents --key agent_id\n  npx tsx run.ts diff --against last_week/target --html',
    options: [selection, comparing, building, output('text', 'json'), changePages],
    arguments: [new Argument('[relations...]', 'two relations, or models (default: all models edited since the last publish)')],
    run: async (command, args) => (await import('./diff.ts')).diffCommand(command, args),
  },
  watch: {
    description: 'Rebuild saved models without publishing; show their first rows and tests.',
    example: 'watch --select marts\n  npx tsx run.ts watch --port 8080',
    options: [selection, live],
    run: async command => (await import('./watch.ts')).watchCommand(command),
  },
  seed: {
    description: 'Load the CSV files of seeds/.',
    example: 'seed --select currencies',
    options: [selection, building, nonAtomic, sampled],
    run: command => build(command, ['seed']),
  },
  run: {
    description: 'Build models without their tests.',
    example: 'run --select agents+ --full-refresh',
    options: [selection, building, nonAtomic, deferring],
    run: command => build(command, ['model']),
  },
  snapshot: {
    description: 'Update the snapshots.',
    example: 'snapshot --select prices',
    options: [selection, building, nonAtomic, deferring],
    run: command => build(command, ['snapshot']),
  },
  test: {
    description: 'Run the data tests on the published tables.',
    example: 'test --select agents --store-failures',
    options: [selection, testing, deferring],
    run: async command => (await import('./test.ts')).testCommand(command),
  },
  retry: {
    description: 'Repeat the last command from where it failed.',
    example: 'retry',
    options: [retrying],
    run: async (command, _, program) => {
      const again = ['build', 'plan', 'seed', 'run', 'snapshot', 'test'].map(
        name => [name, (one: Command) => commands[name]!.run(one, [], program)] as const,
      )
      return (await import('./retry.ts')).retryCommand(command, Object.fromEntries(again))
    },
  },
  compile: {
    description: 'Write the SQL of models and tests to target/compiled.',
    example: 'compile --select agents',
    options: [selection, building, deferring, inline, output('text', 'json')],
    run: async command => (await import('./query.ts')).compileCommand(command),
  },
  show: {
    description: 'Print rows of a query, of models, or the figures of a report.',
    example: `show --inline "select * from {{ ref('agents') }}" --output json --limit -1`,
    options: [selection, deferring, inline, rows, output('table', 'json')],
    run: async command => (await import('./query.ts')).showCommand(command),
  },
  ls: {
    description: 'List nodes.',
    example: 'ls --select tag:nightly --output name',
    options: [selection, listing],
    alias: 'list',
    run: async command => (await import('./project.ts')).lsCommand(command),
  },
  'run-operation': {
    description: 'Run a macro, or SQL.',
    example: 'run-operation grant_all --args "{role: reader}"',
    options: [operating],
    arguments: [new Argument('[macro]')],
    run: async (command, args) => (await import('./operation.ts')).operationCommand(command, args),
  },
  deps: {
    description: 'Install the packages of packages.yml.',
    example: 'deps\n  npx tsx run.ts deps --add-package dbt-labs/dbt_utils@1.3.0',
    options: [packaging],
    run: async command => (await import('./deps.ts')).depsCommand(command),
  },
  parse: {
    description: 'Read the project and report its errors.',
    example: 'parse',
    options: [],
    run: async command => (await import('./project.ts')).parseCommand(command),
  },
  debug: {
    description: 'Check the project and the connection.',
    example: 'debug',
    options: [debugging],
    run: async command => (await import('./project.ts')).debugCommand(command),
  },
  clean: {
    description: 'Remove target/ and logs/, or the folders in clean-targets.',
    example: 'clean',
    options: [],
    run: async command => (await import('./clean.ts')).cleanCommand(command),
  },
  'source freshness': {
    description: 'Check the age of the newest rows of each source.',
    example: 'source freshness --select source:shop',
    alias: 'snapshot-freshness',
    options: [selection, sourcesFile],
    run: async command => (await import('./freshness.ts')).freshnessCommand(command),
  },
  runs: {
    description: 'List the last runs; with an id, the nodes of that run.',
    example: 'runs --limit 5\n  npx tsx run.ts runs 3f2a --output json',
    options: [shownRuns, output('text', 'json')],
    arguments: [new Argument('[id]', 'the id of a run, or its first characters')],
    run: async (command, args) => (await import('./runs.ts')).runsCommand(command, args),
  },
  'docs generate': {
    description: 'Write the page, target/index.html, and manifest.json and catalog.json; or one report as a page to send.',
    example: 'docs generate\n  npx tsx run.ts docs generate --report spending',
    options: [selection, catalog],
    run: async command => (await import('./docs.ts')).docsCommand(command),
  },
  'docs serve': {
    description: 'Serve the page on 127.0.0.1 until Ctrl-C.',
    example: 'docs serve --port 8081',
    options: [serving],
    run: async command => (await import('./docs.ts')).serveCommand(command),
  },
  'db start': {
    description: 'Start the embedded server, keep it running, print its URL.',
    example: 'db start',
    options: [],
    run: db('start'),
  },
  'db stop': { description: 'Stop the embedded server.', example: 'db stop', options: [], run: db('stop') },
  'db restart': { description: 'Restart the embedded server at the same URL.', example: 'db restart', options: [], run: db('restart') },
  'db status': {
    description: 'Show uptime, holders and size of the embedded server; exit with 1 if it is not running.',
    example: 'db status --output json',
    options: [output('text', 'json')],
    run: db('status'),
  },
  'db url': { description: 'Print the URL of the embedded server, with its password.', example: 'db url', options: [], run: db('url') },
  'db psql': {
    description: 'Open psql on the embedded server; arguments go to psql.',
    example: 'db psql -- -c "select * from core.agents"',
    options: [],
    arguments: [new Argument('[arguments...]')],
    run: db('psql'),
  },
  completion: {
    description: 'Print a script that completes commands, options and node names.',
    example: 'completion bash',
    options: [],
    arguments: [new Argument('<shell>', 'your shell').choices(['bash', 'zsh', 'fish'])],
    note: '\nIn ~/.bashrc:  source <(cd where/the/project/is && npx tsx run.ts completion bash)\nfish:          npx tsx run.ts completion fish | source',
    run: async (command, args, program) => (await import('./completion.ts')).completionCommand(command, args, program),
  },
}
