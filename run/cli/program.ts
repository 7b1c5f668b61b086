import path from 'node:path'
import { type Argument, Command as Commander, CommanderError } from 'commander'
import { ProjectError } from '../base/errors.ts'
import { useInstead } from '../base/suggest.ts'
import { DBT_VERSION, VERSION } from '../base/versions.ts'
import { Interrupted } from '../execute/interrupted.ts'
import { createReport } from '../report/report.ts'
import type { Command, Extension } from './command.ts'
import { dbtFlags, refusedCommands } from './dbt-flags.ts'
import { leadingLast } from './leading-options.ts'
import { common, type OptionGroup, selection } from './option-groups.ts'
import type { Options } from './options.ts'

/** A command of the command line. Its modules are imported when it is called, as the other commands do not need most of them. */
export interface Definition {
  description: string
  /** The part of its help's example after `npx tsx run.ts`. */
  example: string
  options: OptionGroup[]
  arguments?: Argument[]
  alias?: string
  /** Further help. */
  note?: string
  /** Gives the exit code: 0 success, 1 something ran and failed. */
  run(command: Command, args: string[], program: Commander): Promise<number>
}

/** Commands by their names: `build`, `docs generate`. */
export type Definitions = Record<string, Definition>

/** Parses the command line, runs the command, and gives the exit code. */
export async function runProgram(definitions: Definitions, extension: Extension | undefined): Promise<number> {
  for (const stream of [process.stdout, process.stderr]) outliveReader(stream)
  const program = new Commander('run.ts')
    .description('Loads the feed, builds the warehouse and tests it, in SQL.')
    .usage('<command> [options]')
    .version(`deskledger ${VERSION}, as dbt ${DBT_VERSION}`, '--version', 'print the version')
    .helpCommand(true)
    .configureHelp({ sortSubcommands: false })
    .addHelpText(
      'after',
      '\nThe database is DATABASE_URL, or else an embedded PostgreSQL in .pg/, which is started when needed.\nExit codes: 0 success, 1 something failed while running, 2 error in usage, project or connection, or Ctrl-C.',
    )
  let exitCode = 0
  for (const [words, definition] of Object.entries(definitions)) define(words, definition)
  for (const [name, instead] of Object.entries(refusedCommands))
    program
      .command(name, { hidden: true })
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => program.error(`error: not supported: ${name}. ${useInstead(instead)}`))
  for (const command of [program, ...program.commands, ...program.commands.flatMap(group => group.commands)])
    command.exitOverride().showHelpAfterError('Add --help for the options.')
  try {
    const known = [program, ...program.commands, ...program.commands.flatMap(group => group.commands)].flatMap(({ options }) => options)
    await program.parseAsync(leadingLast(process.argv.slice(2), known), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
  return exitCode

  function define(words: string, { description, example, options, arguments: taken = [], alias, note, run }: Definition): void {
    const [first = '', second] = words.split(' ')
    const name = second ?? first
    const parent = second === undefined ? program : groupOf(first)
    const command = parent.command(name).description(description).addHelpText('after', `\nExample:\n  npx tsx run.ts ${example}`)
    // The command's own options first, then shared ones.
    for (const group of options.filter(one => one !== selection)) group(command)
    if (options.includes(selection)) selection(command.optionsGroup('Selection:'))
    for (const group of [common, dbtFlags]) group(command.optionsGroup('Options of every command:'))
    for (const argument of taken) command.addArgument(argument)
    if (alias) command.alias(alias)
    if (note) command.addHelpText('after', note)
    command.action(async (...given: unknown[]) => {
      const args = Array.isArray(given[0]) ? (given[0] as string[]) : typeof given[0] === 'string' ? [given[0]] : []
      exitCode = await perform(words, command.opts<Options>(), extension, one => run(one, args, program))
    })
  }

  function groupOf(name: string): Commander {
    return program.commands.find(command => command.name() === name) ?? program.command(name).description(GROUPS[name] ?? '')
  }
}

const GROUPS: Record<string, string> = {
  source: 'Check source tables.',
  docs: 'Generate or serve the documentation page.',
  db: 'Start, stop and query the embedded server.',
}

/** The output streams of a command. */
export interface Streams {
  stdout: NodeJS.WritableStream
  stderr: NodeJS.WritableStream & { isTTY?: boolean }
}

/** Runs a command to its end and reports errors; an unattended run may also send a message (see notify/). Gives the exit code. */
export async function perform(
  words: string,
  options: Options,
  extension: Extension | undefined,
  run: (command: Command) => Promise<number>,
  streams: Streams = process,
): Promise<number> {
  const report = createReport({
    format: options.logFormat,
    quiet: options.quiet ?? false,
    level: options.debug ? 'debug' : (options.logLevel ?? 'info'),
    invocationId: crypto.randomUUID(),
    stdout: streams.stdout,
    stderr: streams.stderr,
  })
  const interrupt = new AbortController()
  const onInterrupt = () => (interrupt.signal.aborted ? process.exit(2) : interrupt.abort())
  const onTerminate = () => interrupt.abort()
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate)
  const command: Command = {
    name: words.split(' ').at(-1)!,
    options,
    report,
    signal: interrupt.signal,
    outcome: { causes: [] },
    ...(extension && { extension }),
  }
  const code = await attempt(command, run)
  report.leave(code)
  // No message for a user at a terminal, or who interrupted the run.
  if (UNATTENDED.has(words) && !streams.stderr.isTTY && !interrupt.signal.aborted) await tell(words, command, code)
  process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate)
  return code
}

async function attempt(command: Command, run: (command: Command) => Promise<number>): Promise<number> {
  const { report, signal } = command
  try {
    return await run(command)
  } catch (error) {
    if (error instanceof Interrupted || signal.aborted)
      report.fail(new ProjectError('Exited because of keyboard interrupt. Nothing was published.'))
    else report.fail(error)
    // An interrupted load may still have busy workers; nothing of it is committed.
    if (signal.aborted) setTimeout(() => process.exit(2), 2_000).unref()
    return 2
  }
}

// With `| head` the reader ends early: the command goes on, and further output is dropped.
function outliveReader(stream: NodeJS.WritableStream): void {
  if (guarded.has(stream)) return
  guarded.add(stream)
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

const guarded = new WeakSet<NodeJS.WritableStream>()

/** Commands that may run unattended. */
const UNATTENDED = new Set(['build', 'load', 'extract', 'seed', 'run', 'snapshot', 'test', 'retry', 'source freshness'])

async function tell(words: string, { options, outcome = {}, report }: Command, exitCode: number): Promise<void> {
  const { notify } = await import('../notify/notify.ts')
  const targetPath = path.resolve(options.projectDir, options.targetPath ?? process.env.DBT_TARGET_PATH ?? 'target')
  await notify({ command: words, exitCode, outcome, errors: report.failures, projectDir: options.projectDir, targetPath }, report)
}
